//! Tokens to syntax tree, by recursive descent: a production is a function.
//!
//! A production that cannot go on reports what it found and returns [`Failed`]; the nearest
//! list of statements, items or commands passes over tokens to its next boundary and goes on.
//! So a source with several mistakes gets several diagnostics, and every loop takes at least one
//! token a round.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod block;
mod command;
mod declaration;
mod expr;
mod head;
mod reply;

#[cfg(test)]
pub(crate) use command::ITEMS;

use crate::ast::{Literal, Module, Name};
use crate::diagnostic::report;
use crate::lex::{self, Lexer, Token, TokenKind};
use crate::{Code, Diagnostic, Span};

/// Parses a source. Declarations with mistakes are left out; `problems` says which.
pub(crate) fn parse<'s>(source: &'s str, problems: &mut Vec<Diagnostic>) -> Module<'s> {
    if source.len() > lex::SOURCE_BYTES_MAX {
        let message = format!("a source has at most {} bytes", lex::SOURCE_BYTES_MAX);
        problems.push(Diagnostic::new(Code::SourceTooLong, Span::default(), message));
        return Module::default();
    }
    Parser::new(source, 0, problems).module()
}

/// Parses what a template was expanded to: a text whose first byte counts as offset `base`.
pub(crate) fn parse_expansion<'s>(
    text: &'s str,
    base: u32,
    problems: &mut Vec<Diagnostic>,
) -> Module<'s> {
    let mut parser = Parser::new(text, base, problems);
    parser.in_template = true;
    parser.module()
}

/// A production that reported why it could not go on.
#[derive(Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

struct Parser<'s, 'd> {
    source: &'s str,
    /// The offset that the source's first byte counts as.
    base: u32,
    /// Whether the source is what a template was expanded to.
    in_template: bool,
    lexer: Lexer<'s>,
    current: Token,
    next: Token,
    /// The span of the token taken last.
    last: Span,
    depth: usize,
    problems: &'d mut Vec<Diagnostic>,
}

impl<'s, 'd> Parser<'s, 'd> {
    fn new(source: &'s str, base: u32, problems: &'d mut Vec<Diagnostic>) -> Self {
        let mut lexer = Lexer::based(source, base);
        let (current, next) = (lexer.token(), lexer.token());
        Self {
            source,
            base,
            in_template: false,
            lexer,
            current,
            next,
            last: Span::default(),
            depth: 0,
            problems,
        }
    }

    fn text(&self, span: Span) -> &'s str {
        span.less(self.base).text(self.source)
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.current.kind == kind
    }

    fn at_word(&self, word: &str) -> bool {
        self.at(TokenKind::Word) && self.current_text() == word
    }

    /// Whether a declaration begins here. Its word is a name nowhere, so mistakes end before it.
    fn at_declaration(&self) -> bool {
        self.at(TokenKind::Word) && DECLARATIONS.contains(&self.current_text())
    }

    fn current_text(&self) -> &'s str {
        self.text(self.current.span)
    }

    /// Takes the current token, whatever it is.
    fn advance(&mut self) -> Token {
        let token = self.current;
        self.last = token.span;
        self.current = self.next;
        self.next = self.lexer.token();
        token
    }

    fn take(&mut self, kind: TokenKind) -> bool {
        let here = self.at(kind);
        if here {
            self.advance();
        }
        here
    }

    fn take_word(&mut self, word: &str) -> bool {
        let here = self.at_word(word);
        if here {
            self.advance();
        }
        here
    }

    fn expect(&mut self, kind: TokenKind) -> Parsed<Token> {
        if self.at(kind) { Ok(self.advance()) } else { Err(self.unexpected(kind.describe())) }
    }

    /// A name. `what` says which, for the diagnostic.
    fn name(&mut self, what: &'static str) -> Parsed<Name<'s>> {
        if !self.at(TokenKind::Word) || is_keyword(self.current_text()) {
            return Err(self.unexpected(what));
        }
        let span = self.advance().span;
        Ok(Name { text: self.text(span), span })
    }

    /// A word that may have hyphens in it, as in `LIB-NAME`.
    fn hyphenated(&mut self, what: &'static str) -> Parsed<Name<'s>> {
        let mut name = self.name(what)?;
        while self.at(TokenKind::Minus)
            && self.current.span.start == name.span.end
            && self.next.kind == TokenKind::Word
            && self.next.span.start == self.current.span.end
        {
            self.advance();
            name.span = name.span.to(self.advance().span);
        }
        name.text = self.text(name.span);
        Ok(name)
    }

    fn literal(&mut self) -> Parsed<Literal<'s>> {
        let span = self.expect(TokenKind::String)?.span;
        Ok(Literal { text: self.text(span), span })
    }

    /// `item, item, ...` up to `close`, which is taken. A comma may end the list.
    fn list<T>(
        &mut self,
        close: TokenKind,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.at(close) {
            items.push(item(self)?);
            if !self.take(TokenKind::Comma) {
                break;
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    /// Runs a production one level deeper.
    fn nested<T>(&mut self, production: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_MAX {
            let message = format!("more than {DEPTH_MAX} levels of nesting");
            self.report(Diagnostic::new(Code::TooDeep, self.current.span, message));
            return Err(Failed);
        }
        self.depth = self.depth.saturating_add(1);
        let result = production(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        report(self.problems, diagnostic);
    }

    /// Reports that `wanted` does not stand here.
    fn unexpected(&mut self, wanted: &str) -> Failed {
        let token = self.current;
        let text = self.current_text();
        let (code, message) = match token.kind {
            TokenKind::Unknown => {
                (Code::UnknownCharacter, format!("`{}` starts nothing", text.escape_debug()))
            }
            TokenKind::OpenString => {
                (Code::OpenString, "this string has no closing `\"` on its line".to_owned())
            }
            TokenKind::Word => (Code::Unexpected, format!("expected {wanted}, found `{text}`")),
            kind => (Code::Unexpected, format!("expected {wanted}, found {}", kind.describe())),
        };
        let mut diagnostic = Diagnostic::new(code, token.span, message);
        if token.kind == TokenKind::Word && is_keyword(text) && wanted.contains("name") {
            diagnostic = diagnostic.with_hint("that word is a keyword; choose another name");
        }
        self.report(diagnostic);
        Failed
    }

    /// Passes over tokens up to one that `stop` accepts at the present depth of braces, up to
    /// the brace that closes it, or to the next command. A production that began at `start` and
    /// took nothing loses that token, so that the next one does not fail at the same place.
    fn recover(&mut self, start: Span, stop: impl Fn(&Self) -> bool) {
        if self.current.span == start && !self.at(TokenKind::BraceOpen) {
            self.advance();
        }
        let mut open_braces = 0_usize;
        loop {
            match self.current.kind {
                TokenKind::End => return,
                TokenKind::Word if self.at_declaration() => return,
                TokenKind::BraceOpen => open_braces = open_braces.saturating_add(1),
                TokenKind::BraceClose if open_braces == 0 => return,
                TokenKind::BraceClose => open_braces = open_braces.saturating_sub(1),
                _ if open_braces == 0 && stop(self) => return,
                _ => {}
            }
            self.advance();
        }
    }
}

/// The words that declarations begin with.
pub(crate) const DECLARATIONS: &[&str] = &["command", "template", "instantiate", "meta"];

/// Words that are no names anywhere.
pub(crate) const KEYWORDS: &[&str] = &[
    "command",
    "template",
    "instantiate",
    "meta",
    "let",
    "if",
    "else",
    "for",
    "in",
    "return",
    "emit",
    "or",
    "true",
    "false",
    "nil",
    "nil_array",
    "ok",
];

/// Whether a word is one of them: most names are not, as no keyword begins like them.
fn is_keyword(word: &str) -> bool {
    let first = word.as_bytes().first();
    matches!(first, Some(b'c' | b't' | b'i' | b'm' | b'l' | b'e' | b'f' | b'r' | b'o' | b'n'))
        && word.len() <= KEYWORD_LEN_MAX
        && KEYWORDS.contains(&word)
}

/// Bytes of the longest keyword.
const KEYWORD_LEN_MAX: usize = 11;

/// How deeply blocks, expressions and replies nest; it bounds the parser's stack.
const DEPTH_MAX: usize = 48;
