//! Which shards a request's keys are on.

use crate::catalog::{Command, Route};
use crate::shared::Shared;
use zvm::{Args, Multiplicity, RunWhere};

/// Where a request runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Whole, on one shard.
    Shard {
        /// Which.
        shard: usize,
        /// The hash of its first key; 0 without keys.
        hash: u64,
    },
    /// On the shards of its key groups, on each with its own groups.
    Groups(Groups),
    /// Once, with keys of several shards.
    Joint,
    /// On every shard.
    Everywhere,
}

/// Key groups among arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Groups {
    /// The first argument of the first group.
    start: usize,
    /// Arguments in a group.
    stride: usize,
    /// How many groups there are.
    pub(crate) count: usize,
    /// The argument that counts them.
    counter: Option<usize>,
}

/// Finds out where requests run.
#[derive(Debug, Default)]
pub(crate) struct Spreader {
    /// The shard and hash of each key, or of the key of each group.
    targets: Vec<(usize, u64)>,
}

impl Spreader {
    /// Where a request runs; one without keys on `own_shard`.
    #[inline]
    pub(crate) fn spread(
        &mut self,
        shared: &Shared,
        own_shard: usize,
        command: &Command,
        args: Args<'_>,
    ) -> Spread {
        match command.route() {
            Route::Anywhere => Spread::Shard { shard: own_shard, hash: 0 },
            Route::Key(index) => {
                let hash = shared.hash(args.get(index));
                Spread::Shard { shard: shared.shard_of(hash), hash }
            }
            Route::Cursor(index) => {
                Spread::Shard { shard: cursor_shard(args.get(index), shared.shards), hash: 0 }
            }
            Route::Everywhere if shared.shards == 1 => Spread::Shard { shard: 0, hash: 0 },
            Route::Everywhere => Spread::Everywhere,
            Route::Groups { start, stride, key_offset } => {
                let count = args.len().saturating_sub(start) / stride;
                let groups = Groups { start, stride, count, counter: None };
                self.spread_groups(shared, command, args, groups, key_offset)
            }
            Route::List { key_offset } => {
                let signature = command.signature();
                let Some(span) = signature.list_span(args) else {
                    // The request is wrong, and any shard says how.
                    return Spread::Shard { shard: own_shard, hash: 0 };
                };
                let counter = match signature.list().map(|list| &list.multiplicity) {
                    Some(Multiplicity::Counted(counted)) => Some(usize::from(counted.by)),
                    _ => None,
                };
                let zvm::VariadicSpan { start, stride, count } = span;
                let groups = Groups { start, stride, count, counter };
                self.spread_groups(shared, command, args, groups, key_offset)
            }
            Route::Keys => {
                self.targets.clear();
                let keys = command.signature().keys(args);
                self.targets.extend(keys.map(|index| target(shared, args.get(index))));
                self.one_shard(own_shard).unwrap_or(Spread::Joint)
            }
        }
    }

    /// The shard and hash of each group's key, or of each key of a joint request.
    pub(crate) fn targets(&self) -> &[(usize, u64)] {
        &self.targets
    }

    fn spread_groups(
        &mut self,
        shared: &Shared,
        command: &Command,
        args: Args<'_>,
        groups: Groups,
        key_offset: usize,
    ) -> Spread {
        self.targets.clear();
        let keys = (0..groups.count).map(|group| groups.start + group * groups.stride + key_offset);
        self.targets.extend(keys.map(|index| target(shared, args.get(index))));
        let spread = match command.run_where() {
            RunWhere::One => Spread::Joint,
            _ => Spread::Groups(groups),
        };
        self.one_shard(0).unwrap_or(spread)
    }

    /// The one shard that has all targets; `shard` where there are none.
    fn one_shard(&self, shard: usize) -> Option<Spread> {
        let &(shard, hash) = self.targets.first().unwrap_or(&(shard, 0));
        let one = self.targets.iter().all(|&(other, _)| other == shard);
        one.then_some(Spread::Shard { shard, hash })
    }
}

impl Groups {
    /// The arguments of a request for some of the groups only; `count` is their number in digits.
    pub(crate) fn args_of<'a>(
        self,
        args: Args<'a>,
        groups: impl Iterator<Item = usize> + 'a,
        count: &'a str,
    ) -> impl Iterator<Item = &'a [u8]> {
        let behind = self.start + self.count * self.stride;
        let own = groups.flat_map(move |group| {
            let at = self.start + group * self.stride;
            at..at + self.stride
        });
        let fixed = (0..self.start).map(move |index| match self.counter {
            Some(counter) if counter == index => count.as_bytes(),
            _ => args.get(index),
        });
        fixed.chain(own.chain(behind..args.len()).map(move |index| args.get(index)))
    }
}

fn target(shared: &Shared, key: &[u8]) -> (usize, u64) {
    let hash = shared.hash(key);
    (shared.shard_of(hash), hash)
}

/// The shard that a scan's cursor is in; what is no cursor goes anywhere to get its error.
fn cursor_shard(cursor: &[u8], shards: usize) -> usize {
    let number = std::str::from_utf8(cursor).ok().and_then(|text| text.parse::<u64>().ok());
    number.map_or(0, |number| crate::shard_store::cursor_parts(number, shards).0)
}
