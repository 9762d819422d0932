//! `carrier-server explain COMMAND --trace REQUEST ...`: the steps that a command takes.

use super::explain::find;
use crate::catalog::{Catalog, Command};
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::shard_store::{ShardPlace, ShardStore};
use crate::sink::Sink;
use drp_parser::Version;
use kvstore::{HashKey, Shard, ShardConfig};
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;
use zvm::{ArgRange, Args, Frame, NoSession, Registers, RunWhere};

/// The steps of `name` in each request that calls it, and the reply of each request; all run one
/// after the other on one shard that is empty at first.
pub(super) fn text(catalog: &Catalog, name: &str, requests: &[String]) -> Result<String, String> {
    let traced = find(catalog, name)?.id();
    let hash_key = Arc::new(HashKey::new([0, 0]));
    let mut shard =
        Shard::new(ShardConfig::new(hash_key)).map_err(|error| format!("--trace: {error}"))?;
    let mut out = String::new();
    for request in requests {
        let ranges = words(request);
        let args = Args::new(request.as_bytes(), &ranges);
        let found = catalog.find_resp(args).map_err(|error| {
            let text = catalog.bind_error(error, args);
            format!("--trace: {}", String::from_utf8_lossy(&text))
        })?;
        if found.command.run_where() == RunWhere::Connection {
            return Err(format!("--trace: expected requests that are about data, not `{request}`"));
        }
        let _ = writeln!(out, "> {request}");
        let own = Args::new(request.as_bytes(), ranges.get(found.words..).unwrap_or(&[]));
        let steps = (found.command.id() == traced).then_some(&mut out);
        let reply = run(found.command, own, &mut shard, steps);
        let _ = writeln!(out, "{}", reply.escape_ascii());
    }
    Ok(out)
}

/// Runs a program, writing its steps where they are wanted; the reply is encoded.
fn run(
    command: &Command,
    args: Args<'_>,
    shard: &mut Shard,
    mut steps: Option<&mut String>,
) -> Vec<u8> {
    let program = command.program();
    let place = ShardPlace { index: 0, count: 1, string_len_max: 1 << 29 };
    let mut store = ShardStore::new(shard, 0, Clock::unix_ms(), place);
    let mut reply = Vec::new();
    let dialect = Cell::new(Dialect::Resp(Version::Resp2));
    let mut sink = Sink::new(&mut reply, &dialect);
    let (mut registers, frame) = (Registers::new(), Frame::new(args));
    let (session, trace) = (&mut NoSession, |at: usize, _| {
        if let Some(out) = steps.as_deref_mut() {
            let _ = writeln!(out, "{at:>6} {}", zvm::disassemble_instruction(program, at));
        }
    });
    zvm::run_traced(program, &frame, &mut registers, &mut store, session, &mut sink, trace);
    reply
}

/// Where the words of a request stand.
fn words(request: &str) -> Vec<ArgRange> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for piece in request.split_inclusive(char::is_whitespace) {
        let len = piece.trim_end().len();
        if let (Ok(start), Ok(len @ 1..)) = (u32::try_from(start), u32::try_from(len)) {
            ranges.push(ArgRange { start, len });
        }
        start += piece.len();
    }
    ranges
}
