//! A server without sockets: reads requests from standard input, writes replies to standard
//! output. It knows PING, ECHO and HELLO.
//!
//! ```sh
//! printf 'PING\r\nECHO "two words"\r\nHELLO 3\r\n' | cargo run --example echo
//! ```

use std::io::{self, Read as _, Write as _};

use drp_parser::{ArgRange, Encoder, Limits, RequestParser, Status, Version};

fn main() -> io::Result<()> {
    let mut parser = RequestParser::new(Limits::default());
    let mut version = Version::Resp2;
    let mut input = Vec::new();
    let mut args: Vec<ArgRange> = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let len = io::stdin().read(&mut chunk)?;
        if len == 0 {
            return Ok(());
        }
        input.extend_from_slice(&chunk[..len]);

        let mut out = Vec::new();
        let mut at = 0;
        let failed = loop {
            args.clear();
            match parser.parse(&input[at..], &mut args) {
                Ok(Status::Complete { consumed, source }) => {
                    let bytes = parser.bytes(source, &input[at..]);
                    let words: Vec<&[u8]> = args.iter().map(|arg| arg.of(bytes)).collect();
                    reply(&words, &mut version, &mut out);
                    at += consumed;
                }
                Ok(Status::Empty { consumed }) => at += consumed,
                Ok(Status::Incomplete { .. }) => break false,
                Err(error) => {
                    Encoder::new(&mut out, version).error(format!("ERR {error}").as_bytes());
                    break true;
                }
            }
        };
        input.drain(..at);
        io::stdout().write_all(&out)?;
        if failed {
            return Ok(());
        }
    }
}

fn reply(words: &[&[u8]], version: &mut Version, out: &mut Vec<u8>) {
    match words {
        [b"PING"] => Encoder::new(out, *version).status(b"PONG"),
        [b"ECHO", text] => Encoder::new(out, *version).bulk(text),
        [b"HELLO", digit @ (b"2" | b"3")] => {
            *version = if *digit == b"3" { Version::Resp3 } else { Version::Resp2 };
            let mut encoder = Encoder::new(out, *version);
            encoder.map(1);
            encoder.bulk(b"proto");
            encoder.integer(if *version == Version::Resp3 { 3 } else { 2 });
        }
        _ => Encoder::new(out, *version).error(b"ERR unknown command"),
    }
}
