//! Running programs on the shard: at once, in slices, or after others that hold the same keys.

use super::execs::DeferredExec;
use super::{LateReply, Worker};
use crate::catalog::{Catalog, Command, Route};
use crate::dialect::Dialect;
use crate::intents::{Mark, Marks, Ticket, of_connection};
use crate::loan::Loan;
use crate::request::{ConnectionKey, Request};
use crate::shard_store::{ShardPlace, ShardStore, Written};
use crate::sink::{Sink, end_items};
use crate::slow_log::{Slow, is_large};
use crate::transaction::{NO_ROOM, Transaction};
use crate::unfinished::{KeptArgs, OwnedArgs, Task, Unfinished};
use kvstore::{Key, Namespace, Policy, Shard};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use zvm::{Args, Frame, NoSession, Outcome, Registers, ReplySink as _, Returns, State};

/// What a program begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProgramTurn<'a> {
    pub(super) command: &'a Command,
    pub(super) args: Args<'a>,
    pub(super) namespace: u32,
    pub(super) dialect: Dialect,
    /// The hash of the first key.
    pub(super) hash: u64,
    pub(super) now_ms: u64,
    /// Whether its reply is not a part of one.
    pub(super) whole: bool,
}

/// What waits for keys that others hold.
#[derive(Debug)]
pub(super) enum Held {
    /// A request.
    Request(Box<Deferred>),
    /// The part of a transaction.
    Part(Arc<Transaction>, usize),
    /// An EXEC of this shard alone.
    Exec(Box<DeferredExec>),
}

/// A request that has not begun.
#[derive(Debug)]
pub(super) struct Deferred {
    request: Request,
    home: Option<usize>,
    catalog: Arc<Catalog>,
    args: OwnedArgs,
    now_ms: u64,
}

impl<'a> ProgramTurn<'a> {
    /// The turn of a request.
    pub(super) const fn of(
        request: &Request,
        command: &'a Command,
        args: Args<'a>,
        now_ms: u64,
    ) -> Self {
        let &Request { namespace, dialect, hash, .. } = request;
        let whole = request.reply_to.part.is_none();
        Self { command, args, namespace, dialect, hash, now_ms, whole }
    }

    /// What it wants of the shard.
    pub(super) fn marks(&self, hash: impl Fn(&[u8]) -> u64) -> Marks {
        if self.command.route() == Route::Everywhere && self.command.writes() {
            return Marks::All;
        }
        let keys = self.command.signature().keys(self.args);
        Marks::of(keys.map(|index| hash(self.args.get(index))).collect())
    }

    /// Adds to a reply what only the protocol knows of.
    fn complete(&self, out: &mut Vec<u8>) {
        let items = self.whole && self.command.returns() == Returns::Items;
        if items && self.dialect == Dialect::Memcached {
            end_items(out);
        }
    }
}

impl Worker {
    /// Whether programs wait for their next slice.
    pub(crate) fn is_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Goes on with the programs that wait, in turn, [`SLICE_UNITS`] units each, until none is
    /// left or `is_over`, which is asked after each. A program that only reads ends where its
    /// reply comes to more than `reply_max` bytes.
    pub(crate) fn resume(&mut self, reply_max: usize, mut is_over: impl FnMut() -> bool) {
        while let Some(mut program) = self.unfinished.pop() {
            self.watch.begin();
            self.go_on(&mut program);
            program.took += self.watch.read();
            if program.state.is_some() {
                self.end_or_keep(program, reply_max);
            } else {
                self.conclude(program);
            }
            self.run_ready();
            if is_over() {
                return;
            }
        }
    }

    /// Lets a program wait for its next slice, if its reply has not become too large.
    fn end_or_keep(&mut self, mut program: Unfinished, reply_max: usize) {
        if program.reply.len() <= reply_max || program.writes() {
            self.unfinished.push(program);
            return;
        }
        program.reply.clear();
        let dialect = Cell::new(program.request.dialect);
        Sink::new(&mut program.reply, &dialect).error(TOO_LARGE);
        self.conclude(program);
    }

    /// The client of a connection of a thread, or of this one, is gone: its programs that only
    /// read end, with a reply that nobody reads. What writes goes on, or half of it would stay.
    pub(crate) fn cancel(&mut self, home: Option<usize>, connection: ConnectionKey) {
        let ended = self.unfinished.take_if(|program| {
            let is_own = matches!(program.task, Task::Request(of) if of == home);
            is_own && program.request.reply_to.connection == connection && !program.writes()
        });
        for program in ended {
            self.conclude(Unfinished { reply: Vec::new(), ..program });
        }
        self.run_ready();
    }

    /// Lets a request wait where others hold its keys, or where one of its connection's that came
    /// before it has not ended; false where there is nothing to wait for.
    #[cold]
    pub(super) fn queue(
        &mut self,
        request: &Request,
        turn: &ProgramTurn<'_>,
        home: Option<usize>,
        catalog: &Arc<Catalog>,
    ) -> bool {
        let connection = of_connection(home, request.reply_to.connection);
        let marks = turn.marks(|key| self.shard.hash(key)).and(connection);
        if !self.intents.is_blocked(&marks) {
            return false;
        }
        let args = OwnedArgs::copy_of(turn.args);
        let (request, catalog, now_ms) = (request.clone(), Arc::clone(catalog), turn.now_ms);
        let deferred = Box::new(Deferred { request, home, catalog, args, now_ms });
        self.pin(&marks);
        let (_, first) = self.intents.enter(marks, Held::Request(deferred));
        debug_assert!(first.is_none(), "it is blocked");
        true
    }

    /// Runs a request's program to its end, the last one of a stretch or not; tells of it if that
    /// took long.
    #[inline]
    pub(super) fn run_timed(
        &mut self,
        turn: &ProgramTurn<'_>,
        is_last: bool,
        out: &mut Vec<u8>,
    ) -> Option<Box<Slow>> {
        let start = out.len();
        self.run(turn, out);
        let took = self.watch.lap(is_large(turn.args, out.len() - start), is_last)?;
        self.slow(took, turn.command, turn.args)
    }

    /// A request that took so long, if that is to be logged.
    #[cold]
    fn slow(&self, took: Duration, command: &Command, args: Args<'_>) -> Option<Box<Slow>> {
        self.watch.is_slow(took).then(|| {
            let args = (0..args.len()).map(|index| args.get(index));
            Box::new(Slow::new(took, &command.name(), args))
        })
    }

    /// Runs a program to its end.
    pub(super) fn run(&mut self, turn: &ProgramTurn<'_>, out: &mut Vec<u8>) {
        let Some(room) = self.room_for(turn) else {
            out.extend_from_slice(NO_ROOM);
            return;
        };
        self.within(room, |worker| worker.begin(turn, Frame::UNLIMITED, out));
        self.shard.give_back(room);
    }

    /// Sets room aside for a write of many keys, which may be refused at one of them where no other
    /// key makes room: then it is refused before the first, and nothing is set aside.
    pub(super) fn room_for(&mut self, turn: &ProgramTurn<'_>) -> Option<u64> {
        let budgeted = self.shard.budget_bytes().is_some();
        if !turn.command.is_growing_many() || !budgeted || self.shard.policy() != Policy::Refuse {
            return Some(0);
        }
        let bytes = (0..turn.args.len()).map(|index| turn.args.get(index).len()).sum();
        let keys = turn.command.signature().keys(turn.args).count();
        self.shard.set_aside(Namespace(turn.namespace), keys, bytes)
    }

    /// Runs something for which so many bytes are set aside, none or enough.
    pub(super) fn within<T>(&mut self, room: u64, run: impl FnOnce(&mut Self) -> T) -> T {
        if room == 0 {
            return run(self);
        }
        let budget = self.shard.budget_bytes();
        self.shard.set_budget(None);
        let result = run(self);
        self.shard.set_budget(budget);
        result
    }

    /// The first slice of a request's program. Where it came to its end, it tells of it if that
    /// took long; `None` where its reply comes later, and what there was of it is no longer in
    /// `out`.
    pub(super) fn run_sliced(
        &mut self,
        request: &Request,
        turn: &ProgramTurn<'_>,
        home: Option<usize>,
        catalog: &Arc<Catalog>,
        out: &mut Vec<u8>,
    ) -> Option<Option<Box<Slow>>> {
        let start = out.len();
        let Some(room) = self.room_for(turn) else {
            out.extend_from_slice(NO_ROOM);
            return Some(None);
        };
        let state = self.within(room, |worker| worker.begin(turn, SLICE_UNITS, out));
        let took = self.watch.read();
        if state.is_none() {
            self.shard.give_back(room);
            return Some(self.slow(took, turn.command, turn.args));
        }
        let connection = of_connection(home, request.reply_to.connection);
        let view = self.view(turn);
        let marks = match &view {
            Some(_) => Marks::of(vec![connection]),
            None => turn.marks(|key| self.shard.hash(key)).and(connection),
        };
        self.pin(&marks);
        self.unfinished.push(Unfinished {
            task: Task::Request(home),
            ticket: Some(self.intents.hold(marks)),
            view,
            room,
            request: request.clone(),
            catalog: Arc::clone(catalog),
            now_ms: turn.now_ms,
            args: KeptArgs::Own(OwnedArgs::copy_of(turn.args)),
            state,
            took,
            reply: out.split_off(start),
            loans: Vec::new(),
        });
        None
    }

    /// Runs a program from its beginning, for so many units; its state where it has yielded.
    pub(super) fn begin(
        &mut self,
        turn: &ProgramTurn<'_>,
        fuel: u32,
        out: &mut Vec<u8>,
    ) -> Option<Box<State>> {
        self.touch(turn.namespace, turn.command);
        let watching = !self.watches.is_empty();
        let written = watching.then_some(&mut self.written);
        let (registers, items) = (&mut self.registers, &mut self.items_replied);
        let loans = turn.whole.then_some(&mut self.loans);
        let machine = Machine { registers, place: self.place, written, items, loans };
        let start = out.len();
        let state = machine.begin(&mut self.shard, turn, fuel, out);
        if state.is_some() && !self.loans.is_empty() {
            Loan::pay(&mut self.loans, out, start);
        }
        if watching {
            self.note_written(turn.now_ms);
        }
        state
    }

    /// One slice.
    fn go_on(&mut self, waiting: &mut Unfinished) {
        self.within(waiting.room, |worker| worker.go_on_within(waiting));
    }

    fn go_on_within(&mut self, waiting: &mut Unfinished) {
        let Some(state) = waiting.state.take() else { return };
        let catalog = Arc::clone(&waiting.catalog);
        let Some(command) = catalog.command(waiting.request.command) else { return };
        let turn = ProgramTurn::of(&waiting.request, command, waiting.args.args(), waiting.now_ms);
        self.touch(turn.namespace, command);
        let watching = !self.watches.is_empty();
        let (shard, written) = match (&mut waiting.task, &mut waiting.view) {
            (Task::Meeting(joint), _) => (&mut joint.table, Some(&mut joint.written)),
            (_, Some(view)) => (&mut **view, None),
            _ => (&mut self.shard, watching.then_some(&mut self.written)),
        };
        let (registers, items) = (&mut self.registers, &mut self.items_replied);
        let machine = Machine { registers, place: self.place, written, items, loans: None };
        waiting.state = machine.resume(shard, &turn, *state, &mut waiting.reply);
        if watching {
            self.note_written(waiting.now_ms);
        }
    }

    /// Tells the watches what a program has changed.
    #[cold]
    fn note_written(&mut self, now_ms: u64) {
        self.written.keys.drain(..).for_each(|mark| self.watches.touch(mark));
        for swapped in self.written.swapped.drain(..) {
            self.watches.swap(swapped, |bytes, hash| {
                let key = Key { bytes, hash };
                swapped.iter().any(|ns| self.shard.get(Namespace(*ns), key, now_ms).is_some())
            });
        }
    }

    /// Hands on the reply of a program that took several turns, and lets go of its keys.
    fn conclude(&mut self, program: Unfinished) {
        let Unfinished { task, ticket, request, catalog, args, took, .. } = program;
        let (mut reply, mut loans) = (program.reply, program.loans);
        if let Some(view) = program.view {
            self.views -= 1;
            self.put_away(*view);
        }
        match task {
            Task::Request(home) => {
                self.shard.give_back(program.room);
                if request.quiet {
                    reply.clear();
                    loans.clear();
                }
                let command = catalog.command(request.command);
                let slow = command.and_then(|command| self.slow(took, command, args.args()));
                let reply_to = request.reply_to;
                self.late.push(LateReply { home, reply_to, reply, loans, slow });
            }
            Task::Part(transaction, part) => {
                self.conclude_action(transaction, part, &reply, took);
            }
            Task::Meeting(joint) => self.conclude_meeting(*joint, reply, took),
        }
        if let Some(ticket) = ticket {
            self.leave(ticket);
        }
    }

    /// Keeps what is held or waited for from making room, until [`leave`](Self::leave).
    pub(super) fn pin(&mut self, marks: &Marks) {
        match marks {
            _ if self.shard.policy() == Policy::Refuse => {}
            Marks::Keys(keys) => keys.iter().for_each(|key| self.shard.pin(*key)),
            Marks::All => self.shard.pin_all(),
        }
    }

    /// Lets go of what a ticket holds.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Self { intents, shard, ready, .. } = self;
        match intents.marks(ticket) {
            _ if shard.policy() == Policy::Refuse => {}
            Some(Marks::Keys(keys)) => keys.iter().for_each(|key| shard.unpin(*key)),
            Some(Marks::All) => shard.unpin_all(),
            None => {}
        }
        intents.leave(ticket, |ticket, held| ready.push_back((ticket, held)));
    }

    /// Gives those their turn who waited for keys that nobody holds before them any more.
    pub(super) fn run_ready(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        self.watch.begin();
        while let Some((ticket, held)) = self.ready.pop_front() {
            match held {
                Held::Part(transaction, part) => self.arrive(transaction, part),
                Held::Exec(deferred) => self.run_deferred_exec(ticket, *deferred),
                Held::Request(deferred) => self.run_deferred(ticket, *deferred),
            }
        }
    }

    /// Runs a request that had to wait; it holds its keys until it has ended.
    fn run_deferred(&mut self, ticket: Ticket, deferred: Deferred) {
        let Deferred { request, home, catalog, args, now_ms } = deferred;
        let (mut reply, mut state, mut view, mut room) = (Vec::new(), None, None, 0);
        if let Some(command) = catalog.command(request.command) {
            let turn = ProgramTurn::of(&request, command, args.args(), now_ms);
            let sliced = command.is_sliced(turn.args.len());
            let fuel = if sliced { SLICE_UNITS } else { Frame::UNLIMITED };
            if let Some(bytes) = self.room_for(&turn) {
                room = bytes;
                state = self.within(room, |worker| worker.begin(&turn, fuel, &mut reply));
            } else {
                reply.extend_from_slice(NO_ROOM);
            }
            view = if state.is_some() { self.view(&turn) } else { None };
        }
        if view.is_some() {
            self.keep_only(ticket, of_connection(home, request.reply_to.connection));
        }
        let (task, ticket, args) = (Task::Request(home), Some(ticket), KeptArgs::Own(args));
        let took = self.watch.read();
        let loans = std::mem::take(&mut self.loans);
        let program = Unfinished {
            task,
            ticket,
            request,
            catalog,
            now_ms,
            args,
            state,
            took,
            reply,
            loans,
            view,
            room,
        };
        if program.state.is_some() {
            self.unfinished.push(program);
        } else {
            self.conclude(program);
        }
    }

    /// Lets go of all that a ticket holds but for one mark.
    fn keep_only(&mut self, ticket: Ticket, kept: Mark) {
        let Self { intents, shard, ready, .. } = self;
        if shard.policy() != Policy::Refuse
            && let Some(Marks::Keys(keys)) = intents.marks(ticket)
        {
            keys.iter().filter(|key| **key != kept).for_each(|key| shard.unpin(*key));
        }
        intents.keep_only(ticket, kept, |ticket, held| ready.push_back((ticket, held)));
    }
}

/// What programs run with, whatever shard they see.
pub(super) struct Machine<'a> {
    pub(super) registers: &'a mut Registers,
    pub(super) place: ShardPlace,
    pub(super) written: Option<&'a mut Written>,
    /// Counts the items that memcached's clients get.
    pub(super) items: &'a mut u64,
    /// Where strings are noted that the reply borrows, if it may.
    pub(super) loans: Option<&'a mut Vec<Loan>>,
}

impl Machine<'_> {
    /// Runs a program from its beginning; its state where it has yielded.
    #[inline]
    pub(super) fn begin(
        self,
        shard: &mut Shard,
        turn: &ProgramTurn<'_>,
        fuel: u32,
        out: &mut Vec<u8>,
    ) -> Option<Box<State>> {
        let store = ShardStore::new(shard, turn.namespace, turn.now_ms, self.place);
        let mut store = store.noting(self.written);
        if let Dialect::Meta { .. } = turn.dialect {
            store = store.telling_uses();
        }
        let dialect = Cell::new(turn.dialect);
        let mut sink = Sink::of_request(out, &dialect, turn.args).lending(self.loans);
        let first_key_hash = turn.command.has_key().then_some(turn.hash);
        let frame = Frame { first_key_hash, fuel, ..Frame::new(turn.args) };
        let program = turn.command.program();
        let (registers, session) = (self.registers, &mut NoSession);
        let outcome = zvm::run(program, &frame, registers, &mut store, session, &mut sink);
        *self.items += sink.items();
        match outcome {
            Outcome::Yielded(state) => Some(state),
            // An error stands alone.
            Outcome::Faulted => None,
            Outcome::Replied => {
                turn.complete(out);
                None
            }
        }
    }

    /// Goes on with one, whose reply so far is all there is in `reply`.
    fn resume(
        self,
        shard: &mut Shard,
        turn: &ProgramTurn<'_>,
        state: State,
        reply: &mut Vec<u8>,
    ) -> Option<Box<State>> {
        let store = ShardStore::new(shard, turn.namespace, turn.now_ms, self.place);
        let mut store = store.noting(self.written);
        let dialect = Cell::new(turn.dialect);
        let mut sink = Sink::resume(reply, &dialect);
        let first_key_hash = turn.command.has_key().then_some(turn.hash);
        let frame = Frame { first_key_hash, fuel: SLICE_UNITS, ..Frame::new(turn.args) };
        let (program, session) = (turn.command.program(), &mut NoSession);
        let registers = self.registers;
        match zvm::resume(program, &frame, state, registers, &mut store, session, &mut sink) {
            Outcome::Yielded(state) => Some(state),
            _ => {
                turn.complete(reply);
                None
            }
        }
    }
}

/// Units of [`zvm::UNIT_ELEMENTS`] that a program takes before others have their turn, and between
/// two looks at the clock.
pub(super) const SLICE_UNITS: u32 = 2;
/// The reply in place of one that is larger than may wait for a client.
const TOO_LARGE: &[u8] = b"ERR the reply is larger than client-output-buffer-limit";
