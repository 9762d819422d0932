//! A case on two servers.

use std::thread;

use crate::case::{Case, Phase, Step};
use crate::channel::{Channel, Pair};
use crate::grammar::Grammar;
use crate::mismatch::Mismatch;
use crate::random::Random;
use crate::request::Request;
use crate::state;
use crate::tally::Tally;

/// Empties both servers, runs the case on both, and compares every reply and in the end all that
/// they hold.
///
/// # Errors
///
/// The first mismatch; of connections that run at once, that of the first connection.
pub(crate) fn run(case: &Case, grammar: &Grammar, pair: Pair<'_>) -> Result<Tally, Box<Mismatch>> {
    let mut channels = Vec::with_capacity(case.connections);
    for of in 0..case.connections.max(1) {
        channels.push(Channel::open(pair, of)?);
    }
    channels[0].ask(&[Request::from_line("FLUSHALL")], None)?;
    let mut random = Random::new(case.seed ^ CUTS);
    for (number, phase) in case.phases.iter().enumerate() {
        channels.iter_mut().for_each(|channel| channel.phase = Some(number));
        match phase {
            Phase::Together(pipelines) => {
                let mut cut = || case.is_cut.then(|| Random::new(random.number()));
                let work: Vec<_> = (channels.iter_mut().zip(pipelines))
                    .map(|(channel, steps)| (channel, steps.as_slice(), cut()))
                    .collect();
                together(work)?;
            }
            Phase::InTurn(steps) => {
                for (of, step) in steps {
                    channels[*of].run(std::slice::from_ref(step), None)?;
                }
            }
        }
    }
    let mut tally = Tally { cases: 1, ..Tally::default() };
    channels.iter().for_each(|channel| tally.add(&channel.tally));
    tally.keys = state::compare(grammar, pair)?;
    Ok(tally)
}

type Work<'a, 'b> = (&'a mut Channel<'b>, &'a [Step], Option<Random>);

fn together(mut work: Vec<Work<'_, '_>>) -> Result<(), Box<Mismatch>> {
    work.retain(|(_, steps, _)| !steps.is_empty());
    if let [(channel, steps, cuts)] = work.as_mut_slice() {
        return Ok(channel.run(steps, cuts.take())?);
    }
    let results: Vec<Result<(), Mismatch>> = thread::scope(|scope| {
        let threads: Vec<_> = work
            .into_iter()
            .map(|(channel, steps, cuts)| scope.spawn(move || channel.run(steps, cuts)))
            .collect();
        threads.into_iter().map(|one| one.join().expect("a connection's thread")).collect()
    });
    Ok(results.into_iter().collect::<Result<(), Mismatch>>()?)
}

/// Makes the cuts differ from the requests.
const CUTS: u64 = 0x5eed;
