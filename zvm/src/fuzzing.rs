//! What the fuzz targets check; also called with random input by this crate's own tests.

use crate::operand::{Flow, OperandKind, Over, RANGE_MAX, Slot, UNIT_ELEMENTS};
use crate::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use crate::{
    Access, Again, Constant, Counted, Frame, Instruction, Item, Multiplicity, Opcode, OptionGroup,
    OptionSpec, Outcome, Param, ParamType, Program, ProgramBuilder, Registers, RunWhere, Store,
    VerifiedProgram, assemble, disassemble, resume, run, run_traced, verify,
};

/// Any bytes are a program, or are refused; a program that verifies ends within its bound and
/// replies exactly once.
///
/// Bytes are taken as an encoded program and as a recipe for one that verifies.
///
/// # Panics
///
/// A check fails.
pub fn check_bytes(data: &[u8]) {
    if let Ok(program) = Program::from_bytes(data) {
        assert_eq!(program.to_bytes(), data, "a program has one encoding");
        let _ = disassemble(&program);
        if let Ok(program) = verify(program) {
            run_all(&program);
        }
    }
    for program in grown(data) {
        run_all(&program);
    }
}

/// A verified program survives being encoded and decoded, and disassembled and assembled; any
/// text is a program or is refused.
///
/// # Panics
///
/// A check fails.
pub fn check_roundtrip(data: &[u8]) {
    for program in grown(data) {
        assert_eq!(Program::from_bytes(&program.to_bytes()).as_ref(), Ok(&*program));
        assert_text(&program);
    }
    if let Some(program) = Program::from_bytes(data).ok().and_then(|p| verify(p).ok()) {
        assert_text(&program);
    }
    let text = String::from_utf8_lossy(data);
    if let Some(program) = assemble(&text).ok().and_then(|p| verify(p).ok()) {
        assert_text(&program);
    }
}

/// Constants may be numbered anew, so texts are compared.
fn assert_text(program: &Program) {
    let text = disassemble(program);
    match assemble(&text) {
        Ok(again) => assert_eq!(disassemble(&again), text),
        Err(error) => panic!("{error} in\n{text}"),
    }
}

fn run_all(program: &VerifiedProgram) {
    let mut registers = Registers::new();
    let long = long_request(program);
    let requests = REQUESTS.iter().map(|args| args.to_vec()).chain([long]);
    for args in requests {
        let args = OwnedArgs::new(&args);
        let (mut store, mut session) = (some_store(), FakeSession::new());
        let mut sink = RecordingSink::new();
        // Linear opcodes go over what there is, in units of which none is empty but the last.
        let units_max = MEMBERS + 2;
        let rounds_max = rounds_max(program, args.args().len());
        if rounds_max > ROUNDS_MAX {
            continue;
        }
        let steps_max = program.code.len() * rounds_max * units_max;
        let mut steps = 0;
        let frame = args.frame();
        let count = |_, _| {
            steps += 1;
            assert!(steps <= steps_max, "runs on\n{}", disassemble(program));
        };
        run_traced(program, &frame, &mut registers, &mut store, &mut session, &mut sink, count);
        let Ok(reply) = sink.reply() else {
            panic!("{:?} from\n{}", sink.reply(), disassemble(program));
        };
        for fuel in [1, 3] {
            let sliced = run_sliced(program, &args, fuel, &mut registers);
            assert_eq!(sliced.reply, reply, "in slices of {fuel}\n{}", disassemble(program));
            assert_eq!(sliced.store, store.dump());
            if sliced.slices == 1 {
                break;
            }
        }
    }
}

/// How often an instruction can be come by, in loops within loops, with so many arguments.
fn rounds_max(program: &VerifiedProgram, args: usize) -> usize {
    let (mut around, mut most) = (vec![1_usize], 1);
    for instruction in &program.code {
        let info = instruction.op.info();
        let rounds = match info.over {
            Over::Args | Over::Options => args + 1,
            Over::Range => RANGE_MAX as usize + 1,
            Over::Elements => MEMBERS + 2,
        };
        match info.flow {
            Flow::LoopOpen => {
                let outer = around.last().copied().unwrap_or(1);
                around.push(outer.saturating_mul(rounds));
                most = most.max(outer.saturating_mul(rounds));
            }
            Flow::LoopClose | Flow::LoopEnd => _ = around.pop(),
            _ => {}
        }
    }
    most
}

/// What a run in slices came to.
struct Sliced {
    reply: String,
    store: String,
    slices: usize,
}

/// Runs a program in slices, with its arguments in another buffer and with other registers each
/// time.
fn run_sliced(
    program: &VerifiedProgram,
    args: &OwnedArgs,
    fuel: u32,
    registers: &mut Registers,
) -> Sliced {
    let (mut store, mut session) = (some_store(), FakeSession::new());
    let mut slices = 1;
    let mut sink = RecordingSink::new();
    let frame = Frame { fuel, ..args.frame() };
    let mut outcome = run(program, &frame, registers, &mut store, &mut session, &mut sink);
    while let Outcome::Yielded(state) = outcome {
        slices += 1;
        let moved = args.clone();
        let frame = Frame { fuel, ..moved.frame() };
        *registers = Registers::new();
        outcome = resume(program, &frame, *state, registers, &mut store, &mut session, &mut sink);
    }
    let reply = sink.reply().unwrap_or_else(|complaint| panic!("{complaint}")).to_owned();
    Sliced { reply, store: store.dump(), slices }
}

/// A request with so many groups that a loop over them takes several units.
fn long_request(program: &VerifiedProgram) -> Vec<&'static str> {
    let groups = program.signature.list().map_or(0, |_| 3 * UNIT_ELEMENTS as usize + 1);
    (0..groups).flat_map(|group| [REQUESTS[6][2 * (group % 3)], "v"]).collect()
}

fn some_store() -> MapStore {
    let mut store = MapStore::new();
    store.now_ms = 1000;
    for (key, value) in [(b"k", &b"5"[..]), (b"t", b"text")] {
        let key = store.key(key);
        let written = store.set_string(key, crate::Text::Bytes(value), crate::Expiry::At(2000));
        debug_assert!(written.is_ok());
    }
    for member in 0..MEMBERS {
        let added = store.set_add(store.key(b"s"), member.to_string().as_bytes());
        debug_assert!(added.is_ok());
    }
    store
}

/// Grows a program of each side of the machine by every eight bytes that leave it valid: mostly an
/// instruction.
fn grown(data: &[u8]) -> Vec<VerifiedProgram> {
    let sides = [RunWhere::Keys, RunWhere::Each, RunWhere::One, RunWhere::Connection];
    sides.into_iter().filter_map(|run_where| grow(data, run_where)).collect()
}

fn grow(data: &[u8], run_where: RunWhere) -> Option<VerifiedProgram> {
    let mut program = base(run_where)?;
    let mut grown = closed(&program)?;
    for chunk in data.chunks_exact(9).take(INSTRUCTIONS_MAX) {
        let Ok(bytes) = <[u8; 9]>::try_from(chunk) else { continue };
        if bytes[8] >= ENTRY {
            let before = program.plain_entry;
            program.plain_entry = u32::try_from(program.code.len()).ok();
            match closed(&program) {
                Some(valid) => grown = valid,
                None => program.plain_entry = before,
            }
            continue;
        }
        program.code.push(candidate(bytes, program.code.len()));
        match closed(&program) {
            Some(valid) => grown = valid,
            None => _ = program.code.pop(),
        }
    }
    Some(grown)
}

/// The program with an end behind it to which its open jumps go: `halt` where that is valid.
fn closed(program: &Program) -> Option<VerifiedProgram> {
    let end = i32::try_from(program.code.len()).ok()?;
    let with = |op| {
        let mut closed = program.clone();
        for instruction in &mut closed.code {
            let [.., imm] = instruction.op.info().operands;
            if matches!(imm.kind, OperandKind::Jump(_)) && instruction.imm == OPEN_JUMP {
                instruction.imm = end;
            }
        }
        closed.code.push(Instruction::new(op, 0, 0, 0, 0));
        verify(closed).ok()
    };
    with(Opcode::Halt).or_else(|| with(Opcode::Fault))
}

/// An instruction whose operands are likely to be in range.
fn candidate(bytes: [u8; 9], len: usize) -> Instruction {
    let [low, high, operands @ .., jump, _, _, _] = bytes;
    let op = Opcode::ALL[usize::from(u16::from_le_bytes([low, high])) % Opcode::ALL.len()];
    let closes = matches!(op.info().flow, Flow::LoopClose | Flow::LoopEnd);
    let fit = |slot: Slot, value: u8| match op.info().operands[slot as usize].kind {
        OperandKind::Unused => 0,
        OperandKind::In(_) | OperandKind::Out(_) | OperandKind::Change(_) => value % REGISTERS,
        OperandKind::Small => value,
        OperandKind::Choice(set) => value % u8::try_from(set.names().len()).unwrap_or(1),
        OperandKind::Constant(crate::ConstantKind::Bytes) => value % 2,
        OperandKind::Constant(crate::ConstantKind::Int) => 2,
        OperandKind::Number | OperandKind::Jump(_) => value % 8,
    };
    let [a, b, c] = operands;
    let mut imm = i32::from(fit(Slot::Imm, jump));
    if matches!(op.info().operands[Slot::Imm as usize].kind, OperandKind::Jump(_)) {
        let len = i32::try_from(len).unwrap_or(i32::MAX);
        imm = if closes { len.saturating_sub(imm) } else { OPEN_JUMP };
    }
    Instruction::new(op, fit(Slot::A, a), fit(Slot::B, b), fit(Slot::C, c), imm)
}

fn base(run_where: RunWhere) -> Option<Program> {
    let mut builder = ProgramBuilder::new("FUZZ");
    builder.run_where(run_where).access(Access::READ.union(Access::WRITE));
    let mut signature = crate::Signature::default();
    let items = vec![Item::new("key", ParamType::Key), Item::new("value", ParamType::Bytes)];
    let operands = vec![Item::new("n", ParamType::Integer)];
    let option =
        OptionSpec { name: "n".into(), words: vec!["N".into()], operands, counted_by: None };
    let again = if run_where == RunWhere::One { Again::Last } else { Again::Each };
    let group = OptionGroup { options: vec![option], again };
    match run_where {
        RunWhere::Keys => signature.params.push(Param::grouped(items, Multiplicity::Variadic)),
        RunWhere::Each => {
            signature.params.push(Param::new("count", ParamType::Integer, Multiplicity::Once));
            let counted = Multiplicity::Counted(Counted::default());
            signature.params.push(Param::grouped(items, counted));
            signature.groups.push(group);
        }
        _ => {
            signature.params.push(Param::new("key", ParamType::Key, Multiplicity::Once));
            signature.groups.push(group);
        }
    }
    builder.signature(signature).use_registers(u16::from(REGISTERS));
    let mut program = builder.finish().ok()?;
    program.constants = vec![
        Constant::Bytes(b"ERR end"[..].into()),
        Constant::Bytes(b"k"[..].into()),
        Constant::Integer(i64::MAX),
    ];
    Some(program)
}

/// Requests to run programs with; most programs take some of them.
const REQUESTS: [&[&str]; 9] = [
    &[],
    &["k"],
    &["s", "N"],
    &["k", "n", "5"],
    &["s", "5"],
    &["t", "N", "x"],
    &["k", "1", "s", "2", "t", "3"],
    &["2", "k", "1", "s", "2", "n", "5"],
    &["1", "n", "1"],
];

/// Members of the set that there is: several units of them.
const MEMBERS: usize = 150;

/// Rounds of loops within loops that are waited for.
const ROUNDS_MAX: usize = 200_000;

/// Registers of a grown program.
const REGISTERS: u8 = 8;

/// Candidates looked at for a grown program.
const INSTRUCTIONS_MAX: usize = 64;

/// From here on, the last of eight bytes lets plain requests begin where the program has come to.
const ENTRY: u8 = 0xf0;

/// The immediate of a jump to the end, until that is known.
const OPEN_JUMP: i32 = -1;

#[cfg(test)]
mod tests {
    use super::{check_bytes, check_roundtrip, grown};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn bytes_are_programs_or_refused(data: Vec<u8>) {
            check_bytes(&data);
        }

        #[test]
        fn recipes_grow_programs_that_behave(
            data in proptest::collection::vec(any::<u8>(), 256..512),
        ) {
            check_bytes(&data);
            check_roundtrip(&data);
        }

        #[test]
        fn damaged_programs_are_refused_or_behave(
            recipe in proptest::collection::vec(any::<u8>(), 128..256),
            at: prop::sample::Index,
            byte: u8,
        ) {
            for program in grown(&recipe) {
                let mut data = program.to_bytes();
                let at = at.index(data.len());
                data[at] = byte;
                check_bytes(&data);
                check_roundtrip(&data);
            }
        }

        #[test]
        fn texts_are_programs_or_refused(text in "(program \"x\"\n)?([a-z_]{1,9}( r?[0-9])*\n)*") {
            check_roundtrip(text.as_bytes());
        }
    }
}
