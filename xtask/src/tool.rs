//! Running another program: shown as a line that a person could type again.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::error::Error;
use crate::tally::Tally;

/// A program about to be run.
#[derive(Debug)]
pub(crate) struct Tool {
    command: Command,
}

impl Tool {
    /// A program in a folder.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: impl AsRef<Path>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder);
        Self { command }
    }

    /// The cargo that runs this program, in a folder.
    pub(crate) fn cargo(folder: impl AsRef<Path>) -> Self {
        Self::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")), folder)
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Prints the line and runs it; its output goes where ours goes.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let line = self.announce();
        let status =
            self.command.status().map_err(|source| Error::Start { line: line.clone(), source })?;
        succeed(line, status)
    }

    /// Like `run`, and counts the test results that pass by on standard output.
    pub(crate) fn run_tests(self, tally: &mut Tally) -> Result<(), Error> {
        let line = self.announce();
        let status = self
            .stream(&mut io::stdout(), |line| tally.count(line))
            .map_err(|source| Error::Start { line: line.clone(), source })?;
        succeed(line, status)
    }

    /// Runs silently and returns what the program wrote to standard output.
    pub(crate) fn output(mut self) -> Result<String, Error> {
        let line = self.line();
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Error::Start { line: line.clone(), source })?;
        succeed(line, output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs silently; returns how the program ended and what it wrote to standard error.
    pub(crate) fn complaints(mut self) -> Result<(ExitStatus, String), Error> {
        let line = self.line();
        let output = self.command.output().map_err(|source| Error::Start { line, source })?;
        Ok((output.status, String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    fn announce(&self) -> String {
        let line = self.line();
        eprintln!("$ {line}");
        line
    }

    /// The variables, the program's name without its folders, and the arguments.
    fn line(&self) -> String {
        let program = Path::new(self.command.get_program());
        let variables = self
            .command
            .get_envs()
            .filter_map(|(name, value)| Some(quoted(&format!("{}={}", text(name), text(value?)))));
        let program = program.file_name().unwrap_or(program.as_os_str());
        let arguments = self.command.get_args().map(|argument| quoted(&text(argument)));
        let words: Vec<String> = variables.chain([text(program)]).chain(arguments).collect();
        words.join(" ")
    }

    /// Runs with standard output passed on to `echo` line by line, each shown to `look` too.
    fn stream(
        mut self,
        echo: &mut impl Write,
        mut look: impl FnMut(&str),
    ) -> io::Result<ExitStatus> {
        let mut child = self.command.stdout(Stdio::piped()).spawn()?;
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line)? > 0 {
                echo.write_all(&line)?;
                look(&String::from_utf8_lossy(&line));
                line.clear();
            }
        }
        child.wait()
    }
}

fn succeed(line: String, status: ExitStatus) -> Result<(), Error> {
    if status.success() { Ok(()) } else { Err(Error::Ended { line, code: status.code() }) }
}

fn text(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

/// The word as a shell would need it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_typed_again() {
        let tool = Tool::new("/usr/bin/cargo", ".").env("FLAGS", "-D warnings").args(["a b", "c"]);
        assert_eq!(tool.line(), "'FLAGS=-D warnings' cargo 'a b' c");
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_code() {
        let tool = Tool::new("sh", ".").args(["-c", "exit 3"]);
        assert!(matches!(tool.output(), Err(Error::Ended { code: Some(3), .. })));
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let error = Tool::new("no-such-program-here", ".").output().expect_err("not installed");
        assert!(error.to_string().starts_with("cannot start `no-such-program-here`"));
    }

    #[test]
    fn results_are_counted_although_the_program_fails() {
        let (mut tally, mut echo) = (Tally::default(), Vec::new());
        let script = "echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; exit 101";
        let tool = Tool::new("sh", ".").args(["-c", script]);
        let status = tool.stream(&mut echo, |line| tally.count(line)).expect("a shell");
        assert_eq!(status.code(), Some(101));
        assert_eq!(tally, Tally { passed: 2, failed: 1 });
        assert_eq!(echo, b"test result: FAILED. 2 passed; 1 failed; 0 ignored\n");
    }
}
