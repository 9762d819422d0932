//! `carrier-server zvml check` and `carrier-server zvml fmt`: what is printed, exit codes, files.

mod support;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use support::scratch::Scratch;
use support::server::PROGRAM;

const GOOD: &str = "\
command ONE {
    access: READ
    run_where: ONE
    params: (key: Key)
    returns: Integer
    body {
        return 1
    }
}
";

/// Runs `carrier-server zvml` with a text on standard input.
fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(PROGRAM)
        .arg("zvml")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The program need not read it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("an exit code");
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn check_tells_everything_that_is_wrong_with_each_file() {
    let good = Scratch::with("good.zvml", GOOD);
    let bad = Scratch::with("bad.zvml", &GOOD.replace("return 1", "let n = x + @nothing()"));
    let (good, bad) = (good.path.to_str().unwrap(), bad.path.to_str().unwrap());
    let (code, out, error) = outcome(&run(&["check", good], ""));
    assert_eq!((code, out, error.as_str()), (0, format!("{good}: 1 command\n"), ""));

    let (code, out, error) = outcome(&run(&["check", bad, good], ""));
    assert_eq!((code, out), (1, format!("{good}: 1 command\n")));
    for said in ["Z0301", "Z0302", "Z0308", "bad.zvml:7:17"] {
        assert!(error.contains(said), "{said} is not in:\n{error}");
    }

    let (code, _, error) = outcome(&run(&["check", bad, "/nosuch/file.zvml"], ""));
    assert_eq!(code, 2);
    assert!(error.contains("/nosuch/file.zvml"), "{error}");

    let (code, out, _) = outcome(&run(&["check", "-"], GOOD));
    assert_eq!((code, out.as_str()), (0, "-: 1 command\n"));
}

#[test]
fn check_verifies_what_requests_would_be_routed_by() {
    let source = GOOD
        .replace("run_where: ONE", "run_where: KEYS")
        .replace("params: (key: Key)", "params: (keys: (key: Key, value: Bytes)+, last: Bytes)");
    let (code, _, error) = outcome(&run(&["check", "-"], &source));
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("one key in each of the last parameter's groups"), "{error}");
}

#[test]
fn fmt_writes_files_in_the_canonical_style() {
    let squeezed = GOOD.split_whitespace().collect::<Vec<_>>().join(" ");
    let file = Scratch::with("squeezed.zvml", &squeezed);
    let name = file.path.to_str().unwrap();
    let (code, _, error) = outcome(&run(&["fmt", "--check", name], ""));
    assert_eq!(code, 1);
    assert!(error.contains(name), "{error}");
    assert_eq!(std::fs::read_to_string(&file.path).unwrap(), squeezed);

    assert_eq!(outcome(&run(&["fmt", name], "")).0, 0);
    assert_eq!(std::fs::read_to_string(&file.path).unwrap(), GOOD);
    assert_eq!(outcome(&run(&["fmt", "--check", name], "")), (0, String::new(), String::new()));

    let (code, out, _) = outcome(&run(&["fmt", "-"], &squeezed));
    assert_eq!((code, out.as_str()), (0, GOOD));
}

#[test]
fn fmt_leaves_what_it_does_not_understand() {
    let file = Scratch::with("broken.zvml", "command A {");
    let (code, _, error) = outcome(&run(&["fmt", file.path.to_str().unwrap()], ""));
    assert_eq!(code, 1);
    assert!(error.contains("error[Z0101]"), "{error}");
    assert_eq!(std::fs::read_to_string(&file.path).unwrap(), "command A {");
}
