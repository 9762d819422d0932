//! A connection to either server, on which both get the same requests.
//!
//! Every exchange ends with a mark: a PING whose reply cannot be mistaken. So a reply that is
//! missing or one too many is seen at once, without waiting for what does not come.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::case::Step;
use crate::client::Client;
use crate::differences::Differences;
use crate::frame::Frame;
use crate::grammar::{Checks, Repair};
use crate::mismatch::{Mismatch, MismatchKind, Side};
use crate::random::Random;
use crate::request::Request;
use crate::rule::Rule;
use crate::tally::Tally;

/// Where the two servers are, and how they are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// Carrier.
    pub(crate) ours: SocketAddr,
    /// The server it is compared with.
    pub(crate) theirs: SocketAddr,
    /// What may differ.
    pub(crate) differences: &'a Differences,
    /// How long a reply may take.
    pub(crate) patience: Duration,
}

/// Two connections, one to each server.
pub(crate) struct Channel<'a> {
    pair: Pair<'a>,
    ours: Client,
    theirs: Client,
    marks: u64,
    /// The number of the connection.
    of: usize,
    pub(crate) phase: Option<usize>,
    pub(crate) tally: Tally,
    /// Between MULTI and EXEC: what was queued, and how its reply is to be compared; none for a
    /// mark.
    queued: Option<Vec<Option<Queued>>>,
}

type Queued = (Request, Arc<Checks>);

/// The replies of both to some requests, in pairs.
type Replies = Vec<(Vec<u8>, Vec<u8>)>;

impl<'a> Channel<'a> {
    pub(crate) fn open(pair: Pair<'a>, of: usize) -> Result<Self, Mismatch> {
        let fail = |side| {
            move |source| Mismatch {
                phase: None,
                connection: of,
                request: Request::from_line("(connect)"),
                kind: MismatchKind::Broken { side, source },
            }
        };
        let ours = connect(pair.ours, pair.patience).map_err(fail(Side::Ours))?;
        let theirs = connect(pair.theirs, pair.patience).map_err(fail(Side::Theirs))?;
        Ok(Self {
            pair,
            ours,
            theirs,
            marks: 0,
            of,
            phase: None,
            tally: Tally::default(),
            queued: None,
        })
    }

    /// Sends the requests, in pipelines as long as they can be, and compares the replies.
    pub(crate) fn run(&mut self, steps: &[Step], mut cuts: Option<Random>) -> Result<(), Mismatch> {
        let mut rest = steps;
        while let Some(first) = rest.first() {
            if first.checks.rule.is_loop() {
                self.run_loop(first)?;
                rest = &rest[1..];
            } else if first.checks.closes {
                self.run_closing(first)?;
                rest = &rest[1..];
            } else {
                let (now, later) = rest.split_at(self.pipeline_len(rest));
                self.run_pipeline(now, cuts.as_mut())?;
                rest = later;
            }
        }
        Ok(())
    }

    /// Both replies to each request; which must be as many.
    pub(crate) fn ask(
        &mut self,
        requests: &[Request],
        cuts: Option<&mut Random>,
    ) -> Result<Replies, Mismatch> {
        self.marks += 1;
        let mark = format!("-mark-{}-{}-", self.of, self.marks).into_bytes();
        let mut same_cuts = cuts.as_deref().cloned();
        let ours = self.ours.exchange_marked(requests, &mark, cuts);
        let ours = self.counted(Side::Ours, requests, ours)?;
        let theirs = self.theirs.exchange_marked(requests, &mark, same_cuts.as_mut());
        let theirs = self.counted(Side::Theirs, requests, theirs)?;
        Ok(ours.into_iter().zip(theirs).collect())
    }

    pub(crate) fn mismatch(&self, request: Request, kind: MismatchKind) -> Mismatch {
        Mismatch { phase: self.phase, connection: self.of, request, kind }
    }

    /// How many requests can be sent before something is to be done about their replies.
    fn pipeline_len(&self, steps: &[Step]) -> usize {
        for (at, step) in steps.iter().enumerate() {
            if step.checks.rule.is_loop() || step.checks.closes {
                return at;
            }
            let differs = self.pair.differences.may_need_repair(&step.request().words);
            if step.checks.repair.is_some() || differs {
                return at + 1;
            }
        }
        steps.len()
    }

    fn run_pipeline(&mut self, steps: &[Step], cuts: Option<&mut Random>) -> Result<(), Mismatch> {
        let requests: Vec<Request> = steps.iter().map(Step::request).collect();
        let replies = self.ask(&requests, cuts)?;
        for ((step, request), (ours, theirs)) in steps.iter().zip(requests).zip(replies) {
            self.tally.count_reply(&name_of(step), Frame(&theirs).is_error());
            let agree = match is_named(&request, "EXEC") {
                true => self.agree_on_transaction(&ours, &theirs),
                false => step.checks.rule.agrees(&ours, &theirs),
            };
            if !agree && step.checks.rule == Rule::Settles {
                self.settle(&request)?;
                continue;
            }
            let known = self.pair.differences.find(&request.words, &ours, &theirs, agree);
            if known.is_none() && !agree {
                return Err(self.mismatch(request, MismatchKind::Replies { ours, theirs }));
            }
            known.iter().for_each(|(number, _)| self.tally.count_differences(*number, 1));
            self.track(&request, &step.checks, &theirs);
            if theirs == QUEUED {
                continue;
            }
            let repair = known.and_then(|(_, known)| known.repair.as_ref());
            if let Some(repair) = repair.or(step.checks.repair.as_ref()) {
                self.repair(repair, step, &ours, &theirs)?;
            }
        }
        self.queued.iter_mut().for_each(|queued| queued.push(None));
        Ok(())
    }

    /// Whether two replies to EXEC agree: each element as the request that it answers says.
    fn agree_on_transaction(&self, ours: &[u8], theirs: &[u8]) -> bool {
        let (a, b) = (Frame(ours).elements(), Frame(theirs).elements());
        let queued = self.queued.as_deref().unwrap_or_default();
        let is_each = a.len() == queued.len() && b.len() == queued.len();
        let agree = |((ours, theirs), queued): ((&Frame<'_>, &Frame<'_>), &Option<Queued>)| {
            let Some((request, checks)) = queued else { return ours.0 == theirs.0 };
            let agree = checks.rule.agrees(ours.0, theirs.0);
            agree || self.pair.differences.find(&request.words, ours.0, theirs.0, agree).is_some()
        };
        ours == theirs || is_each && a.iter().zip(&b).zip(queued).all(agree)
    }

    /// Follows whether the connection is in a transaction, and what it has queued there.
    fn track(&mut self, request: &Request, checks: &Arc<Checks>, reply: &[u8]) {
        let is_error = Frame(reply).is_error();
        if reply == QUEUED {
            let queued = Some((request.clone(), Arc::clone(checks)));
            self.queued.iter_mut().for_each(|all| all.push(queued.clone()));
        } else if is_named(request, "MULTI") && !is_error {
            self.queued = Some(Vec::new());
        } else if is_named(request, "EXEC") && (!is_error || reply.starts_with(b"-EXECABORT"))
            || (is_named(request, "DISCARD") || is_named(request, "RESET")) && !is_error
        {
            self.queued = None;
        }
    }

    /// Asks again until both answer the same.
    pub(crate) fn settle(&mut self, request: &Request) -> Result<(), Mismatch> {
        let mut replies = (Vec::new(), Vec::new());
        for _ in 0..SETTLING_CALLS_MAX {
            replies = self.ask(std::slice::from_ref(request), None)?.swap_remove(0);
            if replies.0 == replies.1 {
                return Ok(());
            }
        }
        let (ours, theirs) = replies;
        Err(self.mismatch(request.clone(), MismatchKind::Unsettled { ours, theirs }))
    }

    /// Makes both sides equal again.
    fn repair(
        &mut self,
        repair: &Repair,
        step: &Step,
        ours: &[u8],
        theirs: &[u8],
    ) -> Result<(), Mismatch> {
        let mut leaves = Vec::new();
        for reply in [Frame(ours), Frame(theirs)].into_iter().filter(|reply| !reply.is_error()) {
            reply.leaves(&mut leaves);
        }
        match repair.words(step.key(), &leaves) {
            Some(words) => self.ask(&[Request::new(words)], None).map(drop),
            None => Ok(()),
        }
    }

    /// Repeats a request with the cursor that came last, on each side for itself.
    fn run_loop(&mut self, step: &Step) -> Result<(), Mismatch> {
        let (request, group) = (step.request(), step.checks.rule.group());
        let Some(at) = step.cursor() else {
            return self.run_pipeline(std::slice::from_ref(step), None);
        };
        let ours = self.elements_of(Side::Ours, request.clone(), at, group)?;
        let theirs = self.elements_of(Side::Theirs, request.clone(), at, group)?;
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (Err(ours), Err(theirs)) if ours == theirs => {
                // The request and the mark behind it.
                self.queued.iter_mut().for_each(|queued| queued.extend([None, None]));
                self.tally.count_reply(&name_of(step), true);
                return Ok(());
            }
            (ours, theirs) => {
                let whole = |found: Result<_, Vec<u8>>| found.err().unwrap_or_default();
                let kind = MismatchKind::Replies { ours: whole(ours), theirs: whole(theirs) };
                return Err(self.mismatch(request, kind));
            }
        };
        self.tally.count_reply(&name_of(step), false);
        self.compare_found(request, &ours, &theirs)
    }

    pub(crate) fn compare_found(
        &self,
        request: Request,
        ours: &BTreeSet<Vec<u8>>,
        theirs: &BTreeSet<Vec<u8>>,
    ) -> Result<(), Mismatch> {
        if ours == theirs {
            return Ok(());
        }
        let kind = MismatchKind::Found {
            only_ours: ours.difference(theirs).cloned().collect(),
            only_theirs: theirs.difference(ours).cloned().collect(),
        };
        Err(self.mismatch(request, kind))
    }

    /// All elements, each or each pair as its bytes; or the error that was answered.
    pub(crate) fn elements_of(
        &mut self,
        side: Side,
        mut request: Request,
        cursor_at: usize,
        group: usize,
    ) -> Result<Result<BTreeSet<Vec<u8>>, Vec<u8>>, Mismatch> {
        let mut found = BTreeSet::new();
        for _ in 0..LOOP_CALLS_MAX {
            self.marks += 1;
            let mark = format!("-mark-{}-{}-", self.of, self.marks).into_bytes();
            let client = match side {
                Side::Ours => &mut self.ours,
                Side::Theirs => &mut self.theirs,
            };
            let requests = std::slice::from_ref(&request);
            let replies = client.exchange_marked(requests, &mark, None);
            let reply = self.counted(side, requests, replies)?.swap_remove(0);
            let elements = Frame(&reply).elements();
            let [cursor, page] = elements.as_slice() else { return Ok(Err(reply)) };
            let page: Vec<&[u8]> = page.elements().into_iter().map(|one| one.0).collect();
            found.extend(page.chunks(group).map(<[_]>::concat));
            if cursor.text() == b"0" {
                return Ok(Ok(found));
            }
            request.words[cursor_at] = cursor.text().to_vec();
        }
        Err(self.mismatch(request, MismatchKind::Endless { side }))
    }

    /// A request after which the server closes, unless it answers with an error; then there is a
    /// new connection.
    fn run_closing(&mut self, step: &Step) -> Result<(), Mismatch> {
        let request = step.request();
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        let ours = last_reply(&mut self.ours, &bytes)
            .map_err(|source| self.broken(Side::Ours, &request, source))?;
        let theirs = last_reply(&mut self.theirs, &bytes)
            .map_err(|source| self.broken(Side::Theirs, &request, source))?;
        let is_error = Frame(&theirs).is_error();
        self.tally.count_reply(&name_of(step), is_error);
        if !step.checks.rule.agrees(&ours, &theirs) {
            return Err(self.mismatch(request, MismatchKind::Replies { ours, theirs }));
        }
        if !is_error {
            let (phase, tally) = (self.phase, std::mem::take(&mut self.tally));
            *self = Self { phase, tally, ..Self::open(self.pair, self.of)? };
        }
        Ok(())
    }

    fn counted(
        &self,
        side: Side,
        requests: &[Request],
        replies: io::Result<Vec<Vec<u8>>>,
    ) -> Result<Vec<Vec<u8>>, Mismatch> {
        let last = || requests.last().cloned().unwrap_or_else(|| Request::new(Vec::new()));
        let replies = replies.map_err(|source| self.broken(side, &last(), source))?;
        if replies.len() == requests.len() {
            return Ok(replies);
        }
        let kind = MismatchKind::Count { side, replies: replies.len(), requests: requests.len() };
        Err(self.mismatch(last(), kind))
    }

    fn broken(&self, side: Side, request: &Request, source: io::Error) -> Mismatch {
        self.mismatch(request.clone(), MismatchKind::Broken { side, source })
    }
}

fn connect(address: SocketAddr, patience: Duration) -> io::Result<Client> {
    let mut client = Client::try_connect(address)?;
    client.wait_at_most(patience)?;
    Ok(client)
}

/// The reply, after which the connection must be at its end unless it is an error.
fn last_reply(client: &mut Client, bytes: &[u8]) -> io::Result<Vec<u8>> {
    client.write(bytes)?;
    let reply = client.read_frame()?;
    if !Frame(&reply).is_error() && !client.read_to_end()?.is_empty() {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(reply)
}

fn is_named(request: &Request, name: &str) -> bool {
    request.words.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// The command as the tally lists it.
fn name_of(step: &Step) -> String {
    let is_name = |word: &&crate::word::Word| word.role == crate::word::Role::Name;
    let words = step.words.iter().take_while(is_name);
    let words: Vec<String> =
        words.map(|word| String::from_utf8_lossy(&word.bytes).to_ascii_uppercase()).collect();
    words.join(" ")
}

/// What is said to a request that waits for EXEC.
const QUEUED: &[u8] = b"+QUEUED\r\n";
const LOOP_CALLS_MAX: usize = 10_000;
/// A quarter of a second and more; a server needs a tenth of that to sweep what has expired.
const SETTLING_CALLS_MAX: usize = 3_000;
