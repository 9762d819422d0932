//! What INFO and MEMORY STATS tell: the field names that clients and exporters read.

use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::resident;
use crate::shared::Shared;
use crate::stats::{Counter, ThreadStats};
use std::fmt::Write as _;
use zvm::{ReplySink, Text};

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
    ("Persistence", persistence),
    ("Stats", stats),
    ("Replication", replication),
    ("CPU", cpu),
    ("Modules", modules),
    ("Cluster", cluster),
    ("Keyspace", keyspace),
];

fn field(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(out, "{name}:{value}\r\n");
}

fn server(out: &mut String, shared: &Shared, catalog: &Catalog) {
    let uptime = shared.clock.elapsed().as_secs();
    field(out, "redis_version", REDIS_VERSION);
    field(out, "redis_git_sha1", "00000000");
    field(out, "redis_git_dirty", 0);
    field(out, "redis_build_id", "0");
    field(out, "carrier_version", env!("CARGO_PKG_VERSION"));
    field(out, "redis_mode", "standalone");
    field(out, "os", std::env::consts::OS);
    field(out, "multiplexing_api", "epoll");
    field(out, "arch_bits", usize::BITS);
    field(out, "process_id", std::process::id());
    field(out, "run_id", &shared.run_id);
    field(out, "tcp_port", shared.port);
    field(out, "server_time_usec", Clock::unix_us());
    field(out, "uptime_in_seconds", uptime);
    field(out, "uptime_in_days", uptime / 86_400);
    field(out, "threads", shared.stats.threads());
    field(out, "shards", shared.shards);
    field(out, "hz", 10);
    field(out, "commands", catalog.len());
}

fn clients(out: &mut String, shared: &Shared, _: &Catalog) {
    field(out, "connected_clients", shared.stats.connections());
    field(out, "cluster_connections", 0);
    field(out, "maxclients", shared.settings.maxclients());
    field(out, "blocked_clients", 0);
    field(out, "tracking_clients", 0);
    field(out, "clients_in_timeout_table", 0);
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
    field(out, "step_blocks_max", shared.stats.max(|thread| &thread.step_blocks));
    field(out, "step_bytes_max", shared.stats.max(|thread| &thread.step_bytes));
    field(out, "step_moved_bytes_max", shared.stats.max(|thread| &thread.step_moved_bytes));
    field(out, "steps_beyond_bounds", shared.stats.sum(|thread| &thread.steps_beyond));
    field(out, "maxmemory", shared.budget.bytes().unwrap_or(0));
    field(out, "maxmemory_policy", shared.config.memory.redis_policy());
}

fn stats(out: &mut String, shared: &Shared, _: &Catalog) {
    let [connections, refused, commands, remote, expired] = shared.stats.since_forgotten();
    field(out, "total_connections_received", connections);
    field(out, "total_commands_processed", commands);
    field(out, "rejected_connections", refused);
    field(out, "remote_requests", remote);
    field(out, "expired_keys", expired);
    field(out, "evicted_keys", shared.stats.sum(|thread| &thread.evicted_keys));
    field(out, "pubsub_channels", 0);
    field(out, "pubsub_patterns", 0);
    field(out, "latest_fork_usec", 0);
    field(out, "total_forks", 0);
}

/// Nothing is kept on disk: there is nothing to load, and nothing that could be unsaved.
fn persistence(out: &mut String, shared: &Shared, _: &Catalog) {
    field(out, "loading", 0);
    field(out, "async_loading", 0);
    field(out, "rdb_changes_since_last_save", 0);
    field(out, "rdb_bgsave_in_progress", 0);
    field(out, "rdb_last_save_time", shared.started_ms / 1000);
    field(out, "rdb_last_bgsave_status", "ok");
    field(out, "rdb_last_bgsave_time_sec", -1);
    field(out, "aof_enabled", 0);
    field(out, "aof_rewrite_in_progress", 0);
    field(out, "aof_last_bgrewrite_status", "ok");
    field(out, "aof_last_write_status", "ok");
}

fn replication(out: &mut String, shared: &Shared, _: &Catalog) {
    field(out, "role", "master");
    field(out, "connected_slaves", 0);
    field(out, "master_replid", &shared.run_id);
    field(out, "master_repl_offset", 0);
    field(out, "second_repl_offset", -1);
    field(out, "repl_backlog_active", 0);
    field(out, "repl_backlog_size", 0);
}

fn cpu(out: &mut String, _: &Shared, _: &Catalog) {
    let usage = Clock::cpu_seconds();
    field(out, "used_cpu_sys", format_args!("{:.6}", usage.system));
    field(out, "used_cpu_user", format_args!("{:.6}", usage.user));
    field(out, "used_cpu_sys_children", "0.000000");
    field(out, "used_cpu_user_children", "0.000000");
}

fn modules(_: &mut String, _: &Shared, _: &Catalog) {}

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

/// The reply to MEMORY STATS: what of it there is here, and under Redis' names.
pub(crate) fn memory_stats(shared: &Shared, sink: &mut dyn ReplySink) {
    let sum = |counter: fn(&ThreadStats) -> &Counter| shared.stats.sum(counter);
    let used = sum(|thread| &thread.used_bytes);
    let free = sum(|thread| &thread.free_bytes);
    let payload = sum(|thread| &thread.payload_bytes);
    let databases = 0..crate::session::DATABASES as usize;
    let keys: u64 = databases.map(|at| shared.stats.sum(|thread| &thread.keys[at])).sum();
    let figures = [
        ("total.allocated", used + free),
        ("overhead.total", (used + free).saturating_sub(payload)),
        ("keys.count", keys),
        ("keys.bytes-per-key", (used + free) / keys.max(1)),
        ("dataset.bytes", payload),
        ("allocator.allocated", used),
        ("allocator.active", used + free),
        ("allocator.resident", resident::bytes()),
    ];
    sink.map(figures.len());
    for (name, figure) in figures {
        sink.bytes(Text::Bytes(name.as_bytes()));
        sink.integer(i64::try_from(figure).unwrap_or(i64::MAX));
    }
}
