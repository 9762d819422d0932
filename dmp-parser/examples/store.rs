//! A store without sockets: reads requests from standard input, writes replies to standard output.
//!
//! ```sh
//! printf 'set k 7 0 5\r\nhello\r\nget k missing\r\ndelete k\r\n' | cargo run --example store
//! ```

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};

use dmp_parser::{ArgRange, Encoder, Limits, Mode, Request, RequestParser, Status, Verb};

type Store = HashMap<Vec<u8>, (u32, Vec<u8>)>;

fn main() -> io::Result<()> {
    let mut parser = RequestParser::new(Limits::default());
    let mut store = Store::new();
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
        let open = loop {
            args.clear();
            match parser.parse(&input[at..], &mut args) {
                Ok(Status::Complete { consumed, request }) => {
                    let bytes = &input[at..];
                    let keys: Vec<&[u8]> = args.iter().map(|arg| arg.of(bytes)).collect();
                    if request.verb == Verb::Quit {
                        break false;
                    }
                    execute(&mut store, &request, &keys, bytes, &mut out);
                    at += consumed;
                }
                Ok(Status::Swallowed { consumed }) => at += consumed,
                Ok(Status::Incomplete { .. }) => break true,
                Err(error) => {
                    if let Some(key) = error.key() {
                        store.remove(key.of(&input[at..]));
                    }
                    Encoder::new(&mut out).refusal(&error);
                    if error.is_fatal() {
                        break false;
                    }
                    at += error.consumed();
                }
            }
        };
        input.drain(..at);
        io::stdout().write_all(&out)?;
        if !open {
            return Ok(());
        }
    }
}

fn execute(store: &mut Store, request: &Request, keys: &[&[u8]], bytes: &[u8], out: &mut Vec<u8>) {
    let replied = out.len();
    let mut encoder = Encoder::new(out);
    match request.verb {
        Verb::Get => {
            for key in keys {
                if let Some((flags, data)) = store.get(*key) {
                    encoder.value(key, *flags, data, request.stamp.then_some(1));
                }
            }
            encoder.end();
        }
        Verb::Store(item) if item.mode == Mode::Set => {
            store.insert(keys[0].to_vec(), (item.flags, item.data.of(bytes).to_vec()));
            encoder.stored();
        }
        Verb::Delete(_) => match store.remove(keys[0]) {
            Some(_) => encoder.deleted(),
            None => encoder.not_found(),
        },
        Verb::Version => encoder.version(b"1.6.18"),
        _ => encoder.error(),
    }
    if request.noreply {
        out.truncate(replied);
    }
}
