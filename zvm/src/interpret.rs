//! Running a program: the loop around the dispatch over opcodes.

use crate::generated::dispatch::dispatch;
use crate::registers::{Input, Registers};
use crate::signature::Shape;
use crate::{
    Args, DecodeError, Fault, Instruction, Item, ReplySink, Session, Signature, Store,
    VariadicSpan, VerifiedProgram,
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
    trace: impl FnMut(usize, Instruction),
) -> Outcome {
    registers.begin();
    let (signature, shape) = (&program.signature, program.shape());
    if let Err(error) = signature.fill(shape, &frame, |key| store.hash(key), registers) {
        return refuse(sink, error, signature, frame.args);
    }
    let input = Input { args: frame.args, constants: &program.constants };
    let variadic = Variadic::of(signature, shape, frame);
    let mut vm = Machine { input, variadic, registers, store, session, sink, fault: None };
    interpret(&program.code, &mut vm, trace);
    match vm.fault {
        None => Outcome::Replied,
        Some(fault) => fail(vm.sink, fault, input),
    }
}

/// The loop. One `match` in [`dispatch`] with the handlers inlined into it: tables of function
/// pointers and closures measured two to four times as slow on short programs.
fn interpret<S: Store, N: Session, R: ReplySink>(
    code: &[Instruction],
    vm: &mut Machine<'_, S, N, R>,
    mut trace: impl FnMut(usize, Instruction),
) {
    let mut pc = 0;
    // The verifier proves that execution never leaves the code.
    while let Some(instruction) = code.get(pc) {
        trace(pc, *instruction);
        match dispatch(vm, instruction) {
            Step::Next => pc += 1,
            Step::Jump => pc = instruction.imm.cast_unsigned() as usize,
            Step::Stop => return,
        }
    }
    debug_assert!(false, "left the code at {pc}");
    vm.fault = Some(Fault::Internal);
}

/// What a handler works on.
pub(crate) struct Machine<'a, S, N, R> {
    pub(crate) input: Input<'a>,
    pub(crate) variadic: Option<Variadic<'a>>,
    pub(crate) registers: &'a mut Registers,
    pub(crate) store: &'a mut S,
    pub(crate) session: &'a mut N,
    pub(crate) sink: &'a mut R,
    /// Why the program stopped, where it did not halt.
    fault: Option<Fault>,
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
    #[inline]
    fn of(signature: &'a Signature, shape: Shape, frame: Frame<'_>) -> Option<Self> {
        let argc = frame.args.len();
        let span = shape.variadic_span(argc)?;
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
    /// Nowhere: the program has halted or faulted.
    Stop,
}

impl Step {
    /// Jumps where `condition` holds.
    #[inline]
    pub(crate) const fn jump_if(condition: bool) -> Self {
        if condition { Self::Jump } else { Self::Next }
    }
}

impl<S, N, R> Machine<'_, S, N, R> {
    /// Stops with an error.
    #[cold]
    pub(crate) const fn fault(&mut self, fault: Fault) -> Step {
        self.fault = Some(fault);
        Step::Stop
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
