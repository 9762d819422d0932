//! A template's body with arguments in the place of its parameters.
//!
//! `{Param}` stands for the argument's text, in code and within strings and documentation; glued
//! to a word it becomes part of that word: `{Prefix}CARD`, `@{Prim}_count`. Everything else is
//! copied as it stands, comments included.

use super::Expansion;
use super::origin::Piece;
use crate::ast::{Instance, Template};
use crate::diagnostic::report;
use crate::lex::{Lexer, Token, TokenKind};
use crate::{Code, Diagnostic, Span};

/// Expands one instantiation; `base` and `room` are the offset its text begins at and the bytes
/// it may have. `None` where it needs more.
pub(super) fn expand(
    source: &str,
    template: &Template<'_>,
    instance: &Instance<'_>,
    (base, room): (u32, usize),
    problems: &mut Vec<Diagnostic>,
) -> Option<Expansion> {
    let args: Vec<&str> = instance.args.iter().map(|arg| arg.text).collect();
    let name = format!("{}<{}>", instance.template.text, args.join(", "));
    let body = template.body.text(source);
    let mut lexer = Lexer::based(body, template.body.start);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token();
        if token.kind == TokenKind::End {
            break;
        }
        tokens.push(token);
    }
    let expansion = Expansion {
        name,
        span: instance.span,
        text: String::with_capacity(body.len()),
        base,
        pieces: Vec::new(),
    };
    let mut writer = Writer {
        source,
        template,
        args: &args,
        tokens: &tokens,
        copied: template.body.start,
        room,
        depth: 0,
        expansion,
        problems,
    };
    writer.write(0, tokens.len());
    writer.copy_to(template.body.end);
    let expansion = writer.expansion;
    (expansion.text.len() < room).then_some(expansion)
}

/// Writes an expansion, from the tokens of its template.
pub(super) struct Writer<'w, 's> {
    pub(super) source: &'s str,
    template: &'w Template<'s>,
    args: &'w [&'s str],
    pub(super) tokens: &'w [Token],
    /// Up to here the source was copied or left out.
    copied: u32,
    room: usize,
    /// How many conditions stand around this place.
    pub(super) depth: usize,
    expansion: Expansion,
    problems: &'w mut Vec<Diagnostic>,
}

impl Writer<'_, '_> {
    /// Writes the tokens `from..to`, but for what stands behind the last one.
    pub(super) fn write(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to && self.expansion.text.len() < self.room {
            let Some(token) = self.token(at) else { return };
            at = match token.kind {
                TokenKind::BraceOpen if self.is_placeholder(at) => self.placeholder(at),
                TokenKind::String | TokenKind::Docs => {
                    self.text_of(token);
                    at.saturating_add(1)
                }
                TokenKind::At if self.word(at.saturating_add(1)) == "if_type" => {
                    self.conditional(at, to)
                }
                TokenKind::At if self.word(at.saturating_add(1)) == "error" => self.refusal(at),
                _ => at.saturating_add(1),
            };
        }
    }

    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub(super) fn is(&self, at: usize, kind: TokenKind) -> bool {
        self.token(at).is_some_and(|token| token.kind == kind)
    }

    /// The word at a token; empty where it is none.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.token(at) {
            Some(token) if token.kind == TokenKind::Word => token.span.text(self.source),
            _ => "",
        }
    }

    /// Whether `{`, a word and `}` stand here with nothing between them.
    pub(super) fn is_placeholder(&self, at: usize) -> bool {
        let [second, third] = [at.saturating_add(1), at.saturating_add(2)];
        let Some((open, word)) = self.token(at).zip(self.token(second)) else { return false };
        let close = self.token(third);
        word.kind == TokenKind::Word
            && open.kind == TokenKind::BraceOpen
            && open.span.end == word.span.start
            && close.is_some_and(|close| {
                close.kind == TokenKind::BraceClose && close.span.start == word.span.end
            })
    }

    /// The argument that the placeholder here stands for, which is reported where there is none.
    pub(super) fn argument(&mut self, at: usize) -> Option<&str> {
        let word = self.token(at.saturating_add(1))?;
        let name = word.span.text(self.source);
        let index = self.template.params.iter().position(|param| param.text == name);
        if index.is_none() {
            let message = format!("the template has no parameter `{name}`");
            let params: Vec<&str> = self.template.params.iter().map(|param| param.text).collect();
            let problem = Diagnostic::new(Code::UnknownPlaceholder, word.span, message);
            self.report(problem.with_hint(format!("it has {}", params.join(", "))));
        }
        self.args.get(index?).copied()
    }

    /// Copies the source as it stands, up to an offset.
    pub(super) fn copy_to(&mut self, end: u32) {
        let span = Span { start: self.copied, end };
        if span.start < span.end {
            self.piece(span.text(self.source), span, true);
            self.copied = end;
        }
    }

    /// Leaves out the source up to an offset.
    pub(super) fn skip_to(&mut self, end: u32) {
        self.copied = self.copied.max(end);
    }

    pub(super) fn report(&mut self, problem: Diagnostic) {
        let context = crate::Context {
            what: format!("`{}`, instantiated", self.expansion.name).into(),
            span: self.expansion.span,
        };
        report(self.problems, Diagnostic { context: vec![context], ..problem });
    }

    fn placeholder(&mut self, at: usize) -> usize {
        let next = at.saturating_add(3);
        let ends = self.token(at).zip(self.token(next.saturating_sub(1)));
        let Some((open, close)) = ends else { return next };
        self.copy_to(open.span.start);
        let argument = self.argument(at).map(ToOwned::to_owned);
        if let Some(argument) = argument {
            self.piece(&argument, open.span.to(close.span), false);
        }
        self.skip_to(close.span.end);
        next
    }

    /// Puts arguments into a string or documentation. Other braces in it mean nothing here.
    fn text_of(&mut self, token: Token) {
        let text = token.span.text(self.source);
        let mut from = 0_usize;
        while let Some(open) = text.get(from..).and_then(|rest| rest.find('{')) {
            let open = from.saturating_add(open);
            let rest = text.get(open.saturating_add(1)..).unwrap_or("");
            from = open.saturating_add(1);
            let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            let (name, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
            if !behind.starts_with('}') {
                continue;
            }
            let index = self.template.params.iter().position(|param| param.text == name);
            let Some(argument) = index.and_then(|index| self.args.get(index)) else { continue };
            let close = from.saturating_add(name.len()).saturating_add(1);
            let at = |offset: usize| token.span.start.saturating_add(super::offset(offset));
            self.copy_to(at(open));
            let inner = argument.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            let inner = inner.unwrap_or(argument);
            self.piece(inner, Span { start: at(open), end: at(close) }, false);
            self.skip_to(at(close));
            from = close;
        }
    }

    /// `@error("...")`: the template refuses what it was instantiated with.
    fn refusal(&mut self, at: usize) -> usize {
        let tokens = (at.saturating_add(2)..at.saturating_add(5)).map(|at| self.token(at));
        let tokens: Option<Vec<Token>> = tokens.collect();
        let next = at.saturating_add(1);
        let Some([open, text, close]) = tokens.as_deref() else { return next };
        if (open.kind, text.kind, close.kind)
            != (TokenKind::ParenOpen, TokenKind::String, TokenKind::ParenClose)
        {
            return next;
        }
        let Some(start) = self.token(at).map(|token| token.span) else { return next };
        self.copy_to(start.start);
        let before = self.expansion.text.len();
        self.skip_to(text.span.start);
        self.text_of(*text);
        self.copy_to(text.span.end);
        let message = self.expansion.text.split_off(before);
        self.expansion.pieces.retain(|piece| (piece.at as usize) < before);
        let message = crate::lex::unescape(&message)
            .map_or_else(|_| message.clone(), |it| String::from_utf8_lossy(&it).into_owned());
        self.report(Diagnostic::new(Code::Refused, start.to(close.span), message));
        self.skip_to(close.span.end);
        at.saturating_add(5)
    }

    fn piece(&mut self, text: &str, source: Span, verbatim: bool) {
        let at = super::offset(self.expansion.text.len());
        self.expansion.pieces.push(Piece { at, source, verbatim });
        self.expansion.text.push_str(text);
    }
}
