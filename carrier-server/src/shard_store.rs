//! A shard as programs see it: one namespace, at one moment.
