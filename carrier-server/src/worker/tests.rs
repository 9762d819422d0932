//! Sliced commands keep what they began with, and disturb nobody else.

use super::*;
use crate::catalog::Library;
use crate::request::{ConnectionKey, ReplyTo, Source};
use kvstore::{HashKey, ShardConfig};

#[test]
fn a_sliced_command_sees_its_key_as_it_was() {
    let mut machine = Machine::with_set(b"s", 5_000);
    assert!(machine.slice(&[b"SMEMBERS", b"s"]).is_none(), "it takes more than a slice");
    assert!(machine.worker.is_unfinished());
    // What others read or write elsewhere does not end it.
    assert_eq!(machine.run(&[b"SCARD", b"s"]), b":5000\r\n");
    assert_eq!(machine.run(&[b"SADD", b"t", b"x"]), b":1\r\n");
    assert!(machine.worker.is_unfinished());
    // What writes its key does, first.
    assert_eq!(machine.run(&[b"SADD", b"s", b"new"]), b":1\r\n");
    assert!(!machine.worker.is_unfinished());
    let late: Vec<LateReply> = machine.worker.late_replies().collect();
    let [late] = late.as_slice() else { panic!("{} replies", late.len()) };
    assert_eq!(members(&late.reply), (5_000, 5_000));
    assert_eq!((late.home, late.reply_to.sequence), (None, SEQUENCE));
}

#[test]
fn a_write_that_may_mean_any_key_ends_it() {
    for write in [&[&b"DEL"[..], b"a", b"b"][..], &[b"MSET", b"a", b"1"], &[b"FLUSHALL"]] {
        let mut machine = Machine::with_set(b"s", 5_000);
        assert!(machine.slice(&[b"SMEMBERS", b"s"]).is_none());
        machine.run(write);
        let late: Vec<LateReply> = machine.worker.late_replies().collect();
        assert_eq!(late.len(), 1, "{write:?}");
        assert_eq!(members(&late[0].reply), (5_000, 5_000));
    }
}

#[test]
fn a_scan_goes_on_whatever_is_written() {
    let mut machine = Machine::with_set(b"s", 1);
    for number in 0..5_000 {
        machine.run(&[b"SET", format!("k{number}").as_bytes(), b"v"]);
    }
    assert!(machine.slice(&[b"SCAN", b"0", b"COUNT", b"1000000"]).is_none());
    machine.run(&[b"DEL", b"k1", b"k2"]);
    assert!(machine.worker.is_unfinished());
    let mut slices = 1;
    while machine.worker.is_unfinished() {
        machine.worker.resume(|| true);
        slices += 1;
    }
    assert!(slices > 3, "{slices} slices");
    let late: Vec<LateReply> = machine.worker.late_replies().collect();
    let reply = String::from_utf8_lossy(&late[0].reply).into_owned();
    let keys = reply.matches("\r\nk").count();
    assert!(reply.starts_with("*2\r\n$1\r\n0\r\n*"), "{}", &reply[..20]);
    assert!((4_998..=5_000).contains(&keys), "{keys} keys");
}

#[test]
fn programs_take_turns() {
    let mut machine = Machine::with_set(b"s", 20_000);
    machine.fill(b"t", 3_000);
    assert!(machine.slice(&[b"SMEMBERS", b"s"]).is_none());
    assert!(machine.slice(&[b"SMEMBERS", b"t"]).is_none());
    let mut ended = Vec::new();
    while machine.worker.is_unfinished() {
        machine.worker.resume(|| true);
        ended.extend(machine.worker.late_replies().map(|late| members(&late.reply).0));
    }
    assert_eq!(ended, [3_000, 20_000], "the shorter one does not wait for the longer one");
}

#[test]
fn a_key_that_expires_is_read_in_one_go() {
    let mut machine = Machine::with_set(b"s", 5_000);
    assert_eq!(machine.run(&[b"EXPIRE", b"s", b"100"]), b":1\r\n");
    assert!(machine.slice(&[b"SMEMBERS", b"s"]).is_none());
    assert!(!machine.worker.is_unfinished());
    let late: Vec<LateReply> = machine.worker.late_replies().collect();
    assert_eq!(members(&late[0].reply), (5_000, 5_000));
}

#[test]
fn so_many_wait_and_no_more() {
    let mut machine = Machine::with_set(b"s", 5_000);
    let waiting = (0..100).take_while(|_| machine.slice(&[b"SMEMBERS", b"s"]).is_none()).count();
    assert_eq!(waiting, 64);
    let reply = machine.slice(&[b"SMEMBERS", b"s"]).expect("it runs to its end at once");
    assert_eq!(members(&reply), (5_000, 5_000));
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
}

impl Machine {
    fn with_set(key: &[u8], len: usize) -> Self {
        let hash_key = Arc::new(HashKey::new([1, 2]));
        let shard = Shard::new(ShardConfig::new(hash_key)).expect("address space");
        let worker = Worker::new(ShardPlace { index: 0, count: 1, string_len_max: 1 << 29 }, shard);
        let library = Library::built_in().expect("the built-in commands compile");
        let mut machine = Self { worker, catalog: Arc::clone(library.catalog()) };
        machine.fill(key, len);
        machine
    }

    fn fill(&mut self, key: &[u8], len: usize) {
        for number in 0..len {
            self.run(&[b"SADD", key, format!("m{number}").as_bytes()]);
        }
    }

    /// The reply of a request that is not sliced.
    fn run(&mut self, words: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        self.with_request(words, |worker, turn, _| {
            worker.run(turn.request, turn.command, (turn.args, &[]), turn.now_ms, &mut out);
        });
        out
    }

    /// The reply of a request that is, if one slice is enough for it.
    fn slice(&mut self, words: &[&[u8]]) -> Option<Vec<u8>> {
        self.with_request(words, |worker, turn, catalog| {
            assert!(turn.command.is_sliced());
            worker.run_sliced(turn, catalog)
        })
    }

    fn with_request<T>(
        &mut self,
        words: &[&[u8]],
        run: impl FnOnce(&mut Worker, &SlicedTurn<'_>, &Arc<Catalog>) -> T,
    ) -> T {
        let mut bytes = Requests::default();
        let ranges = bytes.copy_args(words[1..].iter().copied());
        let command = self.catalog.find_by_name(words[0]).expect("a command");
        let hash = words.get(1).map_or(0, |key| self.worker.shard.hash(key));
        let connection = ConnectionKey { index: 0, generation: 1 };
        let request = Request {
            reply_to: ReplyTo { connection, sequence: SEQUENCE, part: None },
            command: command.id(),
            namespace: 0,
            dialect: Dialect::Resp(drp_parser::Version::Resp2),
            quiet: false,
            hash,
            args: 0..words.len() - 1,
            source: Source::Batch,
        };
        let turn = SlicedTurn {
            request: &request,
            command,
            args: bytes.args(ranges, Source::Batch, &[]),
            now_ms: 1_000,
            home: None,
        };
        run(&mut self.worker, &turn, &self.catalog)
    }
}

const SEQUENCE: u64 = 7;
