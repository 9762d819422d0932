//! The sources of the commands that the binary carries; they are compiled at every start.

/// File names and texts.
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("commands/acl.zvml", include_str!("../../commands/acl.zvml")),
    ("commands/bitmaps.zvml", include_str!("../../commands/bitmaps.zvml")),
    ("commands/clients.zvml", include_str!("../../commands/clients.zvml")),
    ("commands/cluster.zvml", include_str!("../../commands/cluster.zvml")),
    ("commands/connection.zvml", include_str!("../../commands/connection.zvml")),
    ("commands/keys.zvml", include_str!("../../commands/keys.zvml")),
    ("commands/memcached.zvml", include_str!("../../commands/memcached.zvml")),
    ("commands/memcached_server.zvml", include_str!("../../commands/memcached_server.zvml")),
    ("commands/scripting.zvml", include_str!("../../commands/scripting.zvml")),
    ("commands/server.zvml", include_str!("../../commands/server.zvml")),
    ("commands/sets.zvml", include_str!("../../commands/sets.zvml")),
    ("commands/lists.zvml", include_str!("../../commands/lists.zvml")),
    ("commands/field_expiry.zvml", include_str!("../../commands/field_expiry.zvml")),
    ("commands/hashes.zvml", include_str!("../../commands/hashes.zvml")),
    ("commands/sorted_ranges.zvml", include_str!("../../commands/sorted_ranges.zvml")),
    ("commands/sorted_several.zvml", include_str!("../../commands/sorted_several.zvml")),
    ("commands/sorted_sets.zvml", include_str!("../../commands/sorted_sets.zvml")),
    ("commands/several.zvml", include_str!("../../commands/several.zvml")),
    ("commands/strings.zvml", include_str!("../../commands/strings.zvml")),
    ("commands/transactions.zvml", include_str!("../../commands/transactions.zvml")),
    ("commands/zvml.zvml", include_str!("../../commands/zvml.zvml")),
];
