//! Programs in slices keep their keys meanwhile, and disturb nobody else.

use super::programs::ProgramTurn;
use super::*;
use crate::catalog::Library;
use crate::dialect::Dialect;
use crate::request::{ConnectionKey, ReplyTo, Source};
use kvstore::{Policy, ShardConfig};

#[test]
fn a_sliced_write_keeps_its_key() {
    let mut machine = Machine::with_set(b"s", 5_000);
    let others: Vec<String> = (0..5_000).map(|number| format!("other{number}")).collect();
    let mut words: Vec<&[u8]> = vec![b"SADD", b"s"];
    words.extend(others.iter().map(String::as_bytes));
    assert!(machine.send(&words).is_none(), "it takes more than a slice");
    assert!(machine.worker.is_unfinished());
    // What others read or write elsewhere goes on.
    assert_eq!(machine.run(&[b"SADD", b"t", b"x"]), b":1\r\n");
    // What concerns its key waits.
    assert!(machine.send(&[b"SADD", b"s", b"new"]).is_none());
    assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.send(&[b"SCARD", b"s"]).is_none());
    assert!(machine.send(&[b"DEL", b"s", b"u"]).is_none());
    assert!(machine.send(&[b"SET", b"u", b"1"]).is_none(), "it would overtake DEL");
    let mut late = machine.finish();
    late.sort_unstable();
    // SMEMBERS goes on with what there was, whatever comes behind it.
    assert_eq!(members(&late[0]), (10_001, 10_001));
    let others = [&b"+OK\r\n"[..], b":1\r\n", b":1\r\n", b":10001\r\n", b":5000\r\n"];
    assert_eq!(late[1..], others);
    assert_eq!(machine.run(&[b"EXISTS", b"u", b"s"]), b":1\r\n");
}

#[test]
fn nobody_waits_for_a_sliced_reader() {
    for (number, kind) in [(5_000, "m"), (1_250, ""), (5_000, "")] {
        let mut machine = Machine::with_set(b"t", 1);
        for at in 0..number {
            machine.run(&[b"SADD", b"s", format!("{kind}{at}").as_bytes()]);
        }
        // The other set's only member is m0.
        let union = number + usize::from(kind.is_empty());
        assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none(), "it takes more than a slice");
        assert!(machine.send(&[b"SUNION", b"s", b"t"]).is_none());
        let full = format!(":{number}\r\n").into_bytes();
        assert_eq!(machine.run(&[b"SCARD", b"s"]), full);
        assert_eq!(machine.run(&[b"SADD", b"s", b"new"]), b":1\r\n");
        assert_eq!(machine.run(&[b"SREM", b"s", b"7", b"m7"]), b":1\r\n");
        assert_eq!(machine.run(&[b"SISMEMBER", b"s", b"new"]), b":1\r\n");
        assert_eq!(machine.run(&[b"DEL", b"s"]), b":1\r\n");
        let late = machine.finish();
        assert_eq!(late.len(), 2);
        assert!(late.iter().any(|reply| members(reply) == (number, number)));
        assert!(late.iter().any(|reply| members(reply) == (union, union)), "SUNION");
    }
}

#[test]
fn a_flush_waits_and_is_waited_for() {
    let mut machine = Machine::with_set(b"s", 5_000);
    assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.send(&[b"FLUSHALL"]).is_none());
    assert!(machine.send(&[b"SET", b"other", b"1"]).is_none());
    assert!(machine.send(&[b"DBSIZE"]).is_none());
    let late = machine.finish();
    assert_eq!(members(&late[0]), (5_000, 5_000));
    assert_eq!(late[1], b"+OK\r\n");
    assert_eq!(machine.run(&[b"DBSIZE"]), b":1\r\n");
}

#[test]
fn a_write_of_many_arguments_is_seen_whole() {
    let mut machine = Machine::with_set(b"t", 1);
    let members: Vec<String> = (0..5_000).map(|number| format!("m{number}")).collect();
    let mut words: Vec<&[u8]> = vec![b"SADD", b"s"];
    words.extend(members.iter().map(String::as_bytes));
    assert!(machine.send(&words).is_none(), "it takes more than a slice");
    assert!(machine.send(&[b"SCARD", b"s"]).is_none());
    assert_eq!(machine.finish(), [b":5000\r\n", b":5000\r\n"]);
    let mut words: Vec<&[u8]> = vec![b"DEL", b"s"];
    words.extend(members.iter().map(String::as_bytes));
    assert!(machine.send(&words).is_none());
    assert!(machine.send(&[b"EXISTS", b"m4999", b"s"]).is_none());
    assert_eq!(machine.finish(), [b":1\r\n", b":0\r\n"]);
}

#[test]
fn a_scan_goes_on_whatever_is_written() {
    let mut machine = Machine::with_set(b"s", 1);
    for number in 0..5_000 {
        machine.run(&[b"SET", format!("k{number}").as_bytes(), b"v"]);
    }
    assert!(machine.send(&[b"SCAN", b"0", b"COUNT", b"1000000"]).is_none());
    machine.run(&[b"DEL", b"k1", b"k2"]);
    assert!(machine.worker.is_unfinished());
    let mut slices = 1;
    while machine.worker.is_unfinished() {
        machine.worker.resume(usize::MAX, || true);
        slices += 1;
    }
    assert!(slices > 3, "{slices} slices");
    let reply = String::from_utf8_lossy(&machine.finish()[0]).into_owned();
    let keys = reply.matches("\r\nk").count();
    assert!(reply.starts_with("*2\r\n$1\r\n0\r\n*"), "{}", &reply[..20]);
    assert!((4_998..=5_000).contains(&keys), "{keys} keys");
}

#[test]
fn a_connection_goes_on_behind_its_scan() {
    const OWN: u32 = 7_000;
    let mut machine = Machine::with_set(b"s", 1);
    let names: Vec<String> = (0..5_000).map(|number| format!("k{number}")).collect();
    names.iter().for_each(|key| drop(machine.run(&[b"SET", key.as_bytes(), b"v"])));
    assert!(machine.send_on(OWN, &[b"SCAN", b"0", b"COUNT", b"1000000"]).is_none());
    let mut words: Vec<&[u8]> = vec![b"DEL"];
    words.extend(names.iter().map(String::as_bytes));
    assert!(machine.send_on(OWN, &words).is_none());
    assert!(machine.send_on(OWN, &[b"DBSIZE"]).is_none());
    // Others are not held up, and wait for what the keys wait for.
    assert_eq!(machine.run(&[b"DBSIZE"]), b":5001\r\n");
    assert!(machine.send(&[b"GET", b"k0"]).is_none());
    let late = machine.finish();
    let scanned = String::from_utf8_lossy(&late[0]).matches("\r\nk").count();
    assert_eq!((scanned, late.len()), (5_000, 4));
    assert_eq!(late[1], b":5000\r\n");
    assert!(late.contains(&b":1\r\n".to_vec()), "DBSIZE sees what DEL has left");
}

#[test]
fn nobody_works_for_a_client_that_is_gone() {
    let mut machine = Machine::with_set(b"s", 5_000);
    let members: Vec<String> = (0..5_000).map(|number| format!("n{number}")).collect();
    let mut words: Vec<&[u8]> = vec![b"SADD", b"t"];
    words.extend(members.iter().map(String::as_bytes));
    assert!(machine.send_on(7_001, &[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.send_on(7_002, &words).is_none());
    assert!(machine.send(&[b"SCARD", b"s"]).is_none());
    for index in [7_001, 7_002] {
        machine.worker.cancel(Some(1), ConnectionKey { index, generation: 1 });
        assert_eq!(machine.worker.late.len(), 0, "that is a connection of another thread");
    }
    for index in [7_001, 7_002] {
        machine.worker.cancel(None, ConnectionKey { index, generation: 1 });
    }
    let at_once: Vec<_> = machine.worker.late_replies().map(|late| late.reply).collect();
    assert_eq!(at_once, [&b""[..], b":5000\r\n"], "its key is free");
    assert_eq!(machine.finish(), [b":5000\r\n"], "what writes has come to its end");
}

#[test]
fn a_reply_may_become_too_large() {
    let mut machine = Machine::with_set(b"s", 5_000);
    assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.send(&[b"SCARD", b"s"]).is_none());
    while machine.worker.is_unfinished() {
        machine.worker.resume(20_000, || true);
    }
    let late = machine.finish();
    assert!(late[0].starts_with(b"-ERR the reply is larger"), "{} bytes", late[0].len());
    assert_eq!(late[1], b":5000\r\n");
}

#[test]
fn programs_take_turns() {
    let mut machine = Machine::with_set(b"s", 20_000);
    machine.fill(b"t", 3_000);
    assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.send(&[b"SMEMBERS", b"t"]).is_none());
    let ended: Vec<usize> = machine.finish().iter().map(|reply| members(reply).0).collect();
    assert_eq!(ended, [3_000, 20_000], "the shorter one does not wait for the longer one");
}

#[test]
fn a_key_that_expires_is_kept_until_it_is_read() {
    let mut machine = Machine::with_set(b"s", 5_000);
    assert_eq!(machine.run(&[b"EXPIRE", b"s", b"1"]), b":1\r\n");
    assert!(machine.send(&[b"SMEMBERS", b"s"]).is_none());
    machine.now_ms += 10_000;
    let budget = Budget::new(None, Policy::Refuse, 1);
    machine.worker.maintain(machine.now_ms, &budget);
    assert!(machine.send(&[b"EXISTS", b"s", b"s"]).is_none());
    let late = machine.finish();
    assert_eq!(members(&late[0]), (5_000, 5_000));
    assert_eq!(late[1], b":0\r\n");
}

#[test]
fn any_number_waits() {
    let mut machine = Machine::with_set(b"s", 2_000);
    for number in 0..100 {
        machine.fill(format!("s{number}").as_bytes(), 2_000);
        assert!(machine.send(&[b"SMEMBERS", format!("s{number}").as_bytes()]).is_none());
    }
    let late = machine.finish();
    assert_eq!(late.len(), 100);
    assert!(late.iter().all(|reply| members(reply) == (2_000, 2_000)));
}

/// The header of a set's reply, and how many members follow.
fn members(reply: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(reply);
    let (header, rest) = text.split_once("\r\n").expect("a header");
    (header[1..].parse().expect("a number"), rest.matches('$').count())
}

/// A worker without connections.
struct Machine {
    worker: Worker,
    catalog: Arc<Catalog>,
    now_ms: u64,
    /// How many requests were sent, each of a connection of its own.
    sent: u32,
}

impl Machine {
    fn with_set(key: &[u8], len: usize) -> Self {
        let hash_key = Arc::new(HashKey::new([1, 2]));
        let shard = Shard::new(ShardConfig::new(Arc::clone(&hash_key))).expect("address space");
        let place = ShardPlace { index: 0, count: 1, string_len_max: 1 << 29 };
        let worker =
            Worker::new(place, shard, Prefaulter::start(0).unwrap(), hash_key, Clock::start());
        let library = Library::built_in().expect("the built-in commands compile");
        let catalog = Arc::clone(library.catalog());
        let mut machine = Self { worker, catalog, now_ms: 1_000, sent: 0 };
        machine.fill(key, len);
        machine
    }

    fn fill(&mut self, key: &[u8], len: usize) {
        for number in 0..len {
            self.run(&[b"SADD", key, format!("m{number}").as_bytes()]);
        }
    }

    /// The reply of a request that has one at once.
    fn run(&mut self, words: &[&[u8]]) -> Vec<u8> {
        self.send(words).expect("a reply at once")
    }

    /// The reply of a request, if it has one at once.
    fn send(&mut self, words: &[&[u8]]) -> Option<Vec<u8>> {
        self.sent += 1;
        self.send_on(self.sent, words)
    }

    /// The same on a connection of this number.
    fn send_on(&mut self, index: u32, words: &[&[u8]]) -> Option<Vec<u8>> {
        let mut bytes = Requests::default();
        let ranges = bytes.copy_args(words[1..].iter().copied());
        let command = self.catalog.find_by_name(words[0]).expect("a command");
        let hash = words.get(1).map_or(0, |key| self.worker.shard.hash(key));
        let connection = ConnectionKey { index, generation: 1 };
        let request = Request {
            reply_to: ReplyTo { connection, sequence: 7, part: None },
            command: command.id(),
            namespace: 0,
            dialect: Dialect::Resp(drp_parser::Version::Resp2),
            quiet: false,
            hash,
            args: 0..words.len() - 1,
            source: Source::Batch,
        };
        let args = bytes.args(ranges, Source::Batch, &[]);
        let turn = ProgramTurn::of(&request, command, args, self.now_ms);
        if self.worker.queue(&request, &turn, None, &self.catalog) {
            return None;
        }
        let mut out = Vec::new();
        if command.is_sliced(args.len()) {
            let catalog = &self.catalog;
            return self.worker.run_sliced(&request, &turn, None, catalog, &mut out).map(|_| out);
        }
        self.worker.run(&turn, &mut out);
        Some(out)
    }

    /// Goes on until nothing waits, and tells the replies that came late, in order.
    fn finish(&mut self) -> Vec<Vec<u8>> {
        while self.worker.is_unfinished() {
            self.worker.resume(usize::MAX, || true);
        }
        assert!(self.worker.intents.is_empty());
        self.worker.late_replies().map(|late| late.reply).collect()
    }
}
