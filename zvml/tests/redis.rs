//! The built-in commands answer as redis-server 7.0.15 does.
//!
//! `tests/redis/*.txt` hold requests (`> SET a 1`) and the reply that a real server gave, one
//! line each, in the notation of zvm's recording sink. Where Carrier differs on purpose, a second
//! line, `carrier: `, says so. `# reset` empties the database.
//!
//! `ZVML_REDIS=127.0.0.1:7000 cargo test -p zvml --test redis` asks the server at that address
//! instead and writes its replies into the files. The server's data is lost!

mod common;

use common::{Machine, root, split};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

#[test]
fn replies_are_those_of_redis() {
    let live = std::env::var("ZVML_REDIS").ok();
    let mut failures = String::new();
    for entry in std::fs::read_dir(root().join("tests/redis")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.contains("\n> ") {
            continue;
        }
        if let Some(address) = &live {
            std::fs::write(&path, record(&text, address)).unwrap();
        }
        compare(&text, &mut failures);
    }
    assert!(failures.is_empty() || live.is_some(), "\n{failures}");
}

/// Runs a file's requests and notes replies that are not the expected ones.
fn compare(text: &str, failures: &mut String) {
    let mut machine = Machine::new();
    machine.reset();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# reset" {
            machine.reset();
        }
        let Some(request) = line.strip_prefix("> ") else { continue };
        let theirs = lines.next().unwrap_or_default();
        let ours = lines.peek().and_then(|line| line.strip_prefix("carrier: "));
        let reply = machine.request(request);
        if reply != ours.unwrap_or(theirs) {
            let _ = writeln!(failures, "> {request}\nexpected {theirs}\ngot      {reply}");
        }
    }
}

/// The file with the replies of a live server.
fn record(text: &str, address: &str) -> String {
    let mut redis = Redis::connect(address);
    redis.request("HELLO 3");
    redis.request("FLUSHALL");
    let mut out = String::new();
    let mut replied = false;
    for line in text.lines() {
        let kept = ["> ", "# ", "carrier: "].iter().any(|start| line.starts_with(start));
        if std::mem::take(&mut replied) && !line.is_empty() && !kept {
            continue;
        }
        let _ = writeln!(out, "{line}");
        if line == "# reset" {
            redis.request("FLUSHALL");
        }
        if let Some(request) = line.strip_prefix("> ") {
            let _ = writeln!(out, "{}", redis.request(request));
            replied = true;
        }
    }
    out
}

/// A connection that speaks RESP3.
struct Redis(BufReader<TcpStream>);

impl Redis {
    fn connect(address: &str) -> Self {
        Self(BufReader::new(TcpStream::connect(address).unwrap()))
    }

    fn request(&mut self, line: &str) -> String {
        let words = split(line);
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend(word);
            request.extend(b"\r\n");
        }
        self.0.get_mut().write_all(&request).unwrap();
        self.reply()
    }

    fn reply(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let line = line.trim_end();
        let (kind, rest) = line.split_at(1);
        let len = || rest.parse::<usize>().unwrap();
        match kind {
            "+" | "-" | ":" => line.to_owned(),
            "_" => "nil".to_owned(),
            "$" => {
                let mut bytes = vec![0; len() + 2];
                self.0.read_exact(&mut bytes).unwrap();
                format!("\"{}\"", bytes[..bytes.len() - 2].escape_ascii())
            }
            "*" | "~" => {
                let elements: Vec<String> = (0..len()).map(|_| self.reply()).collect();
                let elements = elements.join(", ");
                if kind == "*" { format!("[{elements}]") } else { format!("set({elements})") }
            }
            _ => {
                let pairs: Vec<String> =
                    (0..len()).map(|_| self.reply() + ": " + &self.reply()).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }
}
