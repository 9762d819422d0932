//! The tokens of a line understood: `[weight] template [=> annotation, ...] [; ...]`.

use std::sync::Arc;

use crate::class::Class;
use crate::grammar::error::GrammarError;
use crate::grammar::lexer::{Token, TokenKind, tokens};
use crate::grammar::line::{
    Checks, Choice, Line, Node, Part, Range, Reader, Repair, RepairWord, Repeat,
};
use crate::rule::Rule;

/// What a line is.
#[derive(Debug)]
pub(crate) enum Item {
    /// Blank, or a remark.
    Nothing,
    Line(Line),
    Reader(Reader),
    Definition {
        name: String,
        choice: Choice,
    },
}

/// Reads one line.
pub(crate) fn parse(file: &str, number: usize, line: &str) -> Result<Item, GrammarError> {
    let fail = |(at, expected)| GrammarError::new(file, number, at + 1, expected);
    if line.trim_start().is_empty() || line.trim_start().starts_with('#') {
        return Ok(Item::Nothing);
    }
    let tokens = tokens(line).map_err(fail)?;
    let mut parser = Parser { tokens, at: 0, line_len: line.len() };
    if let Some(name) = parser.definition() {
        let choice = parser.choice().map_err(fail)?;
        parser.end().map_err(fail)?;
        return Ok(Item::Definition { name, choice });
    }
    if let Some(kind) = parser.take_word_if(|word| word.starts_with('@')) {
        let reader = parser.reader(kind[1..].to_owned()).map_err(fail)?;
        return Ok(Item::Reader(reader));
    }
    let weight = parser.take_word_if(|word| word.parse::<u32>().is_ok());
    let weight = weight.and_then(|word| word.parse().ok()).unwrap_or(1);
    let parts = parser.parts().map_err(fail)?;
    let name = parts.first().map(name_of).unwrap_or_default();
    Ok(Item::Line(Line { file: file.to_owned(), number, weight, name, parts }))
}

/// Reads a request of words, `{key}` and `{reply}`.
pub(crate) fn parse_repair(file: &str, number: usize, text: &str) -> Result<Repair, GrammarError> {
    let fail = |(at, expected)| GrammarError::new(file, number, at + 1, expected);
    let tokens = tokens(text).map_err(fail)?;
    let mut parser = Parser { tokens, at: 0, line_len: text.len() };
    let repair = parser.repair().map_err(fail)?;
    parser.end().map_err(fail)?;
    Ok(repair)
}

fn name_of(part: &Part) -> String {
    let words = part.sequence.iter().take(part.name_words).map(|node| match node {
        Node::Word(word) => String::from_utf8_lossy(word).into_owned(),
        _ => String::new(),
    });
    words.collect::<Vec<_>>().join(" ")
}

type Expected = (usize, &'static str);

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    line_len: usize,
}

impl Parser {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.line_len, |token| token.at)
    }

    fn next_is(&mut self, mark: u8) -> bool {
        let found = self.peek() == Some(&TokenKind::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn take_word_if(&mut self, is_right: impl Fn(&str) -> bool) -> Option<String> {
        let Some(TokenKind::Word(word)) = self.peek() else { return None };
        let word = std::str::from_utf8(word).ok().filter(|word| is_right(word))?.to_owned();
        self.at += 1;
        Some(word)
    }

    fn end(&self) -> Result<(), Expected> {
        if self.peek().is_none() { Ok(()) } else { Err((self.place(), "the line to end here")) }
    }

    /// `name =`
    fn definition(&mut self) -> Option<String> {
        let start = self.at;
        let name = self.take_word_if(|_| true);
        if name.is_some() && self.take_word_if(|word| word == "=").is_some() {
            return name;
        }
        self.at = start;
        None
    }

    fn reader(&mut self, kind: String) -> Result<Reader, Expected> {
        let request = self.repair()?;
        let mut checks = Checks::default();
        if self.peek() == Some(&TokenKind::Arrow) {
            self.at += 1;
            self.annotations(&mut checks)?;
        }
        self.end()?;
        Ok(Reader { kind, request, rule: checks.rule })
    }

    fn parts(&mut self) -> Result<Vec<Part>, Expected> {
        let mut parts = Vec::new();
        loop {
            let at = self.place();
            let is_random = !parts.is_empty()
                && matches!(self.peek(), Some(TokenKind::Hole(name)) if name == RANDOM);
            if is_random {
                self.at += 1;
            }
            let sequence = if is_random { Vec::new() } else { self.sequence()? };
            let name_words =
                sequence.iter().take_while(|node| matches!(node, Node::Word(_))).count();
            if name_words == 0 && !is_random {
                return Err((at, "a command"));
            }
            let mut checks = Checks::default();
            if self.peek() == Some(&TokenKind::Arrow) {
                self.at += 1;
                self.annotations(&mut checks)?;
            }
            parts.push(Part { is_random, sequence, name_words, checks: Arc::new(checks) });
            if !self.next_is(b';') {
                self.end()?;
                return Ok(parts);
            }
        }
    }

    fn choice(&mut self) -> Result<Choice, Expected> {
        let mut choices = vec![self.sequence()?];
        while self.next_is(b'|') {
            choices.push(self.sequence()?);
        }
        Ok(Choice(choices))
    }

    fn sequence(&mut self) -> Result<Vec<Node>, Expected> {
        let mut nodes = Vec::new();
        while let Some(node) = self.node()? {
            nodes.push(node);
        }
        Ok(nodes)
    }

    /// The next node; none at what ends a sequence.
    fn node(&mut self) -> Result<Option<Node>, Expected> {
        let at = self.place();
        let node = match self.peek() {
            Some(TokenKind::Word(word)) => Node::Word(word.clone()),
            Some(TokenKind::Hole(text)) => hole(text).ok_or((at, "a class or a range"))?,
            Some(TokenKind::Mark(b'[')) => {
                self.at += 1;
                let choice = self.choice()?;
                if !self.next_is(b']') {
                    return Err((self.place(), "`]`"));
                }
                return Ok(Some(Node::Optional(choice)));
            }
            Some(TokenKind::Mark(b'(')) => {
                self.at += 1;
                let choice = self.choice()?;
                let Some(TokenKind::Close(repeat)) = self.peek() else {
                    return Err((self.place(), "`)`"));
                };
                let repeat = match repeat {
                    None => Repeat::Once,
                    Some(b'+') => Repeat::Some,
                    Some(_) => Repeat::Any,
                };
                self.at += 1;
                return Ok(Some(Node::Group(choice, repeat)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(node))
    }

    fn annotations(&mut self, checks: &mut Checks) -> Result<(), Expected> {
        loop {
            let at = self.place();
            let word = self.take_word_if(|_| true).unwrap_or_default();
            let (word, mut more) = ended(&word);
            match word {
                "alone" => checks.alone = true,
                "closes" => checks.closes = true,
                "repair" => {
                    checks.repair = Some(self.repair()?);
                    more = false;
                }
                _ => {
                    let mut words = vec![word.to_owned()];
                    while !more {
                        let Some(next) = self.take_word_if(|_| true) else { break };
                        let (next, is_last) = ended(&next);
                        words.push(next.to_owned());
                        more = is_last;
                    }
                    checks.rule = Rule::of_words(&words).ok_or((at, RULES))?;
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// A request up to the end of the line, the arrow or the semicolon.
    fn repair(&mut self) -> Result<Repair, Expected> {
        let mut words = Vec::new();
        loop {
            words.push(match self.peek() {
                Some(TokenKind::Word(word)) => RepairWord::Word(word.clone()),
                Some(TokenKind::Hole(name)) if name == "key" => RepairWord::Key,
                Some(TokenKind::Hole(name)) if name == "reply" => RepairWord::Reply,
                _ if words.is_empty() => return Err((self.place(), "a request")),
                None | Some(TokenKind::Arrow | TokenKind::Mark(b';')) => return Ok(Repair(words)),
                Some(_) => return Err((self.place(), "a word, `{key}` or `{reply}`")),
            });
            self.at += 1;
        }
    }
}

/// The word without the comma behind it, and whether there was one.
fn ended(word: &str) -> (&str, bool) {
    word.strip_suffix(',').map_or((word, false), |word| (word, true))
}

/// `name`, `low..high` or the name of a definition.
fn hole(text: &str) -> Option<Node> {
    if let Some((low, high)) = text.split_once("..") {
        let (low, high) = (low.parse().ok()?, high.parse().ok()?);
        return (low <= high).then_some(Node::Range(Range { low, high }));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if text.is_empty() || !text.chars().all(is_name) {
        return None;
    }
    Some(Class::of_name(text).map_or_else(|| Node::Defined(text.to_owned()), Node::Class))
}

/// Stands for some random requests of other lines, behind the first request of a line.
const RANDOM: &str = "requests";
const RULES: &str = "`unordered`, `unordered pairs`, `within N`, `settles`, `shape`, `any`, \
                     `except NAME...`, `loop`, `loop pairs`, `alone`, `closes` or `repair REQUEST`";
