//! What memcached's `stats` tells: the field names that its tools read, filled with what is counted
//! here. What has no counterpart is left out, or 0 where a tool would miss it.

use crate::clock::Clock;
use crate::session::DATABASES;
use crate::settings;
use crate::shared::Shared;

/// Names and values.
pub(crate) type Figures = Vec<(String, String)>;

/// The figures of a kind, the general ones where that is empty; `None` where there is no such kind.
pub(crate) fn report(shared: &Shared, kind: &[u8]) -> Option<Figures> {
    let mut figures = Figures::new();
    match kind {
        b"" => general(shared, &mut figures),
        b"settings" => settings(shared, &mut figures),
        b"items" => items(shared, &mut figures),
        b"slabs" => slabs(shared, &mut figures),
        b"sizes" => add(&mut figures, "sizes_status", "disabled"),
        b"conns" => connections(shared, &mut figures),
        b"detail" => {}
        _ => return None,
    }
    Some(figures)
}

fn add(figures: &mut Figures, name: &str, value: impl ToString) {
    figures.push((name.to_owned(), value.to_string()));
}

fn general(shared: &Shared, figures: &mut Figures) {
    let stats = &shared.stats;
    let connections = stats.connections();
    add(figures, "pid", std::process::id());
    add(figures, "uptime", shared.clock.elapsed().as_secs());
    add(figures, "time", Clock::unix_ms() / 1000);
    add(figures, "version", MEMCACHED_VERSION);
    add(figures, "carrier_version", env!("CARGO_PKG_VERSION"));
    add(figures, "pointer_size", usize::BITS);
    add(figures, "max_connections", shared.config.limits.maxclients);
    add(figures, "curr_connections", connections);
    let admitted = stats.sum(|thread| &thread.connections_admitted);
    let sets = stats.sum(|thread| &thread.cache_sets);
    add(figures, "total_connections", admitted);
    add(figures, "rejected_connections", stats.sum(|thread| &thread.connections_refused));
    add(figures, "connection_structures", connections);
    add(figures, "total_commands", stats.sum(|thread| &thread.commands));
    let gets = stats.sum(|thread| &thread.cache_gets);
    let hits = stats.sum(|thread| &thread.cache_hits).min(gets);
    add(figures, "cmd_get", gets);
    add(figures, "cmd_set", sets);
    add(figures, "cmd_flush", stats.sum(|thread| &thread.cache_flushes));
    add(figures, "cmd_touch", stats.sum(|thread| &thread.cache_touches));
    add(figures, "cmd_meta", stats.sum(|thread| &thread.cache_metas));
    add(figures, "get_hits", hits);
    add(figures, "get_misses", gets - hits);
    add(figures, "limit_maxbytes", shared.budget.bytes().unwrap_or(0));
    add(figures, "accepting_conns", 1);
    add(figures, "threads", stats.threads());
    let used = stats.sum(|thread| &thread.used_bytes);
    add(figures, "bytes", used);
    add(figures, "curr_items", keys(shared));
    add(figures, "total_items", sets);
    add(figures, "hash_is_expanding", 0);
    add(figures, "slab_reassign_running", 0);
    add(figures, "slabs_moved", 0);
    add(figures, "lru_crawler_running", 0);
    add(figures, "reclaimed", stats.sum(|thread| &thread.expired_keys));
    add(figures, "evictions", shared.stats.sum(|thread| &thread.evicted_keys));
}

fn items(shared: &Shared, figures: &mut Figures) {
    // All items are of one class here, whatever their size.
    let count = keys(shared);
    if count > 0 {
        let evicted = shared.stats.sum(|thread| &thread.evicted_keys);
        add(figures, "items:1:number", count);
        add(figures, "items:1:age", 0);
        add(figures, "items:1:mem_requested", shared.stats.sum(|thread| &thread.payload_bytes));
        add(figures, "items:1:evicted", evicted);
        add(figures, "items:1:evicted_nonzero", 0);
        add(figures, "items:1:evicted_time", 0);
        add(figures, "items:1:outofmemory", 0);
        add(figures, "items:1:tailrepairs", 0);
        add(figures, "items:1:reclaimed", shared.stats.sum(|thread| &thread.expired_keys));
    }
}

fn slabs(shared: &Shared, figures: &mut Figures) {
    let count = keys(shared);
    let used = shared.stats.sum(|thread| &thread.used_bytes);
    let free = shared.stats.sum(|thread| &thread.free_bytes);
    if count > 0 {
        let gets = shared.stats.sum(|thread| &thread.cache_gets);
        let hits = shared.stats.sum(|thread| &thread.cache_hits).min(gets);
        // A class has chunks of one size; here that is what an item takes on average.
        add(figures, "1:chunk_size", used / count);
        add(figures, "1:chunks_per_page", count / shared.shards.max(1) as u64);
        add(figures, "1:total_pages", shared.shards);
        add(figures, "1:total_chunks", count);
        add(figures, "1:used_chunks", count);
        add(figures, "1:free_chunks", 0);
        add(figures, "1:free_chunks_end", 0);
        add(figures, "1:mem_requested", shared.stats.sum(|thread| &thread.payload_bytes));
        add(figures, "1:get_hits", hits);
        add(figures, "1:cmd_set", shared.stats.sum(|thread| &thread.cache_sets));
    }
    add(figures, "active_slabs", u8::from(count > 0));
    add(figures, "total_malloced", used + free);
}

fn settings(shared: &Shared, figures: &mut Figures) {
    let config = &shared.config;
    add(figures, "maxbytes", shared.budget.bytes().unwrap_or(0));
    add(figures, "maxconns", config.limits.maxclients);
    add(figures, "tcpport", shared.port);
    add(figures, "udpport", 0);
    add(figures, "inter", settings::hosts(shared));
    add(figures, "verbosity", 0);
    add(figures, "oldest", 0);
    let evicts = config.memory.redis_policy() != "noeviction";
    add(figures, "evictions", if evicts { "on" } else { "off" });
    add(figures, "domain_socket", "NULL");
    add(figures, "shutdown_command", "no");
    add(figures, "num_threads", shared.stats.threads());
    add(figures, "stat_key_prefix", ":");
    add(figures, "detail_enabled", "no");
    add(figures, "cas_enabled", "yes");
    add(figures, "tcp_backlog", 1024);
    add(figures, "binding_protocol", "auto-negotiate");
    let has_password = if shared.settings.password().is_some() { "yes" } else { "no" };
    add(figures, "auth_enabled_sasl", has_password);
    add(figures, "auth_enabled_ascii", has_password);
    add(figures, "item_size_max", config.limits.item_size_max);
    add(figures, "maxconns_fast", "yes");
    add(figures, "slab_reassign", "no");
    add(figures, "slab_automove", 0);
    add(figures, "lru_crawler", "no");
    add(figures, "flush_enabled", "yes");
    add(figures, "dump_enabled", "no");
    add(figures, "hash_algorithm", "xxh3");
    add(figures, "lru_maintainer_thread", "no");
    add(figures, "lru_segmented", if evicts { "yes" } else { "no" });
    add(figures, "idle_timeout", 0);
    add(figures, "track_sizes", "no");
    add(figures, "inline_ascii_response", "no");
}

/// Four figures a connection, under its number. What each is at, its thread alone knows: to others
/// all of them read.
fn connections(shared: &Shared, figures: &mut Figures) {
    let now_ms = Clock::unix_ms();
    shared.clients.each(|client| {
        let id = client.id;
        add(figures, &format!("{id}:addr"), transport(&client.address));
        add(figures, &format!("{id}:listen_addr"), transport(&client.local_address));
        add(figures, &format!("{id}:state"), "conn_read");
        add(figures, &format!("{id}:secs_since_last_cmd"), client.idle_seconds(now_ms));
    });
}

/// An address as memcached writes it, what carries it in front.
fn transport(address: &str) -> String {
    if address.starts_with('[') {
        format!("tcp6:{address}")
    } else if address.starts_with('/') {
        format!("unix:{address}")
    } else {
        format!("tcp:{address}")
    }
}

fn keys(shared: &Shared) -> u64 {
    let of = |database: usize| shared.stats.sum(|thread| &thread.keys[database]);
    (0..DATABASES as usize).map(of).sum()
}

/// The version of memcached whose behaviour clients find.
pub(crate) const MEMCACHED_VERSION: &str = "1.6.18";
