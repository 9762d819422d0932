//! Where lines begin, and how far in.

use super::lexeme::{Comment, Lexeme, Lexemes};
use super::line::{self, Piece, tightness};
use super::spacing::{self, Place};
use crate::lex::TokenKind;
use crate::parse::DECLARATIONS;

/// Writes lexemes in lines.
#[derive(Debug)]
pub(super) struct Layout<'l, 's> {
    lexemes: &'l Lexemes<'s>,
    out: String,
    /// The braces around this place, innermost last; the file itself is the first.
    frames: Vec<Frame>,
    /// The line to be written, and whether it goes on what a comment has interrupted.
    line: Vec<Piece<'s>>,
    continued: bool,
    /// Whether an empty line goes before the line.
    blank: bool,
    /// What the line begins with, for what depends on it.
    first: Option<&'l Lexeme<'s>>,
    /// What was written last.
    last: Last,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    /// Parentheses and brackets open within it.
    parens: usize,
}

/// What stands in a pair of braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Declarations: a file or a template.
    Top,
    /// The items of a command.
    Items,
    /// Statements, or preconditions.
    Code,
    /// The pairs of a map.
    Map,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or a line that opened a brace.
    Open,
    Comment,
    Docs,
    Instance,
    Other,
}

impl<'l, 's> Layout<'l, 's> {
    pub(super) fn new(lexemes: &'l Lexemes<'s>) -> Self {
        Self {
            lexemes,
            out: String::new(),
            frames: vec![Frame { kind: Kind::Top, parens: 0 }],
            line: Vec::new(),
            continued: false,
            blank: false,
            first: None,
            last: Last::Open,
        }
    }

    pub(super) fn format(mut self) -> String {
        for index in 0..self.lexemes.list.len() {
            self.lexeme(index);
        }
        self.flush(false);
        for comment in &self.lexemes.rest {
            self.comment(comment, false);
        }
        self.out
    }

    fn lexeme(&mut self, index: usize) {
        let Some(lexeme) = self.lexemes.list.get(index) else { return };
        let before = index.checked_sub(1).and_then(|before| self.lexemes.list.get(before));
        let closes = lexeme.kind == TokenKind::BraceClose;
        let opened = before.is_some_and(|before| before.kind == TokenKind::BraceOpen);
        let empty = closes && opened && lexeme.comments.is_empty();
        let ends_line = !empty
            && (closes || opened || before.is_none_or(|before| self.begins(index, before, lexeme)));
        if closes && !empty {
            self.close_map(before);
        }
        for comment in &lexeme.comments {
            self.comment(comment, !ends_line);
        }
        if ends_line {
            self.flush(false);
        }
        if closes && self.frames.len() > 1 {
            self.frames.pop();
        }
        self.add(index, before, lexeme, empty);
        match lexeme.kind {
            TokenKind::BraceOpen => self.open(index),
            TokenKind::ParenOpen | TokenKind::BracketOpen => self.paren(1),
            TokenKind::Docs => self.docs(lexeme),
            _ => {}
        }
    }

    /// Whether a line begins at a lexeme that is no brace.
    fn begins(&self, index: usize, before: &Lexeme<'_>, lexeme: &Lexeme<'_>) -> bool {
        if lexeme.kind == TokenKind::Docs || before.kind == TokenKind::Docs {
            return true;
        }
        if self.kind() == Kind::Map && before.kind == TokenKind::Comma && self.parens() == 0 {
            return true;
        }
        let next = index.checked_add(1).and_then(|next| self.lexemes.list.get(next));
        let is_else = next.is_some_and(|next| next.is_word("else"));
        let starts = match lexeme.kind {
            TokenKind::Word => !CONNECTING.contains(&lexeme.text),
            TokenKind::At => !is_else,
            _ => false,
        };
        if !starts || self.parens() > 0 {
            return false;
        }
        if self.kind() == Kind::Top {
            let declares = DECLARATIONS.contains(&lexeme.text) || lexeme.kind == TokenKind::At;
            let goes_on = before.is_word("else");
            return declares && !goes_on || before.kind == TokenKind::BraceClose;
        }
        ends_operand(before)
    }

    /// Adds a lexeme to the line.
    fn add(
        &mut self,
        index: usize,
        before: Option<&'l Lexeme<'s>>,
        lexeme: &'l Lexeme<'s>,
        empty: bool,
    ) {
        if matches!(lexeme.kind, TokenKind::ParenClose | TokenKind::BracketClose) {
            self.paren(-1);
        }
        if lexeme.kind == TokenKind::Docs {
            self.blank = self.wants_blank(lexeme.blank, false);
            return;
        }
        if self.line.is_empty() {
            let instance = lexeme.is_word("instantiate");
            let may = !self.continued && lexeme.kind != TokenKind::BraceClose;
            self.blank = may && self.wants_blank(lexeme.blank, instance);
            self.first = if self.continued { self.first } else { Some(lexeme) };
        }
        let unary = self.is_unary(index);
        let angles = self
            .first
            .is_some_and(|first| first.is_word("template") || first.is_word("instantiate"));
        let code = matches!(self.kind(), Kind::Code | Kind::Map);
        let place = Place { code, angles, unary: self.is_unary_before(index) };
        let blank = !empty && before.is_some_and(|it| spacing::blank(it, lexeme, place));
        let listed = !code && self.parens() > 0;
        let tightness = before.and_then(|before| tightness(before, lexeme, unary, listed));
        let tightness = tightness.filter(|_| blank && !angles);
        self.line.push(Piece { text: lexeme.text, blank, tightness, depth: self.parens() });
    }

    /// Whether the lexeme at an index is an operator with nothing on its left.
    fn is_unary(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| self.lexemes.list.get(before));
        let minus = self.lexemes.list.get(index).is_some_and(|it| it.kind == TokenKind::Minus);
        minus && before.is_none_or(|before| !ends_operand(before))
    }

    fn is_unary_before(&self, index: usize) -> bool {
        index.checked_sub(1).is_some_and(|before| self.is_unary(before))
    }

    /// Opens the braces of which the lexeme at an index is the first.
    fn open(&mut self, index: usize) {
        let list = &self.lexemes.list;
        let before = index.checked_sub(1).and_then(|before| list.get(before));
        let next = index.checked_add(1).and_then(|next| list.get(next));
        let pairs = before.is_some_and(|before| before.is_word("map"))
            && next.is_some_and(|next| next.kind == TokenKind::String);
        let first = self.first.map_or("", |first| first.text);
        let kind = match (self.kind(), first) {
            (Kind::Top, "command") => Kind::Items,
            (Kind::Top, "meta") | (Kind::Items, "pre" | "body") => Kind::Code,
            (Kind::Code | Kind::Map, _) if pairs => Kind::Map,
            (Kind::Map, _) => Kind::Code,
            (same, _) => same,
        };
        self.frames.push(Frame { kind, parens: 0 });
    }

    /// Gives the last pair of a map its comma.
    fn close_map(&mut self, before: Option<&Lexeme<'_>>) {
        let comma = before.is_some_and(|before| before.kind == TokenKind::Comma);
        if self.kind() == Kind::Map && !comma {
            let depth = self.parens();
            self.line.push(Piece { text: ",", blank: false, tightness: None, depth });
        }
    }

    /// Writes the line. `continues` where what follows belongs to it.
    fn flush(&mut self, continues: bool) {
        let line = std::mem::take(&mut self.line);
        if let Some(end) = line.last() {
            if self.blank {
                self.out.push('\n');
            }
            let opened = end.text == "{";
            let level = self.level().saturating_sub(usize::from(opened));
            line::write(&mut self.out, level, &line);
            self.last = match self.first {
                _ if opened => Last::Open,
                Some(first) if first.is_word("instantiate") => Last::Instance,
                _ => Last::Other,
            };
        }
        self.continued = continues && (self.continued || !line.is_empty());
        self.blank = false;
    }

    /// Writes a comment, within a line where `interrupts`.
    fn comment(&mut self, comment: &Comment<'s>, interrupts: bool) {
        self.flush(interrupts);
        if comment.trailing {
            self.out.pop();
            self.out.push_str(if self.out.is_empty() { "" } else { " " });
        } else {
            if self.wants_blank(comment.blank, self.last == Last::Instance) {
                self.out.push('\n');
            }
            let level = self.level();
            self.out.extend(std::iter::repeat_n(' ', level.saturating_mul(4)));
            self.last = Last::Comment;
        }
        self.out.push_str(comment.text);
        self.out.push('\n');
    }

    fn docs(&mut self, lexeme: &Lexeme<'s>) {
        if self.blank {
            self.out.push('\n');
        }
        let level = self.level();
        for line in lexeme.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.out.extend(std::iter::repeat_n(' ', level.saturating_mul(4)));
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.blank = false;
        self.last = Last::Docs;
    }

    /// Whether an empty line goes before what is written next; the source has one if `given`.
    /// Declarations are apart from each other, but instantiations may stand together.
    fn wants_blank(&self, given: bool, instance: bool) -> bool {
        match self.last {
            Last::Open | Last::Docs => false,
            Last::Comment => given,
            Last::Instance if instance => given,
            Last::Instance | Last::Other => {
                given || (self.kind() == Kind::Top && self.parens() == 0)
            }
        }
    }

    /// How far in a line begins here.
    fn level(&self) -> usize {
        self.frames.len().saturating_sub(1).saturating_add(usize::from(self.continued))
    }

    fn kind(&self) -> Kind {
        self.frames.last().map_or(Kind::Top, |frame| frame.kind)
    }

    fn parens(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.parens)
    }

    fn paren(&mut self, by: isize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.parens = frame.parens.saturating_add_signed(by);
        }
    }
}

/// Whether a new item or statement may begin behind a lexeme.
fn ends_operand(lexeme: &Lexeme<'_>) -> bool {
    match lexeme.kind {
        TokenKind::Word => !LEADING.contains(&lexeme.text) && !CONNECTING.contains(&lexeme.text),
        TokenKind::Integer
        | TokenKind::Float
        | TokenKind::String
        | TokenKind::ParenClose
        | TokenKind::BracketClose
        | TokenKind::BraceClose
        | TokenKind::Question => true,
        _ => false,
    }
}

/// Words behind which their statement goes on.
const LEADING: &[&str] = &["let", "if", "for", "return", "emit", "if_type", "resp3"];

/// Words within a statement, before and behind which it goes on.
const CONNECTING: &[&str] = &["else", "in", "or", "with"];
