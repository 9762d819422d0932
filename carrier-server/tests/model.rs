//! Random pipelines over several connections at once, compared reply by reply with a plain
//! reference: to servers of one, two and three threads, and to a real redis-server.
//!
//! Each connection owns the keys of a prefix, so its replies do not depend on the others. Between
//! two rounds all connections rest, and one of them looks at whole databases. `CARRIER_SEED` sets
//! the seed (a number or `random`), `CARRIER_SCALE` how many times more to test.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::thread;

use support::client::Client;
use support::generate::Generator;
use support::peer::Peer;
use support::random::{Random, scale, seed};
use support::reference::{Reference, Session};
use support::reply::{Expected, ReplyExt as _};
use support::request::{Request, shown};
use support::server::Server;
use support::summary;

#[test]
fn random_pipelines_on_one_thread() {
    check_cases("one thread", || Server::with_threads(1));
}

#[test]
fn random_pipelines_on_two_threads() {
    check_cases("two threads", || Server::with_threads(2));
}

#[test]
fn random_pipelines_on_three_threads() {
    check_cases("three threads", || Server::with_threads(3));
}

#[test]
fn random_pipelines_in_the_staged_layout() {
    check_cases("the staged layout", || Server::with_arguments(&["--layout", "staged"]));
}

#[test]
fn the_reference_agrees_with_redis() {
    let Some(redis) = Peer::redis("the model's reference") else {
        return;
    };
    check_cases("redis-server", move || Remote(redis.address));
}

/// A server that a case runs on.
trait Target {
    fn address(&self) -> SocketAddr;
}

impl Target for Server {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A server that outlives the case.
struct Remote(SocketAddr);

impl Target for Remote {
    fn address(&self) -> SocketAddr {
        self.0
    }
}

/// Everything that is sent to a server that starts empty.
#[derive(Clone)]
struct Case {
    rounds: Vec<Round>,
    seed: u64,
}

/// Pipelines that are sent at once, a connection each; then one that has the server for itself.
#[derive(Clone)]
struct Round {
    pipelines: Vec<Vec<Request>>,
    alone: Vec<Request>,
}

fn check_cases<T: Target>(what: &str, start: impl Fn() -> T) {
    let (seed, mut replies) = (seed(), 0);
    let target = start();
    for number in 0..CASES * scale() {
        let case = Case::generate(seed.wrapping_add(number as u64));
        match case.run(target.address()) {
            Ok(compared) => replies += compared,
            Err(mismatch) => {
                drop(target);
                let (case, mismatch) = shrink(case, mismatch, &start);
                panic!(
                    "{what}, CARRIER_SEED={seed}, case {number}: {mismatch}\n{}",
                    case.listing()
                );
            }
        }
    }
    summary(&format!("model on {what}: {replies} replies compared, CARRIER_SEED={seed}"));
}

impl Case {
    fn generate(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let connections = 3 + random.below(3);
        let generators: Vec<Generator> =
            (0..connections).map(|of| Generator::new(&format!("c{of}:"))).collect();
        let mut list = |generator: &Generator, whole: bool, len_max: usize| {
            let len = random.below(len_max);
            let random = &mut random;
            (0..len)
                .map(|_| match whole {
                    true => generator.whole_database(random),
                    false => generator.request(random),
                })
                .collect()
        };
        let rounds = (0..ROUNDS)
            .map(|_| Round {
                pipelines: generators.iter().map(|one| list(one, false, PIPELINE_MAX)).collect(),
                alone: list(&generators[0], true, ALONE_MAX),
            })
            .collect();
        Self { rounds, seed }
    }

    /// Runs the case; the number of replies that were right, or the first that was wrong.
    fn run(&self, address: SocketAddr) -> Result<usize, String> {
        let connections = self.rounds[0].pipelines.len();
        let mut random = Random::new(self.seed ^ CUTS);
        let mut clients: Vec<Client> = (0..connections).map(|_| Client::connect(address)).collect();
        clients[0].line("FLUSHALL");
        let mut sessions = vec![Session::default(); connections];
        let (mut reference, mut compared) = (Reference::default(), 0);
        for round in &self.rounds {
            let plans: Vec<Vec<(Expected, Session)>> = (round.pipelines.iter().zip(&mut sessions))
                .map(|(pipeline, session)| plan(&mut reference, session, pipeline))
                .collect();
            let cuts: Vec<Random> = clients.iter().map(|_| Random::new(random.next())).collect();
            let results: Vec<Result<usize, String>> = thread::scope(|scope| {
                let threads: Vec<_> = (clients.iter_mut().zip(&round.pipelines).zip(&plans))
                    .zip(cuts)
                    .map(|(((client, pipeline), plan), mut cuts)| {
                        scope.spawn(move || exchange(client, pipeline, plan, &mut cuts))
                    })
                    .collect();
                threads.into_iter().map(|one| one.join().expect("no panic")).collect()
            });
            for (of, result) in results.into_iter().enumerate() {
                compared += result.map_err(|text| format!("connection {of}: {text}"))?;
            }
            let plan = plan(&mut reference, &mut sessions[0], &round.alone);
            compared += exchange(&mut clients[0], &round.alone, &plan, &mut random)?;
            scan(&mut clients[0], &reference, sessions[0].database, &mut random)?;
        }
        Ok(compared)
    }

    fn requests(&mut self) -> Vec<&mut Vec<Request>> {
        self.rounds
            .iter_mut()
            .flat_map(|round| round.pipelines.iter_mut().chain([&mut round.alone]))
            .collect()
    }

    fn listing(&self) -> String {
        let mut text = String::new();
        for (number, round) in self.rounds.iter().enumerate() {
            let parts = (round.pipelines.iter().enumerate())
                .map(|(of, list)| (format!("connection {of}"), list))
                .chain([("connection 0 alone".to_owned(), &round.alone)]);
            for (part, list) in parts.filter(|(_, list)| !list.is_empty()) {
                let _ = writeln!(text, "round {number}, {part}:");
                for request in list {
                    let _ = writeln!(text, " {request:?}");
                }
            }
        }
        text
    }
}

/// What the reference expects of each request, with the connection's state at its reply.
fn plan(
    reference: &mut Reference,
    session: &mut Session,
    requests: &[Request],
) -> Vec<(Expected, Session)> {
    requests
        .iter()
        .map(|request| (reference.run(session, &request.words), session.clone()))
        .collect()
}

fn exchange(
    client: &mut Client,
    requests: &[Request],
    plan: &[(Expected, Session)],
    cuts: &mut Random,
) -> Result<usize, String> {
    let replies = client.exchange(requests, cuts).map_err(|error| error.to_string())?;
    for (at, reply) in replies.iter().enumerate() {
        let (expected, session) = &plan[at];
        if !expected.allows(session.version, reply) {
            let request = &requests[at];
            let expected = expected.describe(session.version);
            return Err(format!("{request:?}\n  expected {expected}\n       got {}", shown(reply)));
        }
    }
    match client.has_surplus() {
        true => Err("more replies than requests".to_owned()),
        false => Ok(replies.len()),
    }
}

/// Scans the database while nobody writes: every key and no other.
fn scan(
    client: &mut Client,
    reference: &Reference,
    database: usize,
    random: &mut Random,
) -> Result<(), String> {
    let count = random.pick(&["1", "3", "10", "1000"]);
    let (filter, expected): (&str, Vec<Vec<u8>>) = match random.below(3) {
        0 => ("", reference.keys(database).map(<[u8]>::to_vec).collect()),
        1 => (" TYPE set", reference.keys_of_kind(database, "set")),
        _ => {
            let with = reference.keys(database).filter(|key| key.starts_with(b"c1:t"));
            (" MATCH c1:t*", with.map(<[u8]>::to_vec).collect())
        }
    };
    let (mut cursor, mut found) = ("0".to_owned(), BTreeSet::new());
    for _ in 0..SCAN_CALLS_MAX {
        let reply = client.line(&format!("SCAN {cursor} COUNT {count}{filter}"));
        let [next, keys] = reply.elements() else {
            return Err(format!("SCAN replied {reply:?}"));
        };
        found.extend(keys.elements().iter().map(|key| key.as_bytes().to_vec()));
        cursor = String::from_utf8_lossy(next.as_bytes()).into_owned();
        if cursor == "0" {
            let expected: BTreeSet<Vec<u8>> = expected.into_iter().collect();
            return match found == expected {
                true => Ok(()),
                false => Err(format!("SCAN{filter} found {found:?}, not {expected:?}")),
            };
        }
    }
    Err(format!("SCAN{filter} COUNT {count} does not come to an end"))
}

/// Leaves out runs of requests, halves first, as long as something is still wrong: on a new server
/// each time, because the failure may have ended or changed the last one.
fn shrink<T: Target>(
    mut case: Case,
    mut mismatch: String,
    start: &impl Fn() -> T,
) -> (Case, String) {
    let mut attempts = 0;
    let mut len = case.requests().iter().map(|list| list.len()).max().unwrap_or(0);
    while len > 0 {
        for at in 0..case.requests().len() {
            let mut from = 0;
            while from < case.requests()[at].len() && attempts < SHRINK_ATTEMPTS_MAX {
                attempts += 1;
                let mut smaller = case.clone();
                let list = &mut smaller.requests()[at];
                let end = list.len().min(from + len);
                list.drain(from..end);
                match smaller.run(start().address()) {
                    Err(text) => (case, mismatch) = (smaller, text),
                    Ok(_) => from += len,
                }
            }
        }
        len /= 2;
    }
    (case, mismatch)
}

const CASES: usize = 40;
const ROUNDS: usize = 3;
const PIPELINE_MAX: usize = 200;
const ALONE_MAX: usize = 40;
const SCAN_CALLS_MAX: usize = 10_000;
const SHRINK_ATTEMPTS_MAX: usize = 300;

/// Makes the cuts differ from the requests.
const CUTS: u64 = 0x5eed;
