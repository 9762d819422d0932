//! Telling a connection's protocol from its first bytes.

use memchr::memchr;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detected {
    /// The Redis protocol.
    Resp,
    /// One of memcached's protocols.
    Memcached,
    /// TLS, which is not spoken.
    Tls,
    /// HTTP, which is not spoken.
    Http,
    /// Not enough to tell.
    Unknown,
}

/// `*` is RESP, 0x80 a packet of memcached's, 0x16 a TLS handshake. Otherwise the first line
/// decides: a lower-case memcached verb with that verb's number of arguments is memcached, three
/// words of which the last is HTTP's are HTTP, all else is an inline RESP command. Lines that are
/// too long for memcached are RESP's to refuse. However the line is cut, it is told the same.
pub(super) fn detect(bytes: &[u8]) -> Detected {
    match bytes.first() {
        None => Detected::Unknown,
        Some(b'*') => Detected::Resp,
        Some(0x80) => Detected::Memcached,
        Some(0x16) => Detected::Tls,
        Some(_) => match memchr(b'\n', bytes) {
            Some(end) => {
                let line = bytes.get(..end).unwrap_or(&[]);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                if dmp_parser::looks_like(line) {
                    Detected::Memcached
                } else if is_http(line) {
                    Detected::Http
                } else {
                    Detected::Resp
                }
            }
            None if bytes.len() > LINE_MAX && dmp_parser::is_long_get(bytes) => Detected::Memcached,
            None if bytes.len() > LINE_MAX => Detected::Resp,
            None => Detected::Unknown,
        },
    }
}

/// What a client of a protocol that is not spoken is told, in its own.
pub(super) const fn refusal(detected: Detected) -> &'static [u8] {
    match detected {
        // A fatal alert: protocol_version.
        Detected::Tls => b"\x15\x03\x01\x00\x02\x02\x46",
        _ => {
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 55\r\n\
              Connection: close\r\n\r\nthis port speaks the Redis and the memcached protocols\n"
        }
    }
}

fn is_http(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    method.is_some_and(|method| method.iter().all(u8::is_ascii_uppercase))
        && target.is_some()
        && version.is_some_and(|version| version.starts_with(b"HTTP/"))
        && words.next().is_none()
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
            (b"\x80", Detected::Memcached),
            (b"\x16\x03\x01", Detected::Tls),
            (b"GET / HTTP/1.1\r\n", Detected::Http),
            (b"GET HTTP/1.1\r\n", Detected::Resp),
            (b"mg k v\r\n", Detected::Memcached),
            (b"mn\r\n", Detected::Memcached),
            (b"flush_all 10\r\n", Detected::Memcached),
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
