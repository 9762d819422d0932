//! Test doubles for whoever writes programs: a store, a session, reply sinks, and arguments
//! from a list. Deterministic; not for production.

mod last_reply;
mod map_store;
mod owned_args;
mod recording_sink;
mod session;

pub use last_reply::LastReply;
pub use map_store::MapStore;
pub use owned_args::OwnedArgs;
pub use recording_sink::RecordingSink;
pub use session::FakeSession;

use std::fmt::Write;

/// Bytes as a quoted text: printable ASCII as it is, the rest as `\xNN`.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => _ = write!(text, "\\x{byte:02x}"),
        }
    }
    text.push('"');
    text
}
