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
//! options ex EX (s: integer) | keep KEEPTTL # options_once: a request names none of them twice;
//! options_each get GET (pattern: bytes)     #   each counts. `counted 0` behind operands
//! options_before 1                          # the number of a parameter; last without
//! conflict 0 with 2 3 error "ERR not both"  # numbers of options
//! order options_first
//! unknown_option "ERR Unsupported option {}"
//! summary "Set a string."                   # since, group, complexity alike
//! example "SET a 1" -> "OK"
//! source "strings.zvml" 12
//! registers 6
//! plain_entry plain                         # where requests without options begin
//!     jump_if r2 exists                     # parameters fill the first registers
//!     string_set r0 r1
//!     reply_status "OK"
//!     halt
//! exists: fault "ERR no"
//! plain:  string_set r0 r1
//!     reply_status_end "OK"
//! ```
//!
//! A variadic parameter is `variadic key: key, value: bytes`, or `variadic_optional ...` where
//! there may be no group, or `counted 0 key: key none "ERR none" beyond "ERR too few"` where the
//! parameter of that number says how many groups there are. Operands stand in the order of the
//! [opcode table](crate::OpcodeInfo): registers as `r0`, constants as literals, jumps as labels,
//! choices by name.

mod assemble;
mod disassemble;
mod token;

pub use assemble::{AssembleError, assemble};
pub use disassemble::{disassemble, disassemble_instruction};

#[cfg(test)]
mod tests {
    use super::{assemble, disassemble};

    /// As [`disassemble`] writes it.
    const SET: &str = r#"program "SET"
protocol resp
access read write
run_where one
returns any
param key: key
param value: bytes error "ERR \"v\"\x00\n"
options nx NX | xx XX "TWO-" (n: integer, m: float error "ERR m")
options_once ch CH
options_each get GET (pattern: bytes) | count COUNT
options w WEIGHTS (w: float) counted 0
options_before 1
conflict 0 1 with 2 error "ERR not both"
order options_first
unknown_option "ERR Unsupported option {}"
summary "Set a string."
since "1.0.0"
group "string"
complexity "O(1)"
example "SET a 1" -> "OK"
source "strings.zvml" 12
registers 8
plain_entry L1
       jump_if r2 L4
L1:    string_set r0 r1
       reply_status "OK"
       halt
L4:    int_wide r7 9223372036854775807
       fault "ERR no"
"#;

    #[test]
    fn text_comes_back() {
        let program = assemble(SET).unwrap_or_else(|error| panic!("{error}"));
        let text = disassemble(&program);
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(plain(&text), plain(&SET.replace("\"TWO-\"", "TWO-")));
        assert_eq!(assemble(&text).as_ref(), Ok(&program));
    }

    #[test]
    fn comments_and_labels_on_their_own_lines_are_read() {
        let text = "# a comment\nprogram \"X\" # another\n jump end\n\nend:\n reply_nil\nhalt";
        let program = assemble(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(program.code.len(), 3);
        assert_eq!(program.code.first().map(|jump| jump.imm), Some(1));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            ("", "line 0: expected a program"),
            ("halt", "line 1: expected the program's name first"),
            ("program X", "line 1: expected a quoted string"),
            ("program \"X", "line 1: expected words, strings and marks"),
            ("program \"X\"\nprogram \"Y\"", "line 2: expected one program"),
            ("program \"X\"\nhlt", "line 2: expected a declaration or an instruction"),
            ("program \"X\"\nhalt r0", "line 2: expected the end of the line"),
            ("program \"X\"\nint_const 0 1", "line 2: expected a register, as r0"),
            ("program \"X\"\nint_const r256 1", "line 2: expected a register, as r0"),
            ("program \"X\"\nint_const r0 2147483648", "line 2: expected a 32-bit number"),
            ("program \"X\"\nkey_ensure r0 lost a", "line 2: expected a known name"),
            ("program \"X\"\nreply_status OK", "line 2: expected a quoted string"),
            ("program \"X\"\nparam k key", "line 2: expected : and a type"),
            ("program \"X\"\na:\na:", "line 3: expected a label that does not stand elsewhere"),
            ("program \"X\"\njump a", "instruction 0 jumps to a label that stands nowhere"),
        ] {
            let error = assemble(text).expect_err(text);
            assert_eq!(error.to_string(), message, "{text}");
        }
    }
}
