//! Parameters and options.

use super::{Parsed, Parser};
use crate::ast::{
    Conflict, Count, Counter, Literal, Name, OptionGroup, OptionWord, Options, Param, ParamShape,
    Params,
};
use crate::lex::TokenKind;
use zvm::Again;

impl<'s> Parser<'s, '_> {
    /// `(name: Type, ...)`, and `opts` where the options stand, if not at the end.
    pub(super) fn params(&mut self) -> Parsed<Params<'s>> {
        self.expect(TokenKind::ParenOpen)?;
        let mut params = Params { list: Vec::new(), options: None };
        while !self.at(TokenKind::ParenClose) {
            let is_mark = self.at_word("opts") && self.next.kind != TokenKind::Colon;
            if is_mark && params.options.is_none() {
                let span = self.advance().span;
                params.options = Some((params.list.len(), span));
            } else {
                let param = self.param()?;
                params.list.push(param);
            }
            if !self.take(TokenKind::Comma) {
                break;
            }
        }
        self.expect(TokenKind::ParenClose)?;
        Ok(params)
    }

    fn members(&mut self) -> Parsed<Vec<Param<'s>>> {
        self.expect(TokenKind::ParenOpen)?;
        self.list(TokenKind::ParenClose, Self::param)
    }

    /// `name: Type` and how often it stands: nothing, `?`, `= value`, `...`, `...?`, `[count]`; of
    /// a group `name: (a: A, b: B)`, `+`, `*`, `?` or `[count]`. Then perhaps `or error("...")`.
    fn param(&mut self) -> Parsed<Param<'s>> {
        let name = self.name("a parameter's name")?;
        self.expect(TokenKind::Colon)?;
        let (shape, count) = if self.at(TokenKind::ParenOpen) {
            let members = self.nested(Self::members)?;
            let count = if self.take(TokenKind::Star) {
                Count::Any
            } else if self.take(TokenKind::Question) {
                Count::Optional
            } else if self.at(TokenKind::BracketOpen) {
                self.counter()?
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
        self.error_behind("or")
    }

    fn error_behind(&mut self, word: &str) -> Parsed<Option<Literal<'s>>> {
        if !self.take_word(word) {
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
        } else if self.at(TokenKind::BracketOpen) {
            self.counter()?
        } else {
            Count::Once
        })
    }

    /// `[count]`, then perhaps `none error("...")` and `beyond error("...")`.
    fn counter(&mut self) -> Parsed<Count<'s>> {
        self.expect(TokenKind::BracketOpen)?;
        let by = self.name("the parameter that counts")?;
        self.expect(TokenKind::BracketClose)?;
        let none = self.error_behind("none")?;
        Ok(Count::Counted(Counter { by, none, beyond: self.error_behind("beyond")? }))
    }

    /// `(NX | XX, GT) or error("...")`
    pub(super) fn conflict(&mut self) -> Parsed<Conflict<'s>> {
        self.expect(TokenKind::ParenOpen)?;
        let left = self.alternatives()?;
        self.expect(TokenKind::Comma)?;
        let sides = [left, self.alternatives()?];
        self.expect(TokenKind::ParenClose)?;
        match self.or_error()? {
            Some(error) => Ok(Conflict { sides, error }),
            None => Err(self.unexpected("`or error(\"...\")`")),
        }
    }

    fn alternatives(&mut self) -> Parsed<Vec<Name<'s>>> {
        let mut words = vec![self.hyphenated("an option's word")?];
        while self.take(TokenKind::Bar) {
            words.push(self.hyphenated("an option's word")?);
        }
        Ok(words)
    }

    /// `[once NX | XX] [EX seconds: Seconds | KEEPTTL] [each GET pattern: Bytes] ...`, then perhaps
    /// `or error("... {}")`.
    pub(super) fn options(&mut self) -> Parsed<Options<'s>> {
        let mut groups = Vec::new();
        while self.at(TokenKind::BracketOpen) || groups.is_empty() {
            let open = self.expect(TokenKind::BracketOpen)?.span;
            let again = if self.take_word("once") {
                Again::Wrong
            } else if self.take_word("each") {
                Again::Each
            } else {
                Again::Last
            };
            let mut alternatives = vec![self.option_word()?];
            while self.take(TokenKind::Bar) {
                alternatives.push(self.option_word()?);
            }
            let close = self.expect(TokenKind::BracketClose)?.span;
            groups.push(OptionGroup { span: open.to(close), again, alternatives });
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
