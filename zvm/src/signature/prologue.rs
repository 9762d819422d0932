//! The way most requests take through decoding: every parameter given, no option.
//!
//! Whatever is unusual, mistakes too, is left to [`Signature::fill`], which begins anew.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::decode::readable;
use super::{Multiplicity, ParamType, Shape, Signature, read_number};
use crate::Frame;
use crate::registers::{Registers, Value};

/// What of a signature the usual requests need, computed once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prologue {
    /// The types of the parameters that stand for one argument each.
    types: Box<[ParamType]>,
    /// The types of what a group of the list consists of, where that has to be read.
    group: Box<[ParamType]>,
    /// Which requests are usual.
    usual: Usual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usual {
    /// None: there is something to do besides reading parameters.
    Never,
    /// Those with an argument for each parameter, then groups, and no option between them.
    BeforeGroups,
    /// Those with an argument for each parameter and no more.
    Exactly,
    /// All that have a right number of arguments: what follows are groups.
    Groups,
}

impl Prologue {
    /// Of a program with this signature; `plain_entry`: it has one, so that options that are not
    /// given need no registers.
    pub(crate) fn of(signature: &Signature, plain_entry: bool) -> Self {
        let singles = signature.params.iter().filter(|param| !param.multiplicity.is_list());
        let types: Box<[ParamType]> =
            singles.flat_map(|param| &param.items).map(|item| item.ty).collect();
        let before = signature.options_before.map(usize::from);
        let mut group: Box<[ParamType]> = Box::default();
        let usual = match signature.params.last() {
            Some(last) if last.multiplicity.is_variadic() => {
                group = last.items.iter().map(|item| item.ty).collect();
                match before {
                    None => Usual::Groups,
                    Some(before) if plain_entry && before == types.len() => Usual::BeforeGroups,
                    Some(_) => Usual::Never,
                }
            }
            _ if signature.list().is_some() || before.is_some() => Usual::Never,
            _ if signature.groups.is_empty() || plain_entry => Usual::Exactly,
            _ => Usual::Never,
        };
        let optional = |param: &super::Param| {
            matches!(param.multiplicity, Multiplicity::Optional | Multiplicity::Default(_))
        };
        debug_assert!(usual != Usual::Groups || !signature.params.iter().any(optional));
        if group.iter().all(|ty| matches!(ty, ParamType::Key | ParamType::Bytes)) {
            group = Box::default();
        }
        Self { types, group, usual }
    }

    /// Fills the registers of a usual request; false, with registers in any state, where it is
    /// none.
    #[inline]
    pub(crate) fn fill(
        &self,
        signature: &Signature,
        shape: Shape,
        frame: &Frame<'_>,
        hash: &impl Fn(&[u8]) -> u64,
        registers: &mut Registers,
    ) -> bool {
        let argc = frame.args.len();
        if self.usual != Usual::Exactly {
            if !self.has_usual_groups(signature, shape, frame) {
                return false;
            }
        } else if argc != self.types.len() {
            return false;
        }
        let mut first_key_hash = frame.first_key_hash;
        // A register for each argument, as long as there are no others.
        for (ty, register) in self.types.iter().zip(0_u8..) {
            let argument = u32::from(register);
            match ty {
                ParamType::Bytes => registers.set(register, Value::Argument(argument)),
                ParamType::Key if let Some(hash) = first_key_hash.take() => {
                    registers.set(register, Value::Key { argument, hash });
                }
                _ if read(*ty, frame, register, hash, registers) => {}
                _ => return false,
            }
        }
        true
    }

    /// Whether there are as many groups as there may be, no option before them, and all of them
    /// can be read.
    fn has_usual_groups(&self, signature: &Signature, shape: Shape, frame: &Frame<'_>) -> bool {
        let argc = frame.args.len();
        if self.usual == Usual::Never || !shape.accepts(argc) {
            return false;
        }
        if self.usual == Usual::Groups && self.group.is_empty() {
            return true;
        }
        let Some(span) = shape.list_span(argc) else { return false };
        let end = span.start.saturating_add(span.count.saturating_mul(span.stride));
        if self.usual == Usual::BeforeGroups
            && (span.count == 0
                || end != argc
                || signature.option_begins(frame.args, self.types.len()))
        {
            return false;
        }
        (span.start..end)
            .zip(self.group.iter().cycle())
            .all(|(index, ty)| readable(*ty, frame.args.get(index)))
    }
}

/// Fills a register from the argument of its number, which is a number, or a key of which nobody
/// knows the hash; false where it cannot be read. Not in the loop, which needs nothing of this.
#[inline(never)]
fn read(
    ty: ParamType,
    frame: &Frame<'_>,
    register: u8,
    hash: &impl Fn(&[u8]) -> u64,
    registers: &mut Registers,
) -> bool {
    let bytes = frame.args.get(usize::from(register));
    let value = if ty == ParamType::Key {
        Some(Value::Key { argument: u32::from(register), hash: hash(bytes) })
    } else {
        read_number(ty, bytes)
    };
    value.is_some_and(|value| {
        registers.set(register, value);
        true
    })
}
