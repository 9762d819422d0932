//! Text to programs.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::token::{Token, tokens};
use crate::operand::{ConstantKind, OperandKind, Slot};
use crate::{
    Access, Again, BuildError, Conflict, Counted, DecodeOrder, DefaultValue, Docs, Example,
    Instruction, Item, Label, Multiplicity, Opcode, OptionGroup, OptionSpec, Param, ParamType,
    Program, ProgramBuilder, Protocol, Returns, RunWhere, Signature, SourceSpan,
};
use std::collections::BTreeMap;
use std::fmt;

/// Why a text is no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssembleError {
    /// A line, counted from 1, is not what is expected there.
    Line(usize, &'static str),
    /// The parts do not make a program.
    Build(BuildError),
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line, expected) => write!(f, "line {line}: expected {expected}"),
            Self::Build(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AssembleError {}

/// The program that a text describes, not verified.
///
/// # Errors
///
/// The first line that is wrong, and what was expected there.
pub fn assemble(text: &str) -> Result<Program, AssembleError> {
    let mut assembler = Assembler::default();
    let mut last = 0;
    for (number, line) in (1..).zip(text.lines()) {
        last = number;
        let result = tokens(line)
            .ok_or("words, strings and marks")
            .and_then(|tokens| assembler.line(Line { tokens: tokens.into_iter() }));
        result.map_err(|expected| AssembleError::Line(number, expected))?;
    }
    let builder = assembler.finish().map_err(|expected| AssembleError::Line(last, expected))?;
    builder.finish().map_err(AssembleError::Build)
}

#[derive(Default)]
struct Assembler<'t> {
    builder: Option<ProgramBuilder>,
    signature: Signature,
    docs: Docs,
    labels: BTreeMap<&'t str, Label>,
    placed: Vec<Label>,
}

impl<'t> Assembler<'t> {
    fn finish(self) -> Result<ProgramBuilder, &'static str> {
        let mut builder = self.builder.ok_or("a program")?;
        builder.signature(self.signature).docs(self.docs);
        Ok(builder)
    }

    fn line(&mut self, mut line: Line<'t>) -> Result<(), &'static str> {
        let Some(first) = line.tokens.next() else { return Ok(()) };
        let Token::Word(mut word) = first else { return Err("a word") };
        if word == "program" {
            let name = line.text()?;
            if self.builder.replace(ProgramBuilder::new(&name)).is_some() {
                return Err("one program");
            }
            return line.end();
        }
        if line.mark(":") {
            let label = self.label(word)?;
            if self.placed.contains(&label) {
                return Err("a label that does not stand elsewhere");
            }
            self.placed.push(label);
            self.builder()?.place(label);
            match line.tokens.next() {
                None => return Ok(()),
                Some(Token::Word(next)) => word = next,
                Some(_) => return Err("an instruction"),
            }
        } else if self.declaration(word, &mut line)? {
            return line.end();
        }
        let op = Opcode::from_name(word).ok_or("a declaration or an instruction")?;
        self.instruction(op, &mut line)?;
        line.end()
    }

    /// Reads a declaration; false where the word begins none.
    fn declaration(&mut self, word: &str, line: &mut Line<'t>) -> Result<bool, &'static str> {
        let builder = self.builder()?;
        match word {
            "protocol" => _ = builder.protocol(line.choice(&Protocol::NAMES)?),
            "run_where" => _ = builder.run_where(line.choice(&RunWhere::NAMES)?),
            "returns" => _ = builder.returns(line.choice(&Returns::NAMES)?),
            "access" => {
                let mut access = Access::NONE;
                while !line.is_empty() {
                    access = access.union(line.choice(&Access::NAMES)?);
                }
                builder.access(access);
            }
            "registers" => {
                let count = line.number()?;
                builder.use_registers(u16::from(count));
            }
            "source" => {
                let file = line.text()?;
                let number = line.word()?.parse().map_err(|_| "a line number")?;
                builder.source(SourceSpan { file, line: number });
            }
            "plain_entry" => {
                let label = self.label(line.word()?)?;
                self.builder()?.plain_entry(label);
            }
            "param" | "variadic" | "variadic_optional" | "counted" => self.param(word, line)?,
            "options" => self.options(line, Again::Last)?,
            "options_once" => self.options(line, Again::Wrong)?,
            "options_each" => self.options(line, Again::Each)?,
            "options_before" => self.signature.options_before = Some(line.number()?),
            "conflict" => self.conflict(line)?,
            "order" => self.signature.order = line.choice(&DecodeOrder::NAMES)?,
            "unknown_option" => self.signature.unknown_option = Some(line.text()?),
            "summary" => self.docs.summary = line.text()?,
            "since" => self.docs.since = line.text()?,
            "group" => self.docs.group = line.text()?,
            "complexity" => self.docs.complexity = line.text()?,
            "example" => {
                let request = line.text()?;
                if !line.mark("->") {
                    return Err("-> and the reply");
                }
                self.docs.examples.push(Example { request, reply: line.text()? });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn param(&mut self, word: &str, line: &mut Line<'t>) -> Result<(), &'static str> {
        let by = if word == "counted" { line.number()? } else { 0 };
        let items = line.items()?;
        let multiplicity = match word {
            "counted" => {
                let none = line.text_behind("none")?;
                Multiplicity::Counted(Counted { by, none, beyond: line.text_behind("beyond")? })
            }
            "variadic" => Multiplicity::Variadic,
            "variadic_optional" => Multiplicity::VariadicOptional,
            _ => match line.tokens.next() {
                None => Multiplicity::Once,
                Some(Token::Word("optional")) => Multiplicity::Optional,
                Some(Token::Word("default")) => Multiplicity::Default(self.default_value(line)?),
                Some(_) => return Err("optional, default or the end"),
            },
        };
        self.signature.params.push(Param { multiplicity, items });
        Ok(())
    }

    fn default_value(&mut self, line: &mut Line<'t>) -> Result<DefaultValue, &'static str> {
        match line.tokens.next() {
            Some(Token::Quoted(bytes)) => {
                let index = self.builder()?.bytes(&bytes);
                u16::try_from(index).map(DefaultValue::Constant).map_err(|_| "fewer constants")
            }
            Some(Token::Word(number)) => {
                number.parse().map(DefaultValue::Integer).map_err(|_| "a default value")
            }
            _ => Err("a default value"),
        }
    }

    fn conflict(&mut self, line: &mut Line<'t>) -> Result<(), &'static str> {
        let mut sides = [Vec::new(), Vec::new()];
        for (side, end) in sides.iter_mut().zip(["with", "error"]) {
            loop {
                let word = line.word()?;
                if word == end {
                    break;
                }
                side.push(word.parse().map_err(|_| "the number of an option")?);
            }
        }
        self.signature.conflicts.push(Conflict { sides, error: line.text()? });
        Ok(())
    }

    fn options(&mut self, line: &mut Line<'t>, again: Again) -> Result<(), &'static str> {
        let mut options = Vec::new();
        loop {
            let name = line.name()?;
            let mut words = Vec::new();
            while line.at_name() {
                words.push(line.name()?);
            }
            let mut operands = Vec::new();
            if line.mark("(") {
                operands = line.items()?;
                if !line.mark(")") {
                    return Err(")");
                }
            }
            let counted_by = if line.take_word("counted") { Some(line.number()?) } else { None };
            options.push(OptionSpec { name, words, operands, counted_by });
            if !line.mark("|") {
                break;
            }
        }
        self.signature.groups.push(OptionGroup { options, again });
        Ok(())
    }

    fn instruction(&mut self, op: Opcode, line: &mut Line<'t>) -> Result<(), &'static str> {
        let mut instruction = Instruction::new(op, 0, 0, 0, 0);
        let mut target = None;
        for (slot, operand) in Slot::ALL.into_iter().zip(op.info().operands) {
            let value = match operand.kind {
                OperandKind::Unused => 0,
                OperandKind::In(_) | OperandKind::Out(_) | OperandKind::Change(_) => {
                    let number = line.word()?.strip_prefix('r').and_then(|n| n.parse::<u8>().ok());
                    i32::from(number.ok_or("a register, as r0")?)
                }
                OperandKind::Choice(set) => {
                    let name = line.word()?;
                    let index = set.names().iter().position(|known| *known == name);
                    index.and_then(|index| i32::try_from(index).ok()).ok_or("a known name")?
                }
                OperandKind::Constant(ConstantKind::Bytes) => {
                    let bytes = line.quoted()?;
                    self.builder()?.bytes(&bytes)
                }
                OperandKind::Constant(ConstantKind::Int) => {
                    let value = line.word()?.parse().map_err(|_| "an integer")?;
                    self.builder()?.integer(value)
                }
                OperandKind::Small => {
                    let number = line.word()?.parse::<i8>();
                    number.map(i32::from).map_err(|_| "a number from -128 to 127")?
                }
                OperandKind::Number => line.word()?.parse().map_err(|_| "a 32-bit number")?,
                OperandKind::Jump(_) => {
                    target = Some(self.label(line.word()?)?);
                    0
                }
            };
            instruction = instruction.with_operand(slot, value).ok_or("a smaller operand")?;
        }
        let Instruction { a, b, c, imm, .. } = instruction;
        match target {
            Some(label) => self.builder()?.emit_jump(op, a, b, c, label),
            None => self.builder()?.emit(op, a, b, c, imm),
        };
        Ok(())
    }

    fn label(&mut self, name: &'t str) -> Result<Label, &'static str> {
        let builder = self.builder.as_mut().ok_or("the program's name first")?;
        Ok(*self.labels.entry(name).or_insert_with(|| builder.label()))
    }

    fn builder(&mut self) -> Result<&mut ProgramBuilder, &'static str> {
        self.builder.as_mut().ok_or("the program's name first")
    }
}

/// What is left of a line.
struct Line<'t> {
    tokens: std::vec::IntoIter<Token<'t>>,
}

impl<'t> Line<'t> {
    fn is_empty(&self) -> bool {
        self.tokens.as_slice().is_empty()
    }

    fn end(&self) -> Result<(), &'static str> {
        if self.is_empty() { Ok(()) } else { Err("the end of the line") }
    }

    /// Takes a mark if it is next.
    fn mark(&mut self, mark: &'static str) -> bool {
        let found = self.tokens.as_slice().first() == Some(&Token::Mark(mark));
        found && self.tokens.next().is_some()
    }

    fn word(&mut self) -> Result<&'t str, &'static str> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err("a word"),
        }
    }

    fn number(&mut self) -> Result<u8, &'static str> {
        self.word()?.parse().map_err(|_| "a number up to 255")
    }

    /// The string behind a word, if that is next.
    fn text_behind(&mut self, word: &str) -> Result<Option<Box<str>>, &'static str> {
        if self.take_word(word) { self.text().map(Some) } else { Ok(None) }
    }

    /// Takes a word if it is next.
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.tokens.as_slice().first() == Some(&Token::Word(word));
        found && self.tokens.next().is_some()
    }

    fn quoted(&mut self) -> Result<Vec<u8>, &'static str> {
        match self.tokens.next() {
            Some(Token::Quoted(bytes)) => Ok(bytes),
            _ => Err("a quoted string"),
        }
    }

    fn text(&mut self) -> Result<Box<str>, &'static str> {
        String::from_utf8(self.quoted()?).map(Into::into).map_err(|_| "a string in UTF-8")
    }

    fn at_name(&self) -> bool {
        matches!(self.tokens.as_slice().first(), Some(Token::Word(_) | Token::Quoted(_)))
    }

    /// A name, quoted or not.
    fn name(&mut self) -> Result<Box<str>, &'static str> {
        match self.tokens.as_slice().first() {
            Some(Token::Quoted(_)) => self.text(),
            _ => self.word().map(Into::into),
        }
    }

    fn choice<T: Copy>(&mut self, names: &[(&str, T)]) -> Result<T, &'static str> {
        let word = self.word()?;
        names.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or("a known name")
    }

    fn items(&mut self) -> Result<Vec<Item>, &'static str> {
        let mut items = Vec::new();
        loop {
            let name = self.name()?;
            if !self.mark(":") {
                return Err(": and a type");
            }
            let ty = self.choice(&ParamType::NAMES)?;
            let error = self.text_behind("error")?;
            items.push(Item { name, ty, error });
            if !self.mark(",") {
                return Ok(items);
            }
        }
    }
}
