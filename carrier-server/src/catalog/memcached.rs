//! Which commands serve memcached's requests.

/// A command by what it is to memcached's protocols, so that no request is looked up by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    GetOne,
    GetsOne,
    Get,
    Set,
    Gets,
    SetWith,
    Mg,
    MgWith,
    Add,
    Replace,
    Append,
    Prepend,
    Cas,
    Delete,
    DeleteWith,
    Incr,
    Decr,
    Touch,
    Gat,
    Gats,
    Me,
    FlushAll,
    Version,
    Verbosity,
    Stats,
    Noop,
    SaslMechanisms,
    SaslPlain,
    Slabs,
    Lru,
    LruCrawler,
    CacheMemlimit,
    Watch,
    Shutdown,
    LogIn,
    Quit,
}

impl Served {
    /// How many there are.
    pub(super) const COUNT: usize = Self::NAMES.len();

    /// The commands' names, in the same order.
    pub(super) const NAMES: [&str; 36] = [
        "get_one",
        "gets_one",
        "get",
        "set",
        "gets",
        "set_with",
        "mg",
        "mg_with",
        "add",
        "replace",
        "append",
        "prepend",
        "cas",
        "delete",
        "delete_with",
        "incr",
        "decr",
        "touch",
        "gat",
        "gats",
        "me",
        "flush_all",
        "version",
        "verbosity",
        "stats",
        "noop",
        "sasl_mechanisms",
        "sasl_plain",
        "slabs",
        "lru",
        "lru_crawler",
        "cache_memlimit",
        "watch",
        "shutdown",
        "log_in",
        "quit",
    ];
}

const _: () = assert!(Served::Quit as usize + 1 == Served::COUNT);
