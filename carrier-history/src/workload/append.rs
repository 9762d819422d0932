//! Transactions that append to lists and read them, in long histories that a graph explains.
//!
//! Keys are in use one after the other, some at a time, so that lists stay short however long a
//! history is. Some connections are cut, so that it is unknown whether their transaction took
//! effect; some transactions watch what they read and are aborted where it changes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::command::{Command, Key};
use crate::lists::{SEPARATOR, check};
use crate::operation::Operation;
use crate::session::{Session, SessionError};
use crate::workload::{Finding, Run, Tally, joined};
use carrier_compare::Random;

/// Runs histories until the time is over.
pub(super) fn run(run: &Run) -> Result<Result<Tally, Finding>, SessionError> {
    let mut sessions = run.sessions(run.clients.unwrap_or(CLIENTS))?;
    let has_lists = sessions[0].known(&["RPUSH", "LRANGE"])?.len() == 2;
    let mut tally = Tally::default();
    for segment in 0.. {
        if run.is_over() {
            break;
        }
        sessions[0].request(&["FLUSHALL"])?;
        let noted = act(run, segment, &mut sessions, has_lists)?;
        let lost = noted.history.iter().filter(|operation| operation.outcomes.is_none());
        tally.cut += lost.count() as u64;
        tally.operations += noted.history.len() as u64;
        if let Err(anomaly) = check(&noted.history, &noted.aborted) {
            return Ok(Err(Finding::new(Some(segment), &anomaly)));
        }
        tally.segments += 1;
    }
    Ok(Ok(tally))
}

#[derive(Default)]
struct Noted {
    history: Vec<Operation>,
    /// Appends that a watch has prevented.
    aborted: Vec<Command>,
}

/// What all clients of a history share.
struct Stage<'a> {
    run: &'a Run,
    start: Barrier,
    appended: AtomicU32,
    has_lists: bool,
}

/// One history.
fn act(
    run: &Run,
    segment: u64,
    sessions: &mut [Session],
    has_lists: bool,
) -> Result<Noted, SessionError> {
    let start = Barrier::new(sessions.len());
    let stage = Stage { run, start, appended: AtomicU32::new(0), has_lists };
    let parts = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter_mut()
            .enumerate()
            .map(|(number, session)| {
                session.prefix = format!("{segment}:");
                let (stage, random) = (&stage, run.random(segment, number));
                scope.spawn(move || {
                    stage.start.wait();
                    let mut noted = Noted::default();
                    act_alone(stage, session, number, random, &mut noted).map(|()| noted)
                })
            })
            .collect();
        joined(clients)
    })?;
    let mut all = Noted::default();
    for part in parts {
        all.history.extend(part.history);
        all.aborted.extend(part.aborted);
    }
    let keys = stage.appended.load(Ordering::Relaxed) / APPENDS_OF_KEY + KEYS_AT_ONCE;
    for key in 0..keys {
        all.history.push(sessions[0].single(&read(key, has_lists))?);
    }
    Ok(all)
}

fn act_alone(
    stage: &Stage<'_>,
    session: &mut Session,
    number: usize,
    mut random: Random,
    noted: &mut Noted,
) -> Result<(), SessionError> {
    let mut written = 0;
    for _ in 0..OPERATIONS {
        if stage.run.is_over() {
            break;
        }
        let mut draw = || {
            let newest = stage.appended.load(Ordering::Relaxed) / APPENDS_OF_KEY;
            let key = newest + random.below(KEYS_AT_ONCE as usize) as Key;
            if random.one_in(2) {
                return read(key, stage.has_lists);
            }
            written += 1;
            stage.appended.fetch_add(1, Ordering::Relaxed);
            let element = format!("{number}.{written}");
            match key.is_multiple_of(2) && stage.has_lists {
                true => Command::RPush(key, element),
                false => Command::Append(key, format!("{element}{SEPARATOR}")),
            }
        };
        let commands: Vec<Command> = (0..4).map(|_| draw()).collect();
        let commands = &commands[..1 + random.below(4)];
        match random.below(100) {
            0 => noted.history.push(session.lose(commands, &mut random)?),
            1..=10 => {
                let keys: Vec<Key> = commands.iter().filter_map(key_of).collect();
                let reads: Vec<Command> =
                    keys.iter().map(|key| read(*key, stage.has_lists)).collect();
                let through = session.watched(&keys, &reads, commands, &mut noted.history)?;
                if !through {
                    noted.aborted.extend(commands.iter().cloned());
                }
            }
            11..=30 => noted.history.push(session.single(&commands[0])?),
            _ => noted.history.push(session.exec(commands)?),
        }
    }
    Ok(())
}

fn read(key: Key, has_lists: bool) -> Command {
    if key.is_multiple_of(2) && has_lists { Command::LRange(key) } else { Command::Get(key) }
}

fn key_of(command: &Command) -> Option<Key> {
    match command {
        Command::Append(key, _)
        | Command::RPush(key, _)
        | Command::Get(key)
        | Command::LRange(key) => Some(*key),
        _ => None,
    }
}

const CLIENTS: usize = 8;

/// Transactions of each client in a history.
const OPERATIONS: usize = 2_000;
const KEYS_AT_ONCE: u32 = 4;

/// Appends to each key that is in use, about.
const APPENDS_OF_KEY: u32 = 16;
