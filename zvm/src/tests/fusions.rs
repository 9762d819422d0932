//! A fused opcode does what the sequence does that the table says it stands for.

use crate::operand::{Flow, OperandKind, Pattern, Slot, Type};
use crate::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use crate::{
    Access, Constant, FUSIONS, Fusion, FusionOperand, Instruction, Item, Multiplicity, Opcode,
    Param, ParamType, Program, ProgramBuilder, Registers, RunWhere, Signature, Store, Text,
    VerifiedProgram, run, verify,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fused_opcodes_do_what_their_sequences_do(
        number in prop_oneof![any::<i64>(), -3..3_i64, Just(i64::MAX), Just(i64::MIN)],
        small: i8,
        words in proptest::collection::vec("[kstx]", 2..5),
        value in "[kst]|-?[0-9]{1,19}",
        full: bool,
    ) {
        for fusion in &FUSIONS {
            let [fused, apart] = [true, false].map(|fused| {
                let program = program(fusion, number, small, fused);
                run_one(&program, &words, &value, full)
            });
            prop_assert_eq!(fused, apart, "{:?} of {} and {}", fusion.op, number, small);
        }
    }
}

/// A program of one fused opcode or its sequence, between what fills the registers that it reads
/// and what replies the registers that it writes. A jump replies where it went.
fn program(fusion: &Fusion, number: i64, small: i8, fused: bool) -> VerifiedProgram {
    let mut builder = ProgramBuilder::new("FUSED");
    builder.run_where(RunWhere::One).access(Access::READ.union(Access::WRITE));
    let mut signature = Signature::default();
    signature.params.push(Param::new("key", ParamType::Key, Multiplicity::Once));
    let items = vec![Item::new("item", ParamType::Bytes)];
    signature.params.push(Param::grouped(items, Multiplicity::VariadicOptional));
    builder.signature(signature).use_registers(u16::from(REGISTERS));
    let (number, text) = (builder.integer(number), builder.bytes(b"text"));
    builder.emit(Opcode::IntWide, NUMBER, 0, 0, number);
    builder.emit(Opcode::IntConst, OUT, 0, 0, 4);
    builder.emit(Opcode::KeyExists, TRUTH, KEY, 0, 0);
    let (body, jumped, end) = (builder.label(), builder.label(), builder.label());
    let info = fusion.op.info();
    let closes = info.flow == Flow::LoopEnd;
    if closes {
        builder.emit_jump(Opcode::ArgsFirst, LOOP, 0, 0, jumped);
        builder.place(body);
        builder.emit(Opcode::SetAdd, TRUTH, KEY, LOOP + 1, 0);
    }
    let mut whole = Instruction::new(fusion.op, 0, 0, 0, 0);
    for (slot, operand) in Slot::ALL.into_iter().zip(info.operands) {
        let value = match operand.kind {
            OperandKind::In(pattern) | OperandKind::Out(pattern) | OperandKind::Change(pattern) => {
                i32::from(register_of(pattern, matches!(operand.kind, OperandKind::Out(_))))
            }
            OperandKind::Small => i32::from(small),
            OperandKind::Constant(_) => text,
            _ => 0,
        };
        whole = whole.with_operand(slot, value).expect("operands are small");
    }
    let jump = if closes { body } else { jumped };
    let mut emit = |one: Instruction| {
        let Instruction { op, a, b, c, imm } = one;
        if matches!(op.info().operands[Slot::Imm as usize].kind, OperandKind::Jump(_)) {
            builder.emit_jump(op, a, b, c, jump);
        } else {
            builder.emit(op, a, b, c, imm);
        }
    };
    if fused {
        emit(whole);
    } else {
        fusion.steps.iter().for_each(|step| emit(step_of(step.op, step.operands, whole)));
    }
    if info.flow != Flow::Halt && !closes {
        if info.emit == crate::Emit::None {
            builder.emit(Opcode::ReplyInteger, OUT, 0, 0, 0);
        }
        builder.emit_jump(Opcode::Jump, 0, 0, 0, end);
    }
    builder.place(jumped);
    builder.emit(Opcode::ReplyInteger, NUMBER, 0, 0, 0);
    builder.place(end);
    builder.emit(Opcode::Halt, 0, 0, 0, 0);
    finish(builder, fusion)
}

fn finish(builder: ProgramBuilder, fusion: &Fusion) -> VerifiedProgram {
    let program: Program = builder.finish().expect("every label is placed");
    debug_assert!(program.constants.iter().any(|one| matches!(one, Constant::Integer(_))));
    let text = crate::disassemble(&program);
    verify(program).unwrap_or_else(|error| panic!("{:?}: {error}\n{text}", fusion.op))
}

/// A step of the sequence, its operands taken from the fused instruction.
fn step_of(op: Opcode, operands: [FusionOperand; 4], whole: Instruction) -> Instruction {
    let mut step = Instruction::new(op, 0, 0, 0, 0);
    for (slot, operand) in Slot::ALL.into_iter().zip(operands) {
        let value = match operand {
            FusionOperand::None => 0,
            FusionOperand::Slot(from) => whole.operand(from),
            FusionOperand::Temporary(number) => i32::from(TEMPORARY + number),
            FusionOperand::Number(number) => number,
        };
        step = step.with_operand(slot, value).expect("operands are small");
    }
    step
}

fn register_of(pattern: Pattern, written: bool) -> u8 {
    match pattern {
        Pattern::Is(Type::Key) => KEY,
        Pattern::Is(Type::Bool) => TRUTH,
        Pattern::Is(Type::Int) if written => OUT,
        Pattern::Is(Type::Int) => NUMBER,
        Pattern::Loop => LOOP,
        _ => panic!("no fused opcode has an operand of {pattern:?} yet: fill a register for it"),
    }
}

/// The reply, and what the store holds afterwards.
fn run_one(
    program: &VerifiedProgram,
    words: &[String],
    value: &str,
    full: bool,
) -> (String, String) {
    let mut store = MapStore::new();
    let key = store.key(b"k");
    store.set_string(key, Text::Bytes(value.as_bytes()), crate::Expiry::At(9)).expect("room");
    store.set_add(store.key(b"s"), b"t").expect("room");
    store.is_full = full;
    let (mut registers, mut session) = (Registers::new(), FakeSession::new());
    let (args, mut sink) = (OwnedArgs::new(words), RecordingSink::new());
    run(program, &args.frame(), &mut registers, &mut store, &mut session, &mut sink);
    (sink.reply().expect("one whole reply").to_owned(), store.dump())
}

const KEY: u8 = 0;
const NUMBER: u8 = 1;
const TRUTH: u8 = 2;
const OUT: u8 = 3;
const LOOP: u8 = 4;
const TEMPORARY: u8 = 8;
const REGISTERS: u8 = 16;
