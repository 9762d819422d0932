//! The way most requests take through decoding: every parameter given, no option.
//!
//! Whatever is unusual, mistakes too, is left to [`Signature::fill`], which begins anew.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::{Multiplicity, ParamType, Shape, Signature, read_number};
use crate::Frame;
use crate::registers::{Registers, Value};

/// What of a signature the usual requests need, computed once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prologue {
    /// The types of the parameters that stand for one argument each.
    types: Box<[ParamType]>,
    /// Which requests are usual.
    usual: Usual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usual {
    /// None: there is something to do besides reading parameters.
    Never,
    /// Those with an argument for each parameter and no more.
    Exactly,
    /// All that have a right number of arguments: what follows are groups that need no reading.
    Groups,
}

impl Prologue {
    /// Of a program with this signature; `plain_entry`: it has one, so that options that are not
    /// given need no registers.
    pub(crate) fn of(signature: &Signature, plain_entry: bool) -> Self {
        let singles = signature.params.iter().filter(|param| !param.multiplicity.is_variadic());
        let types = singles.filter_map(|param| Some(param.items.first()?.ty)).collect();
        let usual = match signature.params.last() {
            Some(last) if last.multiplicity.is_variadic() => {
                let plain = |ty: ParamType| matches!(ty, ParamType::Key | ParamType::Bytes);
                let reads_nothing = last.items.iter().all(|item| plain(item.ty));
                if reads_nothing { Usual::Groups } else { Usual::Never }
            }
            _ if signature.variadic().is_some() => Usual::Never,
            _ if signature.groups.is_empty() || plain_entry => Usual::Exactly,
            _ => Usual::Never,
        };
        let optional = |param: &super::Param| {
            matches!(param.multiplicity, Multiplicity::Optional | Multiplicity::Default(_))
        };
        debug_assert!(usual != Usual::Groups || !signature.params.iter().any(optional));
        Self { types, usual }
    }

    /// Fills the registers of a usual request; false, with registers in any state, where it is
    /// none.
    #[inline]
    pub(crate) fn fill(
        &self,
        shape: Shape,
        frame: &Frame<'_>,
        hash: &impl Fn(&[u8]) -> u64,
        registers: &mut Registers,
    ) -> bool {
        let argc = frame.args.len();
        let usual = match self.usual {
            Usual::Never => false,
            Usual::Exactly => argc == self.types.len(),
            Usual::Groups => shape.accepts(argc),
        };
        if !usual {
            return false;
        }
        let mut first_key_hash = frame.first_key_hash;
        for (ty, argument) in self.types.iter().zip(0_u8..) {
            // A register for each argument, as long as there are no others.
            let (register, index) = (argument, u32::from(argument));
            match ty {
                ParamType::Key => {
                    let known = first_key_hash.take();
                    let bytes = || frame.args.get(usize::from(argument));
                    let hash = known.unwrap_or_else(|| hash(bytes()));
                    registers.set(register, Value::Key { argument: index, hash });
                }
                ParamType::Bytes => registers.set(register, Value::Argument(index)),
                _ => match read_number(*ty, frame.args.get(usize::from(argument))) {
                    Some(value) => registers.set(register, value),
                    None => return false,
                },
            }
        }
        true
    }
}
