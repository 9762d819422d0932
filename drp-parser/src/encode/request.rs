//! A request as a client sends it.

use alloc::vec::Vec;

use super::{CRLF, header};

/// Appends a multibulk request of `args`, the command's name first.
///
/// # Examples
///
/// ```
/// let mut out = Vec::new();
/// drp_parser::encode::request(&mut out, ["GET", "k"]);
/// assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
/// ```
pub fn request<I>(out: &mut Vec<u8>, args: I)
where
    I: IntoIterator<Item: AsRef<[u8]>, IntoIter: ExactSizeIterator>,
{
    let args = args.into_iter();
    header(out, b'*', args.len());
    for arg in args {
        let arg = arg.as_ref();
        header(out, b'$', arg.len());
        out.extend_from_slice(arg);
        out.extend_from_slice(CRLF);
    }
}
