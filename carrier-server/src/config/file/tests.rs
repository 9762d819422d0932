//! Whole files, and what is said of bad ones.

use super::*;

const WHOLE: &str = r#"
[[network]]
name = "main"
host = "127.0.0.1"
port = 6379
protocol = "drp"

[[network]]
name = "local"
unix = "/run/carrier.sock"

[runtime]
threads = 3
layout = "fused"
pinWorkersToCPU = true

[memory]
softStayUnder = "16GB"

[log]
level = "debug"

[limits]
maxclients = 100
proto_max_bulk_len = "1mb"
item_size_max = "2mb"
"#;

#[test]
fn reads_a_whole_file() {
    let config = Config::parse("c.toml", WHOLE).unwrap();
    assert_eq!(config.networks.len(), 2);
    assert_eq!(config.networks[0].protocol, NetworkProtocol::Drp);
    assert_eq!(config.networks[1].address, Address::Unix("/run/carrier.sock".into()));
    assert_eq!((config.threads, config.layout, config.pin_threads), (3, Layout::Fused, true));
    assert_eq!(config.memory_bytes, Some(16 << 30));
    assert_eq!(config.limits.proto_max_bulk_len, 1 << 20);
    assert_eq!(config.limits.item_size_max, 2 << 20);
}

#[test]
fn what_is_printed_reads_back() {
    let config = Config::parse("c.toml", WHOLE).unwrap();
    assert_eq!(Config::parse("printed", &config.to_toml()), Ok(config));
    assert_eq!(Config::parse("printed", &Config::default().to_toml()), Ok(Config::default()));
}

#[test]
fn errors_name_key_and_line() {
    let cases = [
        ("[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 70000", "c:4: network.port: "),
        ("[runtime]\n\nthreads = 0", "c:3: runtime.threads: expected a number"),
        ("[runtime]\nthreds = 2", "c:2: runtime.threds: unknown field `threds`"),
        ("[runtime]\nlayout = \"round\"", "c:2: runtime.layout: unknown variant `round`"),
        ("[memory]\nsoft_stay_under = \"lots\"", "c:2: memory.soft_stay_under: expected a size"),
        ("[[network]]\nname = \"a\"\nhost = \"0.0.0.0\"", "c:3: network.host: expected a loopback"),
        ("[[network]]\nname = \"a\"", "c:1: network: expected either `host` or `unix`"),
        (
            "[limits]\nclient_output_buffer_limit = \"1mb\"",
            "c:2: limits.client_output_buffer_limit",
        ),
        ("threads", "c:1: "),
    ];
    for (text, beginning) in cases {
        let error = Config::parse("c", text).unwrap_err().to_string();
        assert!(error.starts_with(beginning), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
