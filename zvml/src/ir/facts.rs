//! What is known of the values at a place: constants, and whether an optional value is there.

use super::edges::{Knowledge, knows_nothing};
use super::{ConstantId, Function, Operand, Operation, ValueId};
use zvm::{Opcode, OperandKind, Pattern, Slot};

/// What is known of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// Nothing.
    Unknown,
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    Integer(i64),
    Truth(bool),
    /// A byte string constant.
    Bytes(ConstantId),
}

impl Fact {
    /// What is true where one or the other is.
    fn meet(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Unknown | Self::Absent, _) | (_, Self::Unknown | Self::Absent) => Self::Unknown,
            _ => Self::Present,
        }
    }
}

/// What is known of each value.
#[derive(Debug, Clone)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    /// Before the first operation. With `plain`, before the entry of plain requests: every
    /// parameter is there and no option is.
    pub(super) fn at_entry(function: &Function, plain: bool) -> Self {
        let of = |value: &super::Value| match value.fixed {
            None => Fact::Unknown,
            Some(register) if plain && register >= function.params => {
                if value.ty.optional {
                    Fact::Absent
                } else {
                    Fact::Truth(false)
                }
            }
            Some(_) if plain || !value.ty.optional => Fact::Present,
            Some(_) => Fact::Unknown,
        };
        Self(function.values.iter().map(of).collect())
    }

    pub(super) fn get(&self, value: ValueId) -> Fact {
        self.0.get(value.0 as usize).copied().unwrap_or(Fact::Unknown)
    }

    fn set(&mut self, value: ValueId, fact: Fact) {
        if let Some(place) = self.0.get_mut(value.0 as usize) {
            *place = fact;
        }
    }

    fn integer(&self, operation: &Operation, slot: Slot) -> Option<i64> {
        match self.get(operation.value(slot)?) {
            Fact::Integer(value) => Some(value),
            _ => None,
        }
    }

    fn truth(&self, operation: &Operation, slot: Slot) -> Option<bool> {
        match self.get(operation.value(slot)?) {
            Fact::Truth(value) => Some(value),
            _ => None,
        }
    }

    /// What an operation that only computes brings about; `None` where that is not known.
    pub(super) fn evaluate(&self, function: &Function, operation: &Operation) -> Option<Outcome> {
        let integers =
            || Some((self.integer(operation, Slot::B)?, self.integer(operation, Slot::C)?));
        let checked = |compute: fn(i64, i64) -> Option<i64>| {
            let (left, right) = integers()?;
            Some(compute(left, right).map_or(Outcome::Jumps, |it| Outcome::Is(Fact::Integer(it))))
        };
        let relation = |holds: fn(&i64, &i64) -> bool| {
            let same = operation.value(Slot::B) == operation.value(Slot::C);
            let (left, right) = if same { (0, 0) } else { integers()? };
            Some(Outcome::Is(Fact::Truth(holds(&left, &right))))
        };
        let jumps = |holds: bool| if holds { Outcome::Jumps } else { Outcome::Passes };
        match operation.op {
            Opcode::IntConst | Opcode::IntWide => {
                function.constant_of(operation).map(|it| Outcome::Is(Fact::Integer(it)))
            }
            Opcode::BoolConst => match operation.operands[Slot::B as usize] {
                Operand::Number(number) => Some(Outcome::Is(Fact::Truth(number != 0))),
                _ => None,
            },
            Opcode::BytesConst => match operation.operands[Slot::Imm as usize] {
                Operand::Constant(id) => Some(Outcome::Is(Fact::Bytes(id))),
                _ => None,
            },
            Opcode::Copy => Some(Outcome::Is(self.get(operation.value(Slot::B)?))),
            Opcode::IntAdd => checked(i64::checked_add),
            Opcode::IntSub => checked(i64::checked_sub),
            Opcode::IntMul => checked(i64::checked_mul),
            Opcode::IntDiv => checked(i64::checked_div),
            Opcode::IntEqual => relation(i64::eq),
            Opcode::IntLess => relation(i64::lt),
            Opcode::IntLessEqual => relation(i64::le),
            Opcode::BytesEqual => {
                let bytes = |slot| match self.get(operation.value(slot)?) {
                    Fact::Bytes(ConstantId(id)) => function.constants.get(id as usize),
                    _ => None,
                };
                let equal = bytes(Slot::B)? == bytes(Slot::C)?;
                Some(Outcome::Is(Fact::Truth(equal)))
            }
            Opcode::BoolNot => {
                self.truth(operation, Slot::B).map(|it| Outcome::Is(Fact::Truth(!it)))
            }
            Opcode::BoolToInt => {
                let truth = self.truth(operation, Slot::B)?;
                Some(Outcome::Is(Fact::Integer(i64::from(truth))))
            }
            Opcode::JumpIf => self.truth(operation, Slot::A).map(jumps),
            Opcode::JumpUnless => self.truth(operation, Slot::A).map(|it| jumps(!it)),
            Opcode::JumpAbsent => match self.get(operation.value(Slot::A)?) {
                Fact::Unknown => None,
                fact => Some(jumps(fact == Fact::Absent)),
            },
            _ => None,
        }
    }

    /// What is known behind an operation where it jumps; nothing, where nothing is of use there.
    pub(super) fn at_jump(&self, function: &Function, operation: &Operation) -> Self {
        if operation.target().is_some_and(|target| knows_nothing(function, target)) {
            return Self(Vec::new());
        }
        let mut facts = self.clone();
        match (operation.op, operation.value(Slot::A)) {
            (Opcode::JumpIf, Some(value)) => facts.set(value, Fact::Truth(true)),
            (Opcode::JumpUnless, Some(value)) => facts.set(value, Fact::Truth(false)),
            (Opcode::JumpAbsent, Some(value)) => facts.set(value, Fact::Absent),
            // What an opening writes it writes on both ways; for all others this is cautious.
            _ => function.visit_written(operation, |value| facts.set(value, Fact::Unknown)),
        }
        facts
    }

    /// Goes on to what is known behind an operation where it does not jump.
    pub(super) fn pass(&mut self, function: &Function, operation: &Operation) {
        match (operation.op, operation.value(Slot::A)) {
            (Opcode::JumpIf, Some(value)) => return self.set(value, Fact::Truth(false)),
            (Opcode::JumpUnless, Some(value)) => return self.set(value, Fact::Truth(true)),
            (Opcode::JumpAbsent, Some(value)) => {
                if self.get(value) == Fact::Unknown {
                    self.set(value, Fact::Present);
                }
                return;
            }
            _ => {}
        }
        let maybe = |kind| matches!(kind, OperandKind::Out(Pattern::Maybe(_) | Pattern::Same));
        let fact = match self.evaluate(function, operation) {
            Some(Outcome::Is(fact)) => fact,
            _ if operation.op.info().operands.iter().any(|operand| maybe(operand.kind)) => {
                Fact::Unknown
            }
            _ => Fact::Present,
        };
        function.visit_written(operation, |value| self.set(value, fact));
    }
}

impl Knowledge for Facts {
    fn meet(&mut self, other: &Self) {
        for (one, other) in self.0.iter_mut().zip(&other.0) {
            *one = one.meet(*other);
        }
    }

    fn forget(&mut self, value: ValueId) {
        self.set(value, Fact::Unknown);
    }
}

/// What an operation is known to bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its result is this.
    Is(Fact),
    /// It jumps.
    Jumps,
    /// It does not jump.
    Passes,
}
