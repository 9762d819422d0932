//! Rules of the declaration.

use super::VerifyError;
use crate::signature::GROUPS_MAX;
use crate::{
    Again, Constant, DefaultValue, Item, Multiplicity, Param, ParamType, Program, RunWhere,
    Signature,
};

/// Checks sizes, name and signature.
pub(super) fn check(program: &Program) -> Result<(), VerifyError> {
    let constant_bytes = program.constants.iter().map(|constant| match constant {
        Constant::Bytes(bytes) => bytes.len(),
        Constant::Integer(_) => size_of::<i64>(),
    });
    if program.code.len() > CODE_LEN_MAX
        || program.constants.len() > CONSTANTS_MAX
        || constant_bytes.sum::<usize>() > CONSTANT_BYTES_MAX
    {
        return Err(VerifyError::Size);
    }
    if program.code.is_empty() {
        return Err(VerifyError::End);
    }
    first_broken_rule(program).map_or(Ok(()), |rule| Err(VerifyError::Signature(rule)))
}

fn first_broken_rule(program: &Program) -> Option<&'static str> {
    let signature = &program.signature;
    let rules = [
        (name_is_plain(&program.name), "the name is one or two words of printable characters"),
        (shape_is_sound(signature), "at most one parameter is a list, and one value is no group"),
        (optional_stand_last(signature), "optional parameters stand last, none beside a list"),
        (options_are_sound(signature), "options are distinct, upper case and not too many"),
        (options_are_placed(signature), "options stand last, or before a parameter they end at"),
        (repeated_are_sound(signature), "a counted operand is a number for each of a list"),
        (counter_is_sound(signature), "a list is counted by an integer that stands before it"),
        (conflicts_are_sound(signature), "conflicts are between options"),
        (defaults_fit(program), "a default value is of its parameter's type"),
        (registers_suffice(program), "the parameters have registers"),
        (can_be_routed(program), "a program that runs where its keys are has a key, or one cursor"),
    ];
    rules.into_iter().find_map(|(holds, rule)| (!holds).then_some(rule))
}

fn name_is_plain(name: &str) -> bool {
    let words = name.split(' ');
    name.len() <= NAME_LEN_MAX
        && words.clone().count() <= 2
        && words
            .into_iter()
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic()))
}

fn shape_is_sound(signature: &Signature) -> bool {
    signature.params.len() <= PARAMS_MAX
        && signature.params.iter().filter(|param| param.multiplicity.is_list()).count() <= 1
        && signature.params.iter().all(|param| {
            let single =
                matches!(param.multiplicity, Multiplicity::Once | Multiplicity::Default(_));
            let groups = if single { 1..=1 } else { 1..=STRIDE_MAX };
            groups.contains(&param.items.len())
        })
}

fn optional_stand_last(signature: &Signature) -> bool {
    let may_lack = |param: &&Param| {
        matches!(param.multiplicity, Multiplicity::Optional | Multiplicity::Default(_))
    };
    let lacking = signature.params.iter().filter(may_lack).count();
    let last = signature.params.iter().rev().take_while(may_lack).count();
    lacking == last && (lacking == 0 || signature.list().is_none())
}

/// Where options stand last, the arguments before them are counted; where they stand before a
/// parameter, none before them may be missing.
fn options_are_placed(signature: &Signature) -> bool {
    let list = signature.params.iter().position(|param| param.multiplicity.is_list());
    match signature.options_before.map(usize::from) {
        None => {
            let variadic = list.and_then(|list| signature.params.get(list));
            signature.groups.is_empty()
                || variadic.is_none_or(|list| !list.multiplicity.is_variadic())
        }
        Some(before) => {
            !signature.groups.is_empty()
                && before < signature.params.len()
                && list.is_none_or(|list| before <= list)
                && signature
                    .params
                    .iter()
                    .take(before)
                    .all(|p| p.multiplicity == Multiplicity::Once)
        }
    }
}

fn counter_is_sound(signature: &Signature) -> bool {
    signature.params.iter().enumerate().all(|(number, list)| {
        let Multiplicity::Counted(counted) = &list.multiplicity else { return true };
        usize::from(counted.by) < number && is_counter(signature, counted.by)
    })
}

/// Whether a parameter is an integer that stands for one argument, at a place of its own.
fn is_counter(signature: &Signature, by: u8) -> bool {
    let by = usize::from(by);
    let before = signature.options_before.map_or(usize::MAX, usize::from);
    let list = signature.params.iter().position(|param| param.multiplicity.is_list());
    let counter = signature.params.get(by);
    by < before
        && list.is_none_or(|list| by < list)
        && counter.is_some_and(|counter| {
            counter.multiplicity == Multiplicity::Once
                && counter.items.iter().all(|item| item.ty == ParamType::Integer)
        })
}

/// A counted operand is the only one of its option, and a number: its values are read by a loop
/// over the list that the same parameter counts.
fn repeated_are_sound(signature: &Signature) -> bool {
    signature.groups.iter().all(|group| {
        group.options.iter().all(|option| {
            let Some(by) = option.counted_by else { return true };
            let is_float = |item: &Item| item.ty == ParamType::Float;
            group.again != Again::Each
                && matches!(option.operands.as_slice(), [item] if is_float(item))
                && is_counter(signature, by)
        })
    })
}

fn conflicts_are_sound(signature: &Signature) -> bool {
    let options = signature.options().count();
    signature.conflicts.len() <= CONFLICTS_MAX
        && signature.conflicts.iter().flat_map(|conflict| &conflict.sides).all(|side| {
            !side.is_empty() && side.iter().all(|number| usize::from(*number) < options.min(128))
        })
}

fn options_are_sound(signature: &Signature) -> bool {
    let words_are_plain = signature.options().all(|option| {
        !option.words.is_empty()
            && option.operands.len() <= STRIDE_MAX
            && option.words.iter().all(|word| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_lowercase())
            })
    });
    let distinct = signature.options().enumerate().all(|(index, option)| {
        signature.options().take(index).all(|other| other.words != option.words)
    });
    words_are_plain
        && distinct
        && signature.groups.len() <= GROUPS_MAX
        && signature.groups.iter().all(|group| !group.options.is_empty())
}

fn defaults_fit(program: &Program) -> bool {
    program.signature.params.iter().all(|param| {
        let (Multiplicity::Default(value), Some(item)) = (&param.multiplicity, param.items.first())
        else {
            return true;
        };
        match (item.ty, value) {
            (ParamType::Integer, DefaultValue::Integer(_)) => true,
            (ParamType::Cursor, DefaultValue::Integer(value)) => *value >= 0,
            (ParamType::Flags, DefaultValue::Integer(value)) => u32::try_from(*value).is_ok(),
            (ParamType::Bytes, DefaultValue::Constant(index)) => {
                let constant = program.constants.get(usize::from(*index));
                matches!(constant, Some(Constant::Bytes(_)))
            }
            _ => false,
        }
    })
}

/// The iterator over registers ends at 256 of them, so items are counted here.
fn registers_suffice(program: &Program) -> bool {
    let signature = &program.signature;
    let params = signature.param_registers();
    let groups = signature.groups.iter().filter(|group| group.again != Again::Each);
    let options = groups.flat_map(|group| &group.options);
    let options = options.map(|option| option.register_count()).sum::<usize>();
    params + options <= usize::from(program.registers)
}

fn can_be_routed(program: &Program) -> bool {
    let by_key = matches!(program.run_where, RunWhere::One | RunWhere::Keys | RunWhere::Each);
    let by_cursor = program.run_where == RunWhere::One;
    let always_there = |param: &Param| {
        let routes =
            |item: &Item| item.ty == ParamType::Key || (by_cursor && item.ty == ParamType::Cursor);
        let lists =
            param.multiplicity.is_list() && param.multiplicity != Multiplicity::VariadicOptional;
        (lists || param.multiplicity == Multiplicity::Once) && param.items.iter().any(routes)
    };
    !by_key || program.signature.params.iter().any(always_there)
}

/// Instructions of a program.
const CODE_LEN_MAX: usize = 4096;

/// Constants of a program.
const CONSTANTS_MAX: usize = 4096;

/// Bytes of all its constants.
const CONSTANT_BYTES_MAX: usize = 256 * 1024;

/// Bytes of its name.
const NAME_LEN_MAX: usize = 128;

/// Positional parameters.
const PARAMS_MAX: usize = 64;

/// Items of a group, operands of an option.
const STRIDE_MAX: usize = 16;

/// Conflicts between options.
const CONFLICTS_MAX: usize = 16;
