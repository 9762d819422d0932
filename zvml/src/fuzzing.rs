//! The logic of the fuzz target: any bytes give diagnostics or programs that may run, and the
//! formatter neither changes what they mean nor anything the second time.

use crate::{Code, Diagnostics, Stage, compile, explain, format};
use zvm::Program;

/// Compiles `data`, and checks what came of it.
///
/// # Panics
///
/// A diagnostic does not point into the source, or a program is refused by zvm's verifier or does
/// not survive the round trip through its textual form; or the formatted source compiles to
/// something else or would be formatted again.
pub fn check_source(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let compiled = compile("fuzz.zvml", &source);
    if let Ok(formatted) = format("fuzz.zvml", &source) {
        assert_eq!(format("fuzz.zvml", &formatted).as_ref(), Ok(&formatted), "{source}");
        let again = compile("fuzz.zvml", &formatted);
        assert_eq!(meaning(&compiled), meaning(&again), "{source}\n{formatted}");
    }
    match compiled {
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
    for stage in [Stage::Tokens, Stage::Expanded, Stage::Syntax, Stage::Passes] {
        let _ = explain("fuzz.zvml", &source, stage);
    }
}

/// What does not depend on how a source is laid out: the programs but for their lines, or what is
/// complained about.
fn meaning(compiled: &Result<Vec<Program>, Diagnostics>) -> Result<Vec<String>, Vec<Code>> {
    match compiled {
        Ok(programs) => Ok(programs
            .iter()
            .map(|program| {
                let mut program = program.clone();
                program.source.line = 0;
                zvm::disassemble(&program)
            })
            .collect()),
        Err(diagnostics) => Err(diagnostics.list().iter().map(|it| it.code).collect()),
    }
}

#[cfg(test)]
mod tests;
