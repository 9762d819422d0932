//! Everything that both servers hold: so a write that is lost is found even if nobody reads it.

use crate::channel::{Channel, Pair};
use crate::frame::Frame;
use crate::grammar::{Grammar, Reader};
use crate::mismatch::{Mismatch, MismatchKind, Side};
use crate::request::Request;
use crate::rule::Rule;

/// Compares the keys of every database, and of each key the type and what the grammar's readers for
/// that type say. The number of keys.
pub(crate) fn compare(grammar: &Grammar, pair: Pair<'_>) -> Result<u64, Mismatch> {
    let mut channel = Channel::open(pair, 0)?;
    let mut count = 0;
    for database in 0..DATABASES {
        let select = Request::new(vec![b"SELECT".to_vec(), database.to_string().into_bytes()]);
        let requests = [select, Request::from_line("DBSIZE")];
        let replies = channel.ask(&requests, None)?;
        let is_empty = replies.iter().skip(1).all(|(a, b)| a == b":0\r\n" && b == b":0\r\n");
        if is_empty {
            continue;
        }
        let keys = keys(&mut channel)?;
        count += keys.len() as u64;
        content(&mut channel, grammar, &keys)?;
        channel.settle(&Request::from_line("DBSIZE"))?;
    }
    Ok(count)
}

fn keys(channel: &mut Channel<'_>) -> Result<Vec<Vec<u8>>, Mismatch> {
    let scan = Request::from_line("SCAN 0 COUNT 1000");
    let mut sides = Vec::with_capacity(2);
    for side in [Side::Ours, Side::Theirs] {
        sides.push(channel.elements_of(side, scan.clone(), 1, 1)?);
    }
    match <[_; 2]>::try_from(sides) {
        Ok([Ok(ours), Ok(theirs)]) => {
            channel.compare_found(scan, &ours, &theirs)?;
            Ok(theirs.iter().map(|frame| Frame(frame).text().to_vec()).collect())
        }
        Ok([ours, theirs]) => {
            let (ours, theirs) = (ours.err().unwrap_or_default(), theirs.err().unwrap_or_default());
            Err(channel.mismatch(scan, MismatchKind::Replies { ours, theirs }))
        }
        Err(_) => Ok(Vec::new()),
    }
}

fn content(channel: &mut Channel<'_>, grammar: &Grammar, keys: &[Vec<u8>]) -> Result<(), Mismatch> {
    let types: Vec<(Request, &Rule)> = keys
        .iter()
        .map(|key| (Request::new(vec![b"TYPE".to_vec(), key.clone()]), &Rule::Exact))
        .collect();
    let kinds = check(channel, types)?;
    let mut reads = Vec::new();
    for (key, kind) in keys.iter().zip(kinds) {
        let kind = String::from_utf8_lossy(Frame(&kind).text()).into_owned();
        if !grammar.has_reader(&kind) {
            let request = Request::new(vec![b"TYPE".to_vec(), key.clone()]);
            return Err(channel.mismatch(request, MismatchKind::Unread { kind }));
        }
        for Reader { request, rule, .. } in grammar.readers(&kind) {
            let words = request.words(Some(key), &[]).unwrap_or_default();
            reads.push((Request::new(words), rule));
        }
    }
    check(channel, reads).map(drop)
}

/// Asks and compares; the replies of theirs.
fn check(
    channel: &mut Channel<'_>,
    asked: Vec<(Request, &Rule)>,
) -> Result<Vec<Vec<u8>>, Mismatch> {
    let requests: Vec<Request> = asked.iter().map(|(request, _)| request.clone()).collect();
    let replies = channel.ask(&requests, None)?;
    let mut answers = Vec::with_capacity(replies.len());
    for ((request, rule), (ours, theirs)) in asked.into_iter().zip(replies) {
        if !rule.agrees(&ours, &theirs) {
            return Err(channel.mismatch(request, MismatchKind::Replies { ours, theirs }));
        }
        answers.push(theirs);
    }
    Ok(answers)
}

const DATABASES: usize = 16;
