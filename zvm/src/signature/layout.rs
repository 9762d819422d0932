//! Which argument of a request is what: where the list and the options stand.
//!
//! Mostly that follows from the number of arguments. Where options stand before a parameter, or an
//! argument counts the groups of the list, the arguments are walked once, from left to right.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::decode::Chosen;
use super::{Counted, DecodeError, Item, Multiplicity, Signature, VariadicSpan};
use crate::Args;
use databox::decimal;
use std::ops::Range;

/// Where in a request the options and the list stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The arguments that are options.
    pub(crate) options: Range<usize>,
    pub(crate) list: Option<VariadicSpan>,
}

impl Signature {
    /// Finds options and list among the arguments. Words of options before a parameter are looked
    /// at, since the first one that is none ends them; those at the end are not.
    pub(crate) fn layout(&self, args: Args<'_>) -> Result<Layout, DecodeError> {
        let argc = args.len();
        let before = self.options_before.map(usize::from);
        let mut layout = Layout { options: argc..argc, list: None };
        let mut at = 0_usize;
        for (number, param) in self.params.iter().enumerate() {
            if before == Some(number) {
                let end = self.options_end(args, at)?;
                layout.options = at..end;
                at = end;
            }
            let stride = param.items.len().max(1);
            let left = argc.saturating_sub(at);
            let count = match &param.multiplicity {
                Multiplicity::Variadic | Multiplicity::VariadicOptional => {
                    let behind = self.params.len().saturating_sub(number).saturating_sub(1);
                    let own = left.checked_sub(behind).ok_or(DecodeError::Syntax)?;
                    let count = own.checked_div(stride).unwrap_or(0);
                    let whole = count.saturating_mul(stride) == own;
                    if !whole || (count == 0 && param.multiplicity == Multiplicity::Variadic) {
                        return Err(DecodeError::Syntax);
                    }
                    count
                }
                Multiplicity::Counted(counted) => self.counted(counted, args, stride, left)?,
                Multiplicity::Once if left == 0 => return Err(DecodeError::Syntax),
                _ if left == 0 => 0,
                _ if left < stride => return Err(DecodeError::Syntax),
                _ => 1,
            };
            if param.multiplicity.is_list() {
                layout.list = Some(VariadicSpan { start: at, stride, count });
            }
            at = at.saturating_add(count.saturating_mul(stride));
        }
        if before.is_none() {
            layout.options = at..argc;
        } else if at < argc {
            return Err(DecodeError::Syntax);
        }
        Ok(layout)
    }

    /// How many groups a counted list has, of what is `left`.
    fn counted(
        &self,
        counted: &Counted,
        args: Args<'_>,
        stride: usize,
        left: usize,
    ) -> Result<usize, DecodeError> {
        let by = usize::from(counted.by);
        // Only parameters that stand for one argument each are before it, and perhaps options,
        // which stand behind the number.
        let count = decimal::parse(args.get(by)).ok_or(DecodeError::Param(by, 0))?;
        if count < 1 {
            return Err(DecodeError::NoGroups);
        }
        let fits = |count: usize| count.checked_mul(stride).is_some_and(|own| own <= left);
        usize::try_from(count).ok().filter(|count| fits(*count)).ok_or(DecodeError::TooFewArguments)
    }

    /// The argument behind the options that begin at `index`.
    fn options_end(&self, args: Args<'_>, mut index: usize) -> Result<usize, DecodeError> {
        let mut chosen = Chosen::default();
        while index < args.len() && self.option_begins(args, index) {
            index = self.option_at(args, index, &mut chosen)?.next;
        }
        Ok(index)
    }

    /// Whether the argument at `index` is the first word of an option.
    pub(crate) fn option_begins(&self, args: Args<'_>, index: usize) -> bool {
        let word = args.get(index);
        self.options().any(|option| {
            option.words.first().is_some_and(|first| word.eq_ignore_ascii_case(first.as_bytes()))
        })
    }

    /// The item that the argument at `index` fills; `None` for those that belong to options.
    pub(crate) fn item_in(&self, index: usize, layout: &Layout) -> Option<&Item> {
        let before = self.options_before.map(usize::from);
        let mut at = 0_usize;
        for (number, param) in self.params.iter().enumerate() {
            if before == Some(number) {
                at = layout.options.end;
            }
            let offset = index.checked_sub(at)?;
            let groups = match layout.list {
                Some(list) if param.multiplicity.is_list() => list.count,
                _ => 1,
            };
            let len = groups.saturating_mul(param.items.len());
            if offset < len {
                return param.items.get(offset.checked_rem(param.items.len())?);
            }
            at = at.saturating_add(len);
        }
        None
    }
}
