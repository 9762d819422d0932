//! LZF, in which Redis compresses long strings: literals, and references to what came before.

use alloc::vec::Vec;

/// What `packed` unpacks to, which must be `len` bytes; `None` where it is not.
pub(super) fn unpack(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    // A reference of three bytes stands for at most 264.
    if len / 264 > packed.len() {
        return None;
    }
    let mut out = Vec::with_capacity(len);
    let mut rest = packed;
    while let Some((&control, behind)) = rest.split_first() {
        let control = usize::from(control);
        if control < 32 {
            let (literal, behind) = behind.split_at_checked(control.saturating_add(1))?;
            out.extend_from_slice(literal);
            rest = behind;
        } else {
            let (mut count, mut behind) = (control >> 5, behind);
            if count == 7 {
                let (&more, after) = behind.split_first()?;
                count = count.saturating_add(usize::from(more));
                behind = after;
            }
            let (&low, after) = behind.split_first()?;
            let distance = ((control & 31) << 8 | usize::from(low)).saturating_add(1);
            let start = out.len().checked_sub(distance)?;
            let end = start.saturating_add(count).saturating_add(2);
            // It may reach into what it appends.
            for from in start..end {
                let byte = *out.get(from)?;
                out.push(byte);
            }
            rest = after;
        }
        if out.len() > len {
            return None;
        }
    }
    (out.len() == len).then_some(out)
}
