//! What each stage makes of a source, as text.

use crate::lex::{Lexer, TokenKind};
use crate::typed::Command;
use crate::{Diagnostic, Diagnostics, ast, check, compile, expand, ir, parse};
use std::fmt::Write as _;

/// A stage of the compiler whose result can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Tokens: one a line, kind and text.
    Tokens,
    /// What each instantiation of a template was expanded to.
    Expanded,
    /// The syntax tree, one node a line.
    Syntax,
    /// Blocks of operations on values, improved by all passes.
    Ir,
    /// The same as it is built, and behind each pass that changes it.
    Passes,
    /// The programs in zvm's textual form, which zvm's assembler reads.
    Program,
}

/// What a stage makes of a source.
///
/// # Errors
///
/// As [`compile`]; [`Stage::Tokens`] never fails.
pub fn explain(file: &str, source: &str, stage: Stage) -> Result<String, Diagnostics> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    match stage {
        Stage::Tokens => return Ok(tokens(source)),
        Stage::Program => {
            let programs = compile(file, source)?;
            let texts: Vec<String> = programs.iter().map(zvm::disassemble).collect();
            return Ok(texts.join("\n"));
        }
        Stage::Expanded | Stage::Syntax | Stage::Ir | Stage::Passes => {}
    }
    let module = parse::parse(source, &mut problems);
    let expansions = expand::expand(source, &module, &mut problems);
    let mut out = String::new();
    if stage == Stage::Expanded {
        for expansion in expansions.iter() {
            let _ = writeln!(out, "# {}\n{}", expansion.name, expansion.text.trim());
        }
    } else if stage == Stage::Syntax {
        out = ast::print(&module);
        let commands = expansions.parse(Vec::new(), &mut problems);
        out.push_str(&ast::print(&ast::Module { commands, ..ast::Module::default() }));
    } else {
        let commands = expansions.parse(module.commands, &mut problems);
        let metas = &module.metas;
        let whole = check::Source { text: source, examples: true };
        for command in check::check(whole, metas, &commands, &expansions, &mut problems) {
            let _ = writeln!(out, "define {}", command.head.name);
            out.push_str(&blocks(&command, stage == Stage::Passes));
        }
    }
    expansions.locate(&mut problems);
    if problems.is_empty() { Ok(out) } else { Err(Diagnostics::new(file, source, problems)) }
}

/// The intermediate form of a command: what all passes make of it, or `each` of them.
fn blocks(command: &Command, each: bool) -> String {
    let mut function = ir::build(command);
    let mut last = ir::print(&function);
    let mut out = format!("-- built\n{last}");
    ir::optimize(&mut function, |pass, function| {
        let text = ir::print(function);
        if each && text != last {
            let _ = write!(out, "-- {pass}\n{text}");
            last = text;
        }
    });
    if each { out } else { ir::print(&function) }
}

fn tokens(source: &str) -> String {
    let mut lexer = Lexer::new(source);
    let mut out = String::new();
    loop {
        let token = lexer.token();
        if token.kind == TokenKind::End {
            return out;
        }
        let text = token.span.text(source).escape_debug();
        let _ = writeln!(out, "{:?} {text}", token.kind);
    }
}
