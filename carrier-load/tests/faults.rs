//! Runs of the program against a server that answers rightly, and against servers that do not.

mod server;

use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal};
use server::{Dialect, Fault};

const DIALECTS: [Dialect; 2] = [Dialect::Resp, Dialect::Memcached];

fn command(dialect: Dialect, fault: Fault, args: &str) -> Command {
    let port = server::start(dialect, fault).to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrier-load"));
    command.args(["--port", &port, "--connections", "4", "--quiet"]);
    if dialect == Dialect::Memcached {
        command.args(["--protocol", "memcached"]);
    }
    if !args.contains("--keys ") {
        command.args(["--keys", "1000"]);
    }
    command.args(args.split_whitespace());
    command
}

fn run(dialect: Dialect, fault: Fault, args: &str) -> Output {
    command(dialect, fault, args).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The run must end with exit code 1; what it says is returned.
fn fails(dialect: Dialect, fault: Fault, args: &str) -> String {
    let output = run(dialect, fault, args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{dialect:?} {fault:?} {args}: {said}");
    said
}

fn json(dialect: Dialect, args: &str) -> serde_json::Value {
    let output = run(dialect, Fault::None, &format!("{args} --json"));
    assert_eq!(output.status.code(), Some(0), "{args}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn right_replies_are_counted() {
    for (dialect, args) in DIALECTS.into_iter().flat_map(|dialect| {
        [
            "--preload -n 5000 --mix get=9,set=1 -P 16",
            "--preload -n 5000 --threads 3 -d zipf:1.0 --value lognormal:100,1",
            "--preload -n 5000 --verify writes --mix get,set -P 7 --threads 2 -d zipf:1.2",
            "--preload -n 5000 --rate 50000 -P 4",
            "--preload -n 5000 --rate 50000 --tick 1ms",
            "--preload -n 5000 --rate 50000 --spin --threads 2",
            "--preload -n 5000 --value 100000 --keys 20 -P 3",
            "--preload -n 5000 --value hex:33 --warmup 700",
            "--preload -n 5000 --value int:1000000000 --key-prefix 1 --key-len 9",
        ]
        .map(|args| (dialect, args))
    }) {
        let report = json(dialect, args);
        assert_eq!(report["requests"], 5000, "{args}");
        assert_eq!(report["misses"], 0, "{args}");
        assert_eq!(report["unsent"], 0, "{args}");
        assert_eq!(report["interrupted"], false, "{args}");
        assert!(report["latency_ns"]["p99.99"].as_u64() >= report["latency_ns"]["p50"].as_u64());
    }
}

#[test]
fn fresh_keys_are_never_there_before() {
    for dialect in DIALECTS {
        let report = json(dialect, "-n 3000 -d fresh --mix get --threads 2");
        assert_eq!((&report["hits"], &report["misses"]), (&0.into(), &3000.into()));
        assert_eq!(report["fresh_next"], 1000 + 3000);
        let report = json(dialect, "-n 3000 -d fresh --mix set --threads 2 --warmup 500");
        assert_eq!((&report["requests"], &report["warmup_requests"]), (&3000.into(), &500.into()));
        assert_eq!(report["fresh_next"], 1000 + 3500, "the warm-up's are not fresh any more");
    }
}

#[test]
fn misses_are_counted_where_they_are_allowed() {
    for (dialect, miss) in [(Dialect::Resp, "$-1"), (Dialect::Memcached, "END")] {
        let report = json(dialect, "-n 3000 --mix get");
        assert_eq!((&report["hits"], &report["misses"]), (&0.into(), &3000.into()));
        let said = fails(dialect, Fault::None, "-n 3000 --mix get --misses refuse");
        assert!(said.contains(miss), "{said}");
    }
}

#[test]
fn a_value_that_is_off_by_one_is_caught() {
    for pipeline in ["1", "16"] {
        let args = format!("--preload -n 5000 -P {pipeline}");
        let said = fails(Dialect::Resp, Fault::OffByOne, &args);
        assert!(said.contains("wrong reply on connection"), "{said}");
        assert!(said.contains("request:  \"*2\\r\\n$3\\r\\nGET\\r\\n$16\\r\\nkey:"), "{said}");
        assert!(said.contains("reply:    \"$32\\r\\n"), "{said}");
        let said = fails(Dialect::Memcached, Fault::OffByOne, &args);
        assert!(said.contains("request:  \"get key:"), "{said}");
        assert!(said.contains("reply:    \"VALUE key:"), "{said}");
    }
    // In a value that is judged piece by piece.
    let args = "--preload -n 5000 --keys 20 --value 200000";
    assert!(fails(Dialect::Resp, Fault::OffByOne, args).contains("wrong reply"));
}

#[test]
fn swapped_replies_are_caught() {
    for dialect in DIALECTS {
        let said = fails(dialect, Fault::Swapped, "--preload -n 5000 -P 16");
        assert!(said.contains("wrong reply"), "{said}");
    }
}

#[test]
fn a_lost_write_is_caught() {
    for (dialect, miss) in [(Dialect::Resp, "$-1"), (Dialect::Memcached, "\"END")] {
        // One that the preload made is a miss; one over an older value needs versions.
        let said = fails(dialect, Fault::LostWrite, "--preload -n 5000 -d sequential");
        assert!(said.contains(miss), "{said}");
        let said = fails(dialect, Fault::LostWrite, "--preload -n 0 --verify writes");
        assert!(said.contains(miss), "{said}");
        let args = "--preload -n 2000 --verify writes --mix set -P 8";
        let said = fails(dialect, Fault::LostOverwrite, args);
        assert!(said.contains("wrong reply") && !said.contains(miss), "{said}");
    }
}

#[test]
fn a_lost_value_is_caught() {
    for (dialect, miss) in [(Dialect::Resp, "$-1"), (Dialect::Memcached, "END")] {
        let said = fails(dialect, Fault::LostValue, "--preload -n 5000");
        assert!(said.contains(&format!("reply:    \"{miss}")), "{said}");
    }
}

#[test]
fn a_wrong_count_of_replies_is_caught() {
    for (dialect, get) in [(Dialect::Resp, "GET"), (Dialect::Memcached, "get")] {
        let said = fails(dialect, Fault::TwoReplies, "--preload -n 5000 -P 16");
        assert!(said.contains("wrong reply") || said.contains("reply to no request"), "{said}");
        let said = fails(dialect, Fault::NoReply, "--preload -n 5000 -P 1 --patience 0.2");
        assert!(said.contains("missing replies") && said.contains(get), "{said}");
        // In a batch the next reply stands in the place of the missing one.
        let said = fails(dialect, Fault::NoReply, "--preload -n 5000 -P 16 --patience 0.2");
        assert!(said.contains("wrong reply"), "{said}");
        let said = fails(dialect, Fault::Closed, "--preload -n 5000 -P 16");
        assert!(said.contains("missing replies"), "{said}");
    }
}

#[test]
fn a_server_that_falls_silent_ends_the_run() {
    for dialect in DIALECTS {
        for args in [
            "-n 5000 -P 16 --patience 0.2",
            "-n 5000 --rate 5000 --patience 0.2",
            // The server does not read what does not fit the socket any more.
            "-n 100000 -P 20000 --mix get=9,set=1 --value 1000 --patience 0.2",
        ] {
            let said = fails(dialect, Fault::Silent, args);
            assert!(said.contains("missing replies"), "{said}");
        }
    }
}

#[test]
fn error_replies_end_the_run() {
    for dialect in DIALECTS {
        let said = fails(dialect, Fault::None, "-n 10 --command FLY");
        assert!(said.contains("unknown command") || said.contains("ERROR"), "{said}");
    }
}

#[test]
fn a_wrong_option_is_told_in_one_line() {
    for args in ["--keyz 3", "--keys many", "--mix got", "--host 192.0.2.1", "--preload-command x"]
    {
        let output = run(Dialect::Resp, Fault::None, args);
        assert_eq!(output.status.code(), Some(2), "{args}");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("error: "), "{said}");
    }
}

#[test]
fn the_set_up_file_runs_first() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let setup = folder.join("setup.txt");
    std::fs::write(&setup, "# all\n@repeat 1000 SET {key} {value}\n@random r 100\n")
        .expect("a file");
    let mix = folder.join("mix.txt");
    std::fs::write(&mix, "3 GET {key}\n1 GET r => any\n").expect("a file");
    let args = format!("-n 2000 --setup {} --mix-file {}", setup.display(), mix.display());
    let report = json(Dialect::Resp, &format!("{args} --misses refuse"));
    assert_eq!(report["misses"], 0);
    assert_eq!(report["commands"][1]["name"], "GET");
}

#[test]
fn a_rate_that_is_too_high_is_told() {
    let args = "--preload --rate 900000000 --seconds 0.2 --count-above 0 --count-above 1000s";
    let report = json(Dialect::Resp, args);
    assert!(report["unsent"].as_u64() > Some(0), "{report}");
    assert_eq!(report["above"][0]["requests"], report["requests"]);
    assert_eq!(report["above"][0]["share"], 1.0);
    assert_eq!(report["above"][1]["requests"], 0);
}

#[test]
fn an_interrupted_run_reports_what_it_has() {
    let mut command = command(Dialect::Resp, Fault::None, "--preload --seconds 1000 --json");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program runs");
    // A signal before the program listens to it would just end it.
    let status = format!("/proc/{}/status", child.id());
    let catches = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim().to_owned();
        let mask = u64::from_str_radix(&line, 16).ok()?;
        (mask & SIGINT_BIT != 0).then_some(())
    };
    while std::fs::read_to_string(&status).ok().and_then(catches).is_none() {
        std::thread::yield_now();
    }
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130));
    let said = text(&output.stderr);
    match serde_json::from_slice::<serde_json::Value>(&output.stdout) {
        Ok(report) => assert_eq!(report["interrupted"], true),
        Err(_) => assert!(said.contains("interrupted before the measured part"), "{said}"),
    }
}

/// Bit of the signal in the masks of proc(5).
const SIGINT_BIT: u64 = 1 << 1;
