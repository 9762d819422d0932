//! From the source of a command to a program that can be registered.

use crate::measure::measured;
use std::hint::black_box;

/// One command with its documentation, compiled and verified.
pub(crate) fn command() -> u64 {
    let compiled = measured(|| {
        let mut compiled = 0;
        for _ in 0..TIMES {
            for program in zvml::compile("count.zvml", black_box(SOURCE)).expect("a right source") {
                let program = zvm::verify(program).expect("a right program");
                compiled += u64::from(!black_box(&program).code.is_empty());
            }
        }
        compiled
    });
    assert_eq!(compiled, TIMES);
    compiled
}

const TIMES: u64 = 200;

/// A command of middling size, not one of the server's own: those may change.
const SOURCE: &str = r#"
/// Increment the integer at a key by one.
command COUNT {
    access: WRITE
    run_where: ONE
    params: (key: Key)
    returns: Integer
    since: "1.0.0"
    group: "string"
    complexity: "O(1)"
    example: "COUNT counter" -> "1"
    example: "SET counter 41; COUNT counter" -> "42"
    example: "SET counter many; COUNT counter" -> "ERR value is not an integer or out of range"
    pre {
        key: ensure_type(STRING) or create
    }
    body {
        let current = @string_integer(key) or error("ERR value is not an integer or out of range")
        let next = current + 1 or error("ERR increment or decrement would overflow")
        @string_set_integer(key, next)
        return next
    }
}
"#;
