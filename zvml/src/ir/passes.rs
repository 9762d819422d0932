//! The order of the passes.

use super::{Function, checks, copies, count, dead, fold, fuse, plain, tails, thread};

/// Improves a function, and tells `observe` the name of each pass and what it left.
pub(crate) fn optimize(function: &mut Function, mut observe: impl FnMut(&'static str, &Function)) {
    for (name, pass) in PASSES {
        pass(function);
        observe(name, function);
    }
}

type Pass = fn(&mut Function);

/// Every pass in order. Some leave work for one that has been, which then is here again.
const PASSES: [(&str, Pass); 10] = [
    // First, so that both ways through the function are improved alike.
    ("plain", plain::specialize),
    ("fold", fold::fold),
    ("copies", copies::propagate),
    ("thread", thread::thread),
    // Sequences are found within blocks.
    ("join", tails::join),
    ("checks", checks::relax),
    ("count", count::count),
    ("join", tails::join),
    ("fuse", fuse::fuse),
    // Constants that have become operands.
    ("dead", dead::eliminate),
];

/// The pass of a name.
#[cfg(test)]
pub(super) fn named(name: &str) -> Option<Pass> {
    PASSES.iter().find(|(known, _)| *known == name).map(|(_, pass)| *pass)
}
