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
precacheMultiplier = 4

[lru]
enable = true
mode = "SNLRU"
snlruLevels = 3

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
    assert_eq!(config.memory.soft_stay_under, Some(16 << 30));
    assert_eq!(config.memory.precache_multiplier, 4);
    assert_eq!(config.memory.policy, Policy::Snlru { levels: 3 });
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
fn policies_have_redis_names_too() {
    for (name, policy) in [
        ("noeviction", Policy::Refuse),
        ("allkeys-lru", Policy::SNLRU),
        ("allkeys-lfu", Policy::SNLRU),
        ("allkeys-random", Policy::Random),
    ] {
        let text = format!("[memory]\nmaxmemory_policy = {name:?}");
        assert_eq!(Config::parse("c", &text).unwrap().memory.policy, policy);
    }
    let network = "[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nprotocol = \"dmp\"\n";
    let refuses = Config::parse("c", &format!("{network}[lru]\nenable = false")).unwrap();
    assert_eq!(refuses.memory.policy, Policy::Refuse);
}

#[test]
fn errors_name_key_and_line() {
    let cases = [
        ("[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 70000", "c:4: network.port: "),
        ("[runtime]\n\nthreads = 0", "c:3: runtime.threads: expected a number"),
        ("[runtime]\nthreds = 2", "c:2: runtime.threds: unknown field `threds`"),
        ("[runtime]\nlayout = \"round\"", "c:2: runtime.layout: unknown variant `round`"),
        ("[memory]\nsoft_stay_under = \"lots\"", "c:2: memory.soft_stay_under: expected a size"),
        ("[lru]\nenable = true\nmode = \"fifo\"", "c:3: lru.mode: expected `SNLRU`"),
        ("[lru]\nenable = true\nsnlru_levels = 5", "c:3: lru.snlru_levels: expected a number"),
        ("[memory]\nprecache_multiplier = -1", "c:2: memory.precache_multiplier: expected"),
        ("[memory]\nmaxmemory_policy = \"volatile-lru\"", "c:2: memory.maxmemory_policy: "),
        (
            "[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nprotocol = \"dmp\"",
            "c:1: network: expected a policy",
        ),
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
