//! Runs of the program against a server that answers rightly, and against servers that do not.

mod server;

use std::process::{Command, Output};

use server::Fault;

fn run(fault: Fault, args: &str) -> Output {
    let port = server::start(fault).to_string();
    Command::new(env!("CARGO_BIN_EXE_carrier-load"))
        .args(["--port", &port, "--connections", "4", "--quiet"])
        .args(if args.contains("--keys ") { [].as_slice() } else { &["--keys", "1000"] })
        .args(args.split_whitespace())
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The run must end with exit code 1; what it says is returned.
fn fails(fault: Fault, args: &str) -> String {
    let output = run(fault, args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{fault:?} {args}: {said}");
    said
}

fn json(args: &str) -> serde_json::Value {
    let output = run(Fault::None, &format!("{args} --json"));
    assert_eq!(output.status.code(), Some(0), "{args}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn right_replies_are_counted() {
    for args in [
        "--preload -n 5000 --mix get=9,set=1 -P 16",
        "--preload -n 5000 --threads 3 -d zipf:1.0 --value lognormal:100,1",
        "--preload -n 5000 --verify writes --mix get,set -P 7 --threads 2 -d zipf:1.2",
        "--preload -n 5000 --rate 50000 -P 4",
        "--preload -n 5000 --rate 50000 --spin --threads 2",
        "--preload -n 5000 --value 100000 --keys 20 -P 3",
    ] {
        let report = json(args);
        assert_eq!(report["requests"], 5000, "{args}");
        assert_eq!(report["misses"], 0, "{args}");
        assert_eq!(report["unsent"], 0, "{args}");
        assert!(report["latency_ns"]["p99.99"].as_u64() >= report["latency_ns"]["p50"].as_u64());
    }
}

#[test]
fn fresh_keys_are_never_there_before() {
    let report = json("-n 3000 -d fresh --mix get --threads 2");
    assert_eq!((&report["hits"], &report["misses"]), (&0.into(), &3000.into()));
    assert_eq!(report["fresh_next"], 1000 + 3000);
}

#[test]
fn misses_are_counted_where_they_are_allowed() {
    let report = json("-n 3000 --mix get");
    assert_eq!((&report["hits"], &report["misses"]), (&0.into(), &3000.into()));
    let said = fails(Fault::None, "-n 3000 --mix get --misses refuse");
    assert!(said.contains("$-1"), "{said}");
}

#[test]
fn a_value_that_is_off_by_one_is_caught() {
    for pipeline in ["1", "16"] {
        let said = fails(Fault::OffByOne, &format!("--preload -n 5000 -P {pipeline}"));
        assert!(said.contains("wrong reply on connection"), "{said}");
        assert!(said.contains("request:  \"*2\\r\\n$3\\r\\nGET\\r\\n$16\\r\\nkey:"), "{said}");
        assert!(said.contains("reply:    \"$32\\r\\n"), "{said}");
    }
}

#[test]
fn swapped_replies_are_caught() {
    let said = fails(Fault::Swapped, "--preload -n 5000 -P 16");
    assert!(said.contains("wrong reply"), "{said}");
}

#[test]
fn a_lost_write_is_caught() {
    // One that the preload made is a miss; one over an older value needs versions.
    let said = fails(Fault::LostWrite, "--preload -n 5000 -d sequential");
    assert!(said.contains("$-1"), "{said}");
    let said = fails(Fault::LostWrite, "--preload -n 0 --verify writes");
    assert!(said.contains("$-1"), "{said}");
    let said = fails(Fault::LostOverwrite, "--preload -n 2000 --verify writes --mix set -P 8");
    assert!(said.contains("wrong reply") && !said.contains("$-1"), "{said}");
}

#[test]
fn a_lost_value_is_caught() {
    let said = fails(Fault::LostValue, "--preload -n 5000");
    assert!(said.contains("reply:    \"$-1"), "{said}");
}

#[test]
fn a_wrong_count_of_replies_is_caught() {
    let said = fails(Fault::TwoReplies, "--preload -n 5000 -P 16");
    assert!(said.contains("wrong reply") || said.contains("reply to no request"), "{said}");
    let said = fails(Fault::NoReply, "--preload -n 5000 -P 1 --patience 0.2");
    assert!(said.contains("missing replies") && said.contains("GET"), "{said}");
    // In a batch the next reply stands in the place of the missing one.
    let said = fails(Fault::NoReply, "--preload -n 5000 -P 16 --patience 0.2");
    assert!(said.contains("wrong reply"), "{said}");
    let said = fails(Fault::Closed, "--preload -n 5000 -P 16");
    assert!(said.contains("missing replies"), "{said}");
}

#[test]
fn error_replies_end_the_run() {
    let said = fails(Fault::None, "-n 10 --command FLY");
    assert!(said.contains("unknown command"), "{said}");
}

#[test]
fn a_wrong_option_is_told_in_one_line() {
    for args in ["--keyz 3", "--keys many", "--mix got", "--host 192.0.2.1", "--preload-command x"]
    {
        let output = run(Fault::None, args);
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
    let report = json(&format!("{args} --misses refuse"));
    assert_eq!(report["misses"], 0);
    assert_eq!(report["commands"][1]["name"], "GET");
}

#[test]
fn a_rate_that_is_too_high_is_told() {
    let report = json("--preload --rate 900000000 --seconds 0.2");
    assert!(report["unsent"].as_u64() > Some(0), "{report}");
}
