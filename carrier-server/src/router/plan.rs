//! Which shard does what in a transaction.

use crate::intents::Marks;
use crate::parser::Turn;
use crate::request::Request;
use crate::transaction::{Action, Part, Plan, Step, StepReply};
use crate::unfinished::OwnedArgs;
use zvm::Args;

/// A command that each shard runs on its own key groups.
pub(super) fn scattered(
    turn: &Turn<'_>,
    request: &Request,
    args: Args<'_>,
    targets: &[(usize, u64)],
    start: usize,
    stride: usize,
) -> Plan {
    let mut plan = Plan::default();
    let mut shards: Vec<usize> = Vec::new();
    let part_of = |&(shard, _): &(usize, u64)| {
        let part = shards.iter().position(|one| *one == shard).unwrap_or_else(|| {
            shards.push(shard);
            shards.len() - 1
        });
        part as u32
    };
    let groups: Box<[u32]> = targets.iter().map(part_of).collect();
    for (part, shard) in (0_u32..).zip(&shards) {
        let own = || groups.iter().zip(targets).enumerate().filter(|(_, (of, _))| **of == part);
        let marks = own().map(|(_, (_, (_, hash)))| (request.namespace, *hash)).collect();
        let fixed = 0..start;
        let of_groups = own().flat_map(|(group, _)| {
            let at = start + group * stride;
            at..at + stride
        });
        let first = own().next().map_or(0, |(_, (_, (_, hash)))| *hash);
        let args = plan.args.extend(fixed.chain(of_groups).map(|index| args.get(index)));
        let script = vec![Action::Run { step: 0, args, hash: first }];
        plan.parts.push(Part::new(turn.mesh.host(*shard), Marks::of(marks), script));
    }
    plan.steps.push(Step { request: request.clone(), reply: StepReply::Groups(groups) });
    plan
}

/// A command that changes every shard as a whole.
pub(super) fn everywhere(turn: &Turn<'_>, request: &Request, args: Args<'_>) -> Plan {
    let mut plan = Plan { args: OwnedArgs::copy_of(args), ..Plan::default() };
    for shard in 0..turn.shared.shards {
        let script = vec![Action::Run { step: 0, args: 0..args.len(), hash: 0 }];
        plan.parts.push(Part::new(turn.mesh.host(shard), Marks::All, script));
    }
    plan.steps.push(Step { request: request.clone(), reply: StepReply::All });
    plan
}
