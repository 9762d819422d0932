//! Running a program: the loop around the dispatch over opcodes.

use crate::generated::dispatch::dispatch;
use crate::registers::{Input, Registers};
use crate::{
    Args, Fault, Instruction, Item, ReplySink, Session, Signature, Store, VariadicSpan,
    VerifiedProgram,
};

/// A request to run a program for.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The arguments, name not included.
    pub args: Args<'a>,
    /// [`Store::hash`] of the first key, where it is known from routing.
    pub first_key_hash: Option<u64>,
}

/// How a run ended. Either way exactly one reply was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With the program's reply.
    Replied,
    /// With an error.
    Faulted,
}

/// Runs a program: decodes the arguments, then interprets the code.
///
/// Allocates only where the program copies strings to the scratch space, and on errors about
/// arguments. Ends within (instructions) x (arguments + 1) steps.
pub fn run(
    program: &VerifiedProgram,
    frame: Frame<'_>,
    registers: &mut Registers,
    store: &mut impl Store,
    session: &mut impl Session,
    sink: &mut impl ReplySink,
) -> Outcome {
    run_traced(program, frame, registers, store, session, sink, |_, _| {})
}

/// [`run`], calling `trace` with the index of each instruction before it runs.
pub fn run_traced(
    program: &VerifiedProgram,
    frame: Frame<'_>,
    registers: &mut Registers,
    store: &mut impl Store,
    session: &mut impl Session,
    sink: &mut impl ReplySink,
    mut trace: impl FnMut(usize, Instruction),
) -> Outcome {
    registers.begin();
    let decoded = program.signature.decode(&frame, |key| store.hash(key), registers);
    if let Err(error) = decoded {
        sink.error(&error.reply(&program.signature, frame.args));
        return Outcome::Faulted;
    }
    let input = Input { args: frame.args, constants: &program.constants };
    let signature = &program.signature;
    let variadic = Variadic::of(signature, frame);
    let mut vm = Machine { input, variadic, registers, store, session, sink };
    let mut pc = 0;
    loop {
        // The verifier proves that execution never leaves the code.
        let Some(&instruction) = program.code.get(pc) else {
            debug_assert!(false, "left the code at {pc}");
            return fail(vm.sink, Fault::Internal, input);
        };
        trace(pc, instruction);
        match dispatch(&mut vm, instruction) {
            Step::Next => pc += 1,
            Step::Jump => pc = usize::try_from(instruction.imm).unwrap_or(usize::MAX),
            Step::Halt => return Outcome::Replied,
            Step::Fault(fault) => return fail(vm.sink, fault, input),
        }
    }
}

/// What a handler works on.
pub(crate) struct Machine<'a, S, N, R> {
    pub(crate) input: Input<'a>,
    pub(crate) variadic: Option<Variadic<'a>>,
    pub(crate) registers: &'a mut Registers,
    pub(crate) store: &'a mut S,
    pub(crate) session: &'a mut N,
    pub(crate) sink: &'a mut R,
}

/// What the loop opcodes read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variadic<'a> {
    pub(crate) span: VariadicSpan,
    pub(crate) items: &'a [Item],
    /// The first key of the request and its hash, where that is known.
    pub(crate) first_key: Option<(usize, u64)>,
}

impl<'a> Variadic<'a> {
    fn of(signature: &'a Signature, frame: Frame<'_>) -> Option<Self> {
        let argc = frame.args.len();
        let span = signature.variadic_span(argc)?;
        let items = &signature.variadic()?.items;
        let first_key = signature.keys(argc).next().zip(frame.first_key_hash);
        Some(Self { span, items, first_key })
    }
}

/// Where execution goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// At the next instruction.
    Next,
    /// Where the immediate says.
    Jump,
    /// Nowhere.
    Halt,
    /// At an error.
    Fault(Fault),
}

impl Step {
    /// Jumps where `condition` holds.
    #[inline]
    pub(crate) const fn jump_if(condition: bool) -> Self {
        if condition { Self::Jump } else { Self::Next }
    }
}

impl<S, N, R> Machine<'_, S, N, R> {
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
