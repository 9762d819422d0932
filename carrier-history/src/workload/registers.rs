//! Random commands and transactions over ten keys, in short segments that a search explains.
//!
//! Every segment has keys of its own, which do not exist before; then clients act at once; in the
//! end, when all is over, one of them reads every key.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use carrier_compare::Random;

use crate::command::Command;
use crate::draw::{Draw, KEYS, names};
use crate::linear::{Verdict, check};
use crate::operation::Operation;
use crate::session::{Session, SessionError};
use crate::workload::{Finding, Run, Tally, joined};

/// Runs segments until the time is over.
pub(super) fn run(run: &Run) -> Result<Result<Tally, Finding>, SessionError> {
    let mut sessions = run.sessions(run.clients.unwrap_or(CLIENTS))?;
    let mut of_interest = names();
    of_interest.extend(["MULTI", "WATCH", "FLUSHALL"]);
    sessions[0].load()?;
    let known = sessions[0].known(&of_interest)?;
    let mut tally = Tally::default();
    for segment in 0.. {
        if run.is_over() {
            break;
        }
        if segment % SEGMENTS_BEFORE_FLUSH == 0 && known.contains("FLUSHALL") {
            sessions[0].request(&["FLUSHALL"])?;
        }
        let history = act(run, segment, &mut sessions, &known)?;
        tally.operations += history.len() as u64;
        match check(&history) {
            Verdict::Explained(_) => tally.segments += 1,
            Verdict::Undecided => tally.undecided += 1,
            Verdict::Unexplained(contradiction) => {
                return Ok(Err(Finding::new(Some(segment), &contradiction)));
            }
        }
    }
    Ok(Ok(tally))
}

/// One segment's history.
fn act(
    run: &Run,
    segment: u64,
    sessions: &mut [Session],
    known: &BTreeSet<&'static str>,
) -> Result<Vec<Operation>, SessionError> {
    let start = Barrier::new(sessions.len());
    let parts = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter_mut()
            .enumerate()
            .map(|(number, session)| {
                session.prefix = format!("{segment}:");
                let random = run.random(segment, number);
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    act_alone(session, number, random, known)
                })
            })
            .collect();
        joined(clients)
    })?;
    let mut history: Vec<Operation> = parts.into_iter().flatten().collect();
    for key in KEYS {
        history.push(sessions[0].single(&Command::Get(key))?);
        if known.contains("SMEMBERS") {
            history.push(sessions[0].single(&Command::SMembers(key))?);
        }
        if known.contains("LRANGE") && known.contains("HGETALL") {
            history.push(sessions[0].single(&Command::LRange(key))?);
            history.push(sessions[0].single(&Command::HGetAll(key))?);
        }
    }
    Ok(history)
}

fn act_alone(
    session: &mut Session,
    number: usize,
    random: Random,
    known: &BTreeSet<&'static str>,
) -> Result<Vec<Operation>, SessionError> {
    let mut draw = Draw::new(random, known, format!("{}", (b'a' + number as u8) as char));
    let mut noted = Vec::new();
    for _ in 0..OPERATIONS {
        let (multi, watch) = (known.contains("MULTI"), known.contains("WATCH"));
        match draw.random().below(10) {
            0..=2 if multi => {
                let commands = several(&mut draw);
                noted.push(session.exec(&commands)?);
            }
            3 if watch => {
                let (keys, reads) = draw.reads();
                let commands = several(&mut draw);
                session.watched(&keys, &reads, &commands, &mut noted)?;
            }
            4 => noted.extend(session.pipelined(&several(&mut draw))?),
            _ => noted.push(session.single(&draw.command())?),
        }
    }
    Ok(noted)
}

fn several(draw: &mut Draw) -> Vec<Command> {
    (0..2 + draw.random().below(2)).map(|_| draw.command()).collect()
}

const CLIENTS: usize = 5;

/// Turns of each client in a segment; a turn notes up to three operations. With the last reads,
/// fewer than a search takes.
const OPERATIONS: usize = 6;
const SEGMENTS_BEFORE_FLUSH: u64 = 500;
