//! The textual form of a program: what [`assemble`] reads and [`disassemble`] writes.
//!
//! A line is a declaration, an instruction or a comment (`#`). Declarations come first, in the
//! order below; all but `program` may be missing. Strings are quoted, with the escapes `\n`,
//! `\r`, `\t`, `\"`, `\\` and `\xNN`.
//!
//! ```text
//! program "SET"                             # two words for a subcommand
//! protocol resp                             # memcached
//! access write                              # any of read write stats admin
//! run_where one                             # keys each all connection
//! returns any                               # status integer boolean bytes array map set items
//! param key: key                            # integer float cursor flags bytes
//! param value: bytes                        # param n: integer error "ERR n" default 10
//! options nx NX | xx XX                     # one line a group; name, words, (operands)
//! options ex EX (s: integer) | keep KEEPTTL
//! order options_first
//! unknown_option "ERR Unsupported option "
//! summary "Set a string."                   # since, group, complexity alike
//! example "SET a 1" -> "OK"
//! source "strings.zvml" 12
//! registers 6
//!     jump_if r2 exists                     # parameters fill the first registers
//!     string_set r0 r1
//!     reply_status "OK"
//!     halt
//! exists: fault "ERR no"
//! ```
//!
//! A variadic parameter is `variadic key: key, value: bytes`, or `variadic_optional ...` where
//! there may be no group. Operands stand in the order of the [opcode table](crate::OpcodeInfo):
//! registers as `r0`, constants as literals, jumps as labels, choices by name.

mod assemble;
mod disassemble;
mod token;

pub use assemble::{AssembleError, assemble};
pub use disassemble::disassemble;
