//! The pipeline.

use crate::lex::SOURCE_BYTES_MAX;
use crate::{Diagnostic, Diagnostics, check, codegen, expand, ir, parse};
use zvm::Program;

/// Compiles a source to the programs of its commands, in the order of their declaration;
/// those that templates make stand behind the others.
///
/// `file` is the name that diagnostics and programs tell; no file is read.
///
/// # Errors
///
/// Everything that is wrong with the source, up to a bound; then there are no programs.
///
/// # Complexity
///
/// O(source), with small factors for names in scope; sources beyond 1 MiB are refused.
///
/// # Examples
///
/// ```
/// let source = "command ECHO {
///     access: STATS
///     run_where: CONNECTION
///     params: (message: Bytes)
///     returns: Bytes
///     body {
///         return message
///     }
/// }";
/// let programs = zvml::compile("echo.zvml", source)?;
/// assert_eq!(programs[0].arity(), 2);
/// # Ok::<(), zvml::Diagnostics>(())
/// ```
pub fn compile(file: &str, source: &str) -> Result<Vec<Program>, Diagnostics> {
    programs(file, source, true)
}

/// [`compile`] for those who only run the programs: examples are passed over, and the programs'
/// documentation has none.
///
/// # Errors
///
/// As [`compile`], but for mistakes in examples.
pub fn compile_without_examples(file: &str, source: &str) -> Result<Vec<Program>, Diagnostics> {
    programs(file, source, false)
}

fn programs(file: &str, source: &str, examples: bool) -> Result<Vec<Program>, Diagnostics> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    let module = parse::parse(source, &mut problems);
    let expansions = expand::expand(source, &module, &mut problems);
    let commands = expansions.parse(module.commands, &mut problems);
    let checked = check::check(
        check::Source { text: source, examples },
        &module.metas,
        &commands,
        &expansions,
        &mut problems,
    );
    let mut programs = Vec::with_capacity(checked.len());
    for command in checked {
        let mut function = ir::build(&command);
        ir::optimize(&mut function, |_, _| ());
        match codegen::generate(file, command.head, &function) {
            Ok(program) => programs.push(program),
            Err(problem) => problems.push(problem),
        }
    }
    expansions.locate(&mut problems);
    if problems.is_empty() { Ok(programs) } else { Err(Diagnostics::new(file, source, problems)) }
}

const _: () = assert!(SOURCE_BYTES_MAX <= u32::MAX as usize);
