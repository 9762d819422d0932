//! Telling a connection's protocol from its first bytes.

use memchr::memchr;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detected {
    /// The Redis protocol.
    Resp,
    /// The memcached text protocol.
    Memcached,
    /// Not enough to tell.
    Unknown,
}

/// `*` is RESP. Otherwise the first line decides: a lower-case memcached verb with that verb's
/// number of arguments is memcached, all else an inline RESP command. Lines that are too long
/// for memcached are RESP's to refuse. However the line is cut, it is told the same.
pub(super) fn detect(bytes: &[u8]) -> Detected {
    match bytes.first() {
        None => Detected::Unknown,
        Some(b'*') => Detected::Resp,
        Some(_) => match memchr(b'\n', bytes) {
            Some(end) => {
                let line = bytes.get(..end).unwrap_or(&[]);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                if dmp_parser::looks_like(line) { Detected::Memcached } else { Detected::Resp }
            }
            None if bytes.len() > LINE_MAX && dmp_parser::is_long_get(bytes) => Detected::Memcached,
            None if bytes.len() > LINE_MAX => Detected::Resp,
            None => Detected::Unknown,
        },
    }
}

/// Bytes after which an unfinished first line is no memcached request, except a `get` of many
/// keys.
const LINE_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_decide() {
        let cases: &[(&[u8], Detected)] = &[
            (b"", Detected::Unknown),
            (b"*", Detected::Resp),
            (b"get k", Detected::Unknown),
            (b"get k\r\n", Detected::Memcached),
            (b"GET k\r\n", Detected::Resp),
            (b"set k 0 0 1\r\n", Detected::Memcached),
            (b"set k v\r\n", Detected::Resp),
            (b"incr k 1\r\n", Detected::Memcached),
            (b"ping\r\n", Detected::Resp),
            (b"\r\n", Detected::Resp),
        ];
        for (bytes, expected) in cases {
            assert_eq!(detect(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(detect(&[b'a'; LINE_MAX + 1]), Detected::Resp);
        let long = format!("get{}\r\n", " key:000001".repeat(500));
        for end in LINE_MAX + 1..=long.len() {
            assert_eq!(detect(&long.as_bytes()[..end]), Detected::Memcached, "{end}");
        }
    }
}
