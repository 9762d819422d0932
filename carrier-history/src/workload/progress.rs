//! Many clients, few keys, commands over all of them: does everybody get on?
//!
//! Asked by counting: while a client waits for a reply, others get some. If those become very many
//! the client is being passed over; if there are none at all, nothing gets on, and the patience for
//! one reply tells.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::command::{Command, Key};
use crate::draw::{Draw, names};
use crate::session::{Session, SessionError};
use crate::workload::{Finding, Run, Tally};

/// Sends until the time is over.
pub(super) fn run(run: &Run) -> Result<Result<Tally, Finding>, SessionError> {
    let mut sessions = run.sessions(run.clients.unwrap_or(CLIENTS))?;
    sessions[0].request(&["FLUSHALL"])?;
    sessions[0].load()?;
    let known = sessions[0].known(&[names(), vec!["MULTI"]].concat())?;
    let replies = AtomicU64::new(0);
    let parts: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter_mut()
            .enumerate()
            .map(|(number, session)| {
                let draw = Draw::new(run.random(0, number), &known, format!("{number}:"));
                let (known, replies) = (&known, &replies);
                scope.spawn(move || act(run, session, draw, known, replies))
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client panicked")).collect()
    });
    let mut tally = Tally::default();
    for (number, part) in parts.into_iter().enumerate() {
        match part {
            Ok(part) => {
                if part.gap > GAP_MAX || part.operations == 0 {
                    let text = format!(
                        "client {number} got {} replies; while it waited for one, others got {}",
                        part.operations, part.gap
                    );
                    return Ok(Err(Finding::new(None, &text)));
                }
                tally = tally.and(part);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(tally))
}

fn act(
    run: &Run,
    session: &mut Session,
    mut draw: Draw,
    known: &BTreeSet<&'static str>,
    replies: &AtomicU64,
) -> Result<Tally, SessionError> {
    let mut own = Tally::default();
    while !run.is_over() {
        let before = replies.load(Ordering::Relaxed);
        let got = match draw.random().below(4) {
            0 if known.contains("MULTI") => {
                session.exec(&[over_all(&mut draw), draw.command(), over_all(&mut draw)])?;
                1
            }
            1 => {
                let commands: Vec<Command> = (0..8).map(|_| draw.command()).collect();
                session.pipelined(&commands)?.len() as u64
            }
            2 => {
                session.single(&over_all(&mut draw))?;
                1
            }
            _ => {
                session.single(&draw.command())?;
                1
            }
        };
        own.operations += got;
        own.gap = own.gap.max(replies.fetch_add(got, Ordering::Relaxed) - before);
    }
    Ok(own)
}

/// A command over all keys.
fn over_all(draw: &mut Draw) -> Command {
    match draw.random().one_in(2) {
        true => Command::MGet(KEYS.to_vec()),
        false => Command::MSet(KEYS.map(|key| (key, key.to_string())).to_vec()),
    }
}

const CLIENTS: usize = 64;
const KEYS: [Key; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// A thousand rounds of all clients. The scheduler may keep a client's own thread away for long
/// enough for a few of them.
const GAP_MAX: u64 = 64 * 1_000;
