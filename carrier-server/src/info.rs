//! What INFO and CONFIG GET tell: the field names that clients and exporters read.

use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::resident;
use crate::shared::Shared;
use std::fmt::Write as _;

/// The version of Redis whose behaviour clients find.
pub(crate) const REDIS_VERSION: &str = "7.0.15";

/// The text of the chosen sections (lower case), in Redis' order; all of them without a choice.
pub(crate) fn text(shared: &Shared, catalog: &Catalog, chosen: &[Box<[u8]>]) -> String {
    let all = chosen.is_empty()
        || chosen.iter().any(|name| [&b"all"[..], b"default", b"everything"].contains(&&**name));
    let mut out = String::new();
    for (name, write) in SECTIONS {
        if all || chosen.iter().any(|choice| **choice == *name.to_lowercase().as_bytes()) {
            if !out.is_empty() {
                out.push_str("\r\n");
            }
            let _ = write!(out, "# {name}\r\n");
            write(&mut out, shared, catalog);
        }
    }
    out
}

type Section = fn(&mut String, &Shared, &Catalog);

const SECTIONS: &[(&str, Section)] = &[
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Stats", stats),
    ("Replication", replication),
    ("Cluster", cluster),
    ("Keyspace", keyspace),
];

fn field(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(out, "{name}:{value}\r\n");
}

fn server(out: &mut String, shared: &Shared, catalog: &Catalog) {
    let uptime = shared.clock.elapsed().as_secs();
    field(out, "redis_version", REDIS_VERSION);
    field(out, "carrier_version", env!("CARGO_PKG_VERSION"));
    field(out, "redis_mode", "standalone");
    field(out, "os", std::env::consts::OS);
    field(out, "arch_bits", usize::BITS);
    field(out, "process_id", std::process::id());
    field(out, "run_id", &shared.run_id);
    field(out, "tcp_port", shared.port);
    field(out, "server_time_usec", Clock::unix_ms() * 1000);
    field(out, "uptime_in_seconds", uptime);
    field(out, "uptime_in_days", uptime / 86_400);
    field(out, "threads", shared.stats.threads());
    field(out, "shards", shared.shards);
    field(out, "commands", catalog.len());
}

fn clients(out: &mut String, shared: &Shared, _: &Catalog) {
    field(out, "connected_clients", shared.stats.connections());
    field(out, "maxclients", shared.config.limits.maxclients);
    let closed = shared.stats.sum(|thread| &thread.output_limit_closed);
    field(out, "client_output_buffer_limit_disconnections", closed);
}

fn memory(out: &mut String, shared: &Shared, _: &Catalog) {
    let used = shared.stats.sum(|thread| &thread.used_bytes);
    let free = shared.stats.sum(|thread| &thread.free_bytes);
    let payload = shared.stats.sum(|thread| &thread.payload_bytes);
    let overhead = (used + free).saturating_sub(payload);
    let key_counts = (0..crate::session::DATABASES as usize)
        .map(|database| shared.stats.sum(|thread| &thread.keys[database]));
    let keys = key_counts.sum::<u64>().max(1);
    field(out, "used_memory", used);
    field(out, "used_memory_rss", resident::bytes());
    field(out, "used_memory_dataset", payload);
    field(out, "used_memory_overhead", overhead);
    field(out, "overhead_per_pair", format_args!("{:.1}", overhead as f64 / keys as f64));
    field(out, "arena_committed", shared.stats.sum(|thread| &thread.committed_bytes));
    field(out, "arena_free", free);
    field(out, "arena_moved", shared.stats.sum(|thread| &thread.moved_bytes));
    field(out, "maxmemory", shared.budget.bytes().unwrap_or(0));
    field(out, "maxmemory_policy", shared.config.memory.redis_policy());
}

fn stats(out: &mut String, shared: &Shared, _: &Catalog) {
    let stats = &shared.stats;
    field(out, "total_connections_received", stats.sum(|thread| &thread.connections_admitted));
    field(out, "rejected_connections", stats.sum(|thread| &thread.connections_refused));
    field(out, "total_commands_processed", stats.sum(|thread| &thread.commands));
    field(out, "remote_requests", stats.sum(|thread| &thread.remote_requests));
    field(out, "expired_keys", stats.sum(|thread| &thread.expired_keys));
    field(out, "evicted_keys", stats.sum(|thread| &thread.evicted_keys));
}

fn replication(out: &mut String, _: &Shared, _: &Catalog) {
    field(out, "role", "master");
    field(out, "connected_slaves", 0);
}

fn cluster(out: &mut String, _: &Shared, _: &Catalog) {
    field(out, "cluster_enabled", 0);
}

fn keyspace(out: &mut String, shared: &Shared, _: &Catalog) {
    for database in 0..crate::session::DATABASES as usize {
        let keys = shared.stats.sum(|thread| &thread.keys[database]);
        let expiring = shared.stats.sum(|thread| &thread.expiring[database]);
        if keys > 0 {
            let _ = write!(out, "db{database}:keys={keys},expires={expiring},avg_ttl=0\r\n");
        }
    }
}

/// The settings that CONFIG GET finds, under Redis' names: what is configured here, and what
/// clients ask for to learn that it is off.
pub(crate) fn settings(shared: &Shared) -> Vec<(&'static str, String)> {
    let config = &shared.config;
    vec![
        ("appendonly", "no".to_owned()),
        ("bind", hosts(shared)),
        ("client-output-buffer-limit", {
            format!("normal {} 0 0", config.limits.client_output_buffer_limit)
        }),
        ("cluster-enabled", "no".to_owned()),
        ("databases", crate::session::DATABASES.to_string()),
        ("maxclients", config.limits.maxclients.to_string()),
        ("maxmemory", shared.budget.bytes().unwrap_or(0).to_string()),
        ("maxmemory-policy", config.memory.redis_policy().to_owned()),
        ("port", shared.port.to_string()),
        ("proto-max-bulk-len", config.limits.proto_max_bulk_len.to_string()),
        ("save", String::new()),
        ("timeout", "0".to_owned()),
    ]
}

fn hosts(shared: &Shared) -> String {
    let hosts = shared.config.networks.iter().filter_map(|network| match &network.address {
        crate::socket::Address::Tcp { host, .. } => Some(host.as_str()),
        crate::socket::Address::Unix(_) => None,
    });
    hosts.collect::<Vec<_>>().join(" ")
}
