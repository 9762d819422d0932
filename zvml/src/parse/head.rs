//! Parameters and options.

use super::{Parsed, Parser};
use crate::ast::{Count, Literal, OptionGroup, OptionWord, Options, Param, ParamShape};
use crate::lex::TokenKind;

impl<'s> Parser<'s, '_> {
    /// `(name: Type, ...)`
    pub(super) fn params(&mut self) -> Parsed<Vec<Param<'s>>> {
        self.expect(TokenKind::ParenOpen)?;
        self.list(TokenKind::ParenClose, Self::param)
    }

    /// `name: Type` and how often it stands: nothing, `?`, `= value`, `...`, `...?`; of a group
    /// `name: (a: A, b: B)`, `+` or `*`. Then perhaps `or error("...")`.
    fn param(&mut self) -> Parsed<Param<'s>> {
        let name = self.name("a parameter's name")?;
        self.expect(TokenKind::Colon)?;
        let (shape, count) = if self.at(TokenKind::ParenOpen) {
            let members = self.nested(Self::params)?;
            let count = if self.take(TokenKind::Star) {
                Count::Any
            } else {
                self.expect(TokenKind::Plus)?;
                Count::Many
            };
            (ParamShape::Group(members), count)
        } else {
            (ParamShape::One(self.name("a type's name")?), self.count()?)
        };
        let error = self.or_error()?;
        Ok(Param { name, shape, count, error })
    }

    /// `or error("...")`, where it stands here.
    fn or_error(&mut self) -> Parsed<Option<Literal<'s>>> {
        if !self.take_word("or") {
            return Ok(None);
        }
        if !self.take_word("error") {
            return Err(self.unexpected("`error(\"...\")`"));
        }
        Ok(Some(self.error_text()?))
    }

    fn count(&mut self) -> Parsed<Count<'s>> {
        Ok(if self.take(TokenKind::Question) {
            Count::Optional
        } else if self.take(TokenKind::Assign) {
            Count::Default(self.expr()?)
        } else if self.take(TokenKind::Ellipsis) {
            if self.take(TokenKind::Question) { Count::Any } else { Count::Many }
        } else {
            Count::Once
        })
    }

    /// `[NX | XX] [EX seconds: Seconds | KEEPTTL] ...`, then perhaps `or error("... {}")`.
    pub(super) fn options(&mut self) -> Parsed<Options<'s>> {
        let mut groups = Vec::new();
        while self.at(TokenKind::BracketOpen) || groups.is_empty() {
            let open = self.expect(TokenKind::BracketOpen)?.span;
            let mut alternatives = vec![self.option_word()?];
            while self.take(TokenKind::Bar) {
                alternatives.push(self.option_word()?);
            }
            let close = self.expect(TokenKind::BracketClose)?.span;
            groups.push(OptionGroup { span: open.to(close), alternatives });
        }
        Ok(Options { groups, unknown: self.or_error()? })
    }

    fn option_word(&mut self) -> Parsed<OptionWord<'s>> {
        let mut words = vec![self.hyphenated("an option's word")?];
        while self.at(TokenKind::Word) && self.next.kind != TokenKind::Colon {
            words.push(self.hyphenated("an option's word")?);
        }
        let mut operands = Vec::new();
        while self.at(TokenKind::Word) {
            operands.push(self.param()?);
        }
        Ok(OptionWord { words, operands })
    }
}
