//! The logic of the fuzz target: any bytes give diagnostics or programs that may run.

use crate::{Stage, compile, explain};

/// Compiles `data`, and checks what came of it.
///
/// # Panics
///
/// A diagnostic does not point into the source, or a program is refused by zvm's verifier or does
/// not survive the round trip through its textual form.
pub fn check_source(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    match compile("fuzz.zvml", &source) {
        Ok(programs) => {
            for program in programs {
                let text = zvm::disassemble(&program);
                let name = program.name.clone();
                assert_eq!(zvm::assemble(&text).as_ref(), Ok(&program), "{text}");
                if let Err(error) = zvm::verify(program) {
                    panic!("the verifier refuses `{name}`: {error}\n{text}\n{source}");
                }
            }
        }
        Err(diagnostics) => {
            assert!(!diagnostics.list().is_empty());
            let len = source.len();
            for diagnostic in diagnostics.list() {
                let span = diagnostic.span;
                assert!(span.start <= span.end && span.end as usize <= len, "{diagnostic:?}");
            }
            assert!(diagnostics.to_string().contains("fuzz.zvml:"));
        }
    }
    for stage in [Stage::Tokens, Stage::Syntax, Stage::Passes] {
        let _ = explain("fuzz.zvml", &source, stage);
    }
}

#[cfg(test)]
mod tests;
