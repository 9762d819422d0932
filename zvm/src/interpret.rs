//! Running a program: the loop around the dispatch over opcodes.
//!
//! ```text
//!          run                      fuel used up                resume
//!  Frame ------> decode, interpret --------------> State, kept -------> interpret ...
//!                     |                            with the                |
//!                     v                            arguments               v
//!              Replied | Faulted                                    Replied | Faulted
//! ```
//!
//! What takes long goes in units of [`UNIT_ELEMENTS`](crate::UNIT_ELEMENTS) elements: a linear
//! opcode that has more to do is run again with its cursor moved on, and loops count a unit for so
//! many rounds. A unit costs one of [`Frame::fuel`]; between two of them a
//! program can be left and taken up again later.

use crate::generated::dispatch::dispatch;
use crate::registers::{Input, Registers, Saved};
use crate::{
    Args, DecodeError, Fault, Instruction, Item, Key, ReplySink, Session, Signature, Store,
    UNIT_ELEMENTS, VariadicSpan, VerifiedProgram,
};
use std::slice::Iter;

/// A request to run a program for.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The arguments, name not included.
    pub args: Args<'a>,
    /// [`Store::hash`] of the first key, where it is known from routing.
    pub first_key_hash: Option<u64>,
    /// Units that the program may take before it yields; [`UNLIMITED`](Self::UNLIMITED) lets it
    /// run to its end.
    pub fuel: u32,
}

impl<'a> Frame<'a> {
    /// So much fuel that a program never yields.
    pub const UNLIMITED: u32 = u32::MAX;

    /// A request of these arguments that nobody has routed, to be run to its end.
    #[must_use]
    pub const fn new(args: Args<'a>) -> Self {
        Self { args, first_key_hash: None, fuel: Self::UNLIMITED }
    }
}

/// How a run ended. Unless it yielded, exactly one reply was made.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With the program's reply.
    Replied,
    /// With an error.
    Faulted,
    /// Not yet: [`resume`] goes on. The reply is not whole.
    Yielded(Box<State>),
}

/// A program that has yielded: where it stands and what its registers hold.
///
/// It refers to the arguments by number, so whoever keeps it keeps a copy of them.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pc: usize,
    saved: Saved,
    /// The database in use.
    database: u32,
}

/// Runs a program: decodes the arguments, then interprets the code.
///
/// Allocates only where the program copies strings to the scratch space, where it yields, and on
/// errors about arguments. Takes at most as many steps as there are instructions, times one more
/// than the longest loop has rounds (groups of arguments, [`RANGE_MAX`](crate::RANGE_MAX) integers,
/// elements of a container) for each loop that stands in another, and one more for each
/// [unit](crate::UNIT_ELEMENTS) of what linear opcodes go over.
pub fn run(
    program: &VerifiedProgram,
    frame: &Frame<'_>,
    registers: &mut Registers,
    store: &mut impl Store,
    session: &mut impl Session,
    sink: &mut impl ReplySink,
) -> Outcome {
    interpret(program, frame, registers, store, session, sink, None, no_trace)
}

/// [`run`], calling `trace` with the index of each instruction before it runs.
pub fn run_traced(
    program: &VerifiedProgram,
    frame: &Frame<'_>,
    registers: &mut Registers,
    store: &mut impl Store,
    session: &mut impl Session,
    sink: &mut impl ReplySink,
    trace: impl FnMut(usize, Instruction),
) -> Outcome {
    interpret(program, frame, registers, store, session, sink, None, trace)
}

/// Goes on with a program that has yielded, with the same arguments, in any buffer, and with the
/// reply as far as it has come in the sink.
///
/// What the store holds may have changed in between; a program that went over a container sees
/// what the container's cursor promises.
pub fn resume(
    program: &VerifiedProgram,
    frame: &Frame<'_>,
    state: State,
    registers: &mut Registers,
    store: &mut impl Store,
    session: &mut impl Session,
    sink: &mut impl ReplySink,
) -> Outcome {
    store.use_database(state.database.into());
    let state = Some(Box::new(state));
    interpret(program, frame, registers, store, session, sink, state, no_trace)
}

#[inline]
const fn no_trace(_: usize, _: Instruction) {}

/// Decoding, or taking up what was saved, and the loop.
///
/// The loop is one `match` in [`dispatch`]: tables of function pointers and closures measured two
/// to four times as slow on short programs. Handlers that are a few instructions stand in it; all
/// others are functions of their own, as otherwise the loop's position, and all it needs for each
/// step, would live on the stack. The machine is set up here, so that it stands in this frame.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "they fit in registers; a struct of them does not")]
fn interpret<S: Store, N: Session, R: ReplySink>(
    program: &VerifiedProgram,
    frame: &Frame<'_>,
    registers: &mut Registers,
    store: &mut S,
    session: &mut N,
    sink: &mut R,
    saved: Option<Box<State>>,
    mut trace: impl FnMut(usize, Instruction),
) -> Outcome {
    let entry = if let Some(state) = saved {
        registers.restore(state.saved);
        state.pc
    } else {
        registers.begin();
        let usual = program.decode_usual(frame, store, registers);
        match usual.map_or_else(|| program.decode(frame, store, registers), Ok) {
            Ok(entry) => entry,
            Err(error) => return refuse(sink, error, &program.signature, frame.args),
        }
    };
    let input = Input { args: &frame.args, constants: program.constants() };
    let mut vm = Machine {
        input,
        frame,
        program,
        registers,
        store,
        session,
        sink,
        variadic: None,
        rounds: 0,
    };
    let code = program.code.as_slice();
    let from = |pc: usize| code.get(pc..).unwrap_or(&[]).iter();
    let place = |rest: &Iter<'_, Instruction>| code.len() - rest.len() - 1;
    let mut fuel = frame.fuel;
    let mut rest = from(entry);
    // The verifier proves that execution never leaves the code.
    while let Some(instruction) = rest.next() {
        trace(place(&rest), *instruction);
        let target = || instruction.imm.cast_unsigned() as usize;
        let step = dispatch(&mut vm, instruction);
        // Mostly so, and then a comparison spares the table.
        if let Step::Next = step {
            continue;
        }
        let pc = match step {
            Step::Next => continue,
            Step::Jump => {
                rest = from(target());
                continue;
            }
            Step::Stop => return Outcome::Replied,
            Step::Fault(fault) => return fail(vm.sink, fault, vm.input),
            Step::JumpUnit => target(),
            Step::Again => place(&rest),
        };
        rest = from(pc);
        if fuel != Frame::UNLIMITED {
            fuel = fuel.saturating_sub(1);
            if fuel == 0 {
                return leave(vm.registers, vm.store.database(), program, pc);
            }
        }
    }
    debug_assert!(false, "left the code");
    fail(vm.sink, Fault::Internal, vm.input)
}

/// Keeps what a program needs to go on at an instruction.
#[cold]
#[inline(never)]
fn leave(
    registers: &mut Registers,
    database: u32,
    program: &VerifiedProgram,
    pc: usize,
) -> Outcome {
    Outcome::Yielded(Box::new(State { pc, saved: registers.save(program.registers), database }))
}

/// Runs a handler that does not stand in the loop.
#[inline(never)]
pub(crate) fn apart<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    instruction: Instruction,
    handler: impl FnOnce(&mut Machine<'_, S, N, R>, Instruction) -> Step,
) -> Step {
    handler(vm, instruction)
}

/// What a handler works on.
pub(crate) struct Machine<'a, S, N, R> {
    pub(crate) input: Input<'a>,
    frame: &'a Frame<'a>,
    program: &'a VerifiedProgram,
    /// What the loop opcodes read, once they have asked for it.
    variadic: Option<Variadic<'a>>,
    pub(crate) registers: &'a mut Registers,
    pub(crate) store: &'a mut S,
    pub(crate) session: &'a mut N,
    pub(crate) sink: &'a mut R,
    /// Rounds of loops so far, of whichever: loops stand in each other.
    rounds: u64,
}

/// What the loop opcodes read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variadic<'a> {
    pub(crate) span: VariadicSpan,
    pub(crate) items: &'a [Item],
}

/// Where execution goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// At the next instruction.
    Next,
    /// Where the immediate says.
    Jump,
    /// Where the immediate says, having used up a unit.
    JumpUnit,
    /// At the same instruction, having used up a unit.
    Again,
    /// Nowhere: the program has halted.
    Stop,
    /// Nowhere: the program ends with an error.
    Fault(Fault),
}

impl Step {
    /// Jumps where `condition` holds.
    #[inline]
    pub(crate) const fn jump_if(condition: bool) -> Self {
        if condition { Self::Jump } else { Self::Next }
    }
}

impl<'a, S, N, R> Machine<'a, S, N, R> {
    /// Where the groups of the list are; `None` where the program has none.
    #[inline]
    pub(crate) fn variadic(&mut self) -> Option<Variadic<'a>> {
        if self.variadic.is_none() {
            let program = self.program;
            let span = program.list_span(*self.input.args)?;
            let items = &program.signature.list()?.items;
            self.variadic = Some(Variadic { span, items });
        }
        self.variadic
    }

    pub(crate) fn signature(&self) -> &'a Signature {
        let program = self.program;
        &program.signature
    }

    /// The argument at which the options of the request begin.
    pub(crate) fn options_start(&self) -> usize {
        self.program.options_start(*self.input.args)
    }

    /// The hash of the item at `offset` of a group, where it is the request's first key and that
    /// is known.
    #[inline]
    pub(crate) fn known_hash(&self, group: u32, offset: usize) -> Option<u64> {
        let is_first = group == 0 && self.program.shape().first_key_in_group() == Some(offset);
        self.frame.first_key_hash.filter(|_| is_first)
    }

    /// Does something with the key in a register, and remembers where the store found it.
    #[inline]
    pub(crate) fn at_key<T>(
        &mut self,
        register: u8,
        act: impl FnOnce(&mut S, Key<'_>, &mut R) -> T,
    ) -> T
    where
        S: Store,
    {
        let key = self.registers.key(register, self.input);
        let result = act(self.store, key, self.sink);
        self.registers.remember(register, self.store.hint());
        result
    }

    /// Jumps back to the body of a loop for another round.
    #[inline]
    pub(crate) const fn round(&mut self) -> Step {
        self.rounds = self.rounds.wrapping_add(1);
        if self.rounds.is_multiple_of(UNIT_ELEMENTS) { Step::JumpUnit } else { Step::Jump }
    }

    /// Stops with an error.
    #[inline]
    pub(crate) const fn fault(&self, fault: Fault) -> Step {
        Step::Fault(fault)
    }

    /// Goes on, or stops with the error.
    #[inline]
    pub(crate) fn done(&mut self, result: Result<(), Fault>) -> Step {
        result.map_or_else(|fault| self.fault(fault), |()| Step::Next)
    }

    /// Notes that `count` elements were replied.
    #[inline]
    pub(crate) const fn replied(&mut self, count: i64) -> Step {
        self.registers.elements = self.registers.elements.wrapping_add(count);
        Step::Next
    }
}

#[cold]
fn fail(sink: &mut impl ReplySink, fault: Fault, input: Input<'_>) -> Outcome {
    sink.restart();
    sink.error(fault.text(input));
    Outcome::Faulted
}

#[cold]
fn refuse(
    sink: &mut impl ReplySink,
    error: DecodeError,
    signature: &Signature,
    args: Args<'_>,
) -> Outcome {
    sink.error(&error.reply(signature, args));
    Outcome::Faulted
}
