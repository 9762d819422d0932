//! Fusing: sequences of operations become one.
//!
//! The rules are zvm's: its opcode table says of each fused opcode which sequence it stands for
//! ([`zvm::FUSIONS`]), and nothing here knows any of them. At every place of a block the longest
//! sequence that stands there is replaced. An operand of the sequence is
//!
//! - an operand of the fused opcode: bound where it is met first, and the same from there on;
//! - a number, to be met as it is;
//! - a temporary: a value that nothing outside of the sequence reads.
//!
//! A load of a constant into a temporary need not stand in the sequence: the value has to be that
//! constant wherever it is read. The load is dead code afterwards, if nothing else reads it.

use super::values::Tally;
use super::{Function, Operand, Operation, ValueId};
use zvm::{FUSIONS, Fusion, FusionOperand, FusionStep, Opcode, OperandKind, Slot};

/// Fuses what can be fused. O(code x fusions).
pub(super) fn fuse(function: &mut Function) {
    let firsts = FUSIONS.each_ref().map(first_step);
    let tally = function.tally();
    for index in 0..function.order.len() {
        let id = function.order[index];
        let mut at = 0;
        while let Some(here) = function.block(id).get(at..).filter(|here| !here.is_empty()) {
            let first = here.first().map(|operation| operation.op);
            let rules = FUSIONS.iter().zip(firsts).filter(|(_, begin)| *begin == first);
            let found = rules.filter_map(|(fusion, _)| Match::find(fusion, here, &tally));
            if let Some(found) = found.max_by_key(|found| found.len) {
                function.block_mut(id).splice(at..at + found.len, [found.fused]);
            }
            at += 1;
        }
    }
}

/// A sequence that stands at some place.
struct Match {
    fused: Operation,
    /// How many operations it takes.
    len: usize,
}

impl Match {
    fn find(fusion: &Fusion, here: &[Operation], tally: &Tally) -> Option<Self> {
        let mut binding =
            Binding { fused: Operation::new(fusion.op), temporaries: [None; 2], tally };
        let mut len = 0;
        for step in fusion.steps {
            if let Some((temporary, constant)) = loaded_constant(step) {
                *binding.temporaries.get_mut(temporary)? = Some(Temporary::Constant(constant));
                continue;
            }
            let operation = here.get(len).filter(|operation| operation.op == step.op)?;
            let kinds = step.op.info().operands;
            for ((wanted, operand), info) in step.operands.iter().zip(operation.operands).zip(kinds)
            {
                binding.bind(*wanted, operand, matches!(info.kind, OperandKind::Out(_)))?;
            }
            len += 1;
        }
        binding.is_closed().then_some(Self { fused: binding.fused, len })
    }
}

/// What the operands of a sequence are, as far as they were met.
struct Binding<'t> {
    fused: Operation,
    temporaries: [Option<Temporary>; 2],
    tally: &'t Tally,
}

#[derive(Clone, Copy)]
enum Temporary {
    /// A value that a step writes, and how often steps read it.
    Value(ValueId, u32),
    /// A constant, which becomes that operand of the fused opcode.
    Constant(Slot),
}

impl Binding<'_> {
    /// Meets an operand; `None` where it is another than the sequence wants.
    fn bind(&mut self, wanted: FusionOperand, operand: Operand, written: bool) -> Option<()> {
        match (wanted, operand) {
            (FusionOperand::None, Operand::None) => Some(()),
            (FusionOperand::Number(wanted), Operand::Number(number)) => {
                (wanted == number).then_some(())
            }
            (FusionOperand::Slot(slot), operand) => self.bind_slot(slot, operand),
            (FusionOperand::Temporary(number), Operand::Value(value)) => {
                let place = self.temporaries.get_mut(usize::from(number))?;
                match place {
                    None if written => *place = Some(Temporary::Value(value, 0)),
                    Some(Temporary::Value(known, reads)) if !written && *known == value => {
                        *reads += 1;
                    }
                    Some(Temporary::Constant(slot)) if !written => {
                        let slot = *slot;
                        let constant = self.tally.constants.get(value.0 as usize)?.as_ref()?;
                        let number = Operand::Number(i32::from(i8::try_from(*constant).ok()?));
                        return self.bind_slot(slot, number);
                    }
                    _ => return None,
                }
                Some(())
            }
            _ => None,
        }
    }

    fn bind_slot(&mut self, slot: Slot, operand: Operand) -> Option<()> {
        let place = &mut self.fused.operands[slot as usize];
        if *place == Operand::None {
            *place = operand;
        }
        (*place == operand).then_some(())
    }

    /// Whether nothing outside of the sequence knows of its temporaries.
    fn is_closed(&self) -> bool {
        self.temporaries.iter().flatten().all(|temporary| match temporary {
            Temporary::Constant(_) => true,
            Temporary::Value(value, reads) => {
                let index = value.0 as usize;
                self.tally.writes.get(index) == Some(&1)
                    && self.tally.reads.get(index) == Some(reads)
            }
        })
    }
}

/// The opcode that a sequence begins with, loads of constants not counted.
fn first_step(fusion: &Fusion) -> Option<Opcode> {
    fusion.steps.iter().find(|step| loaded_constant(step).is_none()).map(|step| step.op)
}

/// The temporary into which a step loads a constant that is an operand of the fused opcode.
fn loaded_constant(step: &FusionStep) -> Option<(usize, Slot)> {
    match (step.op, step.operands) {
        (
            Opcode::IntConst,
            [FusionOperand::Temporary(temporary), .., FusionOperand::Slot(constant)],
        ) => Some((usize::from(temporary), constant)),
        _ => None,
    }
}
