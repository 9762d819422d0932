//! Replies, and what happens where a value fails.

use super::{Parsed, Parser};
use crate::ast::{Aggregate, ErrorText, Handler, HandlerKind, Literal, Reply, ReplyKind};
use crate::lex::TokenKind;

impl<'s> Parser<'s, '_> {
    pub(super) fn reply(&mut self) -> Parsed<Reply<'s>> {
        self.nested(Self::reply_here)
    }

    fn reply_here(&mut self) -> Parsed<Reply<'s>> {
        let start = self.current.span;
        let kind = self.reply_kind()?;
        Ok(Reply { span: start.to(self.last), kind })
    }

    fn reply_kind(&mut self) -> Parsed<ReplyKind<'s>> {
        let word = if self.at(TokenKind::Word) { self.current_text() } else { "" };
        Ok(match (word, self.next.kind) {
            ("nil", _) => {
                self.advance();
                ReplyKind::Nil
            }
            ("status", TokenKind::ParenOpen) => {
                self.advance();
                self.advance();
                let text = self.expr()?;
                self.expect(TokenKind::ParenClose)?;
                ReplyKind::Status(text)
            }
            ("error", TokenKind::ParenOpen) => {
                self.advance();
                ReplyKind::Error(self.error_argument()?)
            }
            ("array", TokenKind::BraceOpen) => {
                self.advance();
                ReplyKind::Build(Aggregate::Array, self.block()?)
            }
            ("array", TokenKind::BracketOpen) => {
                self.advance();
                self.advance();
                ReplyKind::Array(self.list(TokenKind::BracketClose, Self::reply)?)
            }
            ("set", TokenKind::BracketOpen) => {
                self.advance();
                self.advance();
                ReplyKind::Set(self.list(TokenKind::BracketClose, Self::reply)?)
            }
            ("verbatim", TokenKind::ParenOpen) => {
                self.advance();
                self.advance();
                let text = self.expr()?;
                self.expect(TokenKind::ParenClose)?;
                ReplyKind::Verbatim(text)
            }
            ("map", TokenKind::BraceOpen) => {
                self.advance();
                self.map()?
            }
            (
                "resp3",
                TokenKind::Word
                | TokenKind::String
                | TokenKind::Integer
                | TokenKind::Float
                | TokenKind::At,
            ) => {
                self.advance();
                let resp3 = Box::new(self.reply()?);
                if !self.take_word("else") {
                    return Err(self.unexpected("`else` and the reply of other protocols"));
                }
                ReplyKind::ByVersion(resp3, Box::new(self.reply()?))
            }
            ("ok", _) => {
                self.advance();
                ReplyKind::Ok
            }
            ("nil_array", _) => {
                self.advance();
                ReplyKind::NilArray
            }
            _ => ReplyKind::Value(self.value()?),
        })
    }

    /// `{ "key": reply, ... }`, or a block whose statements emit the pairs.
    fn map(&mut self) -> Parsed<ReplyKind<'s>> {
        if self.next.kind != TokenKind::String {
            return Ok(ReplyKind::Build(Aggregate::Map, self.block()?));
        }
        self.advance();
        let pairs = self.list(TokenKind::BraceClose, |parser| {
            let key = parser.reply()?;
            parser.expect(TokenKind::Colon)?;
            Ok((key, parser.reply()?))
        })?;
        Ok(ReplyKind::Map(pairs))
    }

    /// `or ...`, where it stands here.
    pub(super) fn handler(&mut self) -> Parsed<Option<Handler<'s>>> {
        let start = self.current.span;
        if !self.take_word("or") {
            return Ok(None);
        }
        let word = if self.at(TokenKind::Word) { self.current_text() } else { "" };
        let plain = match word {
            "return_zero" => Some(HandlerKind::ReturnInteger(0)),
            "return_one" => Some(HandlerKind::ReturnInteger(1)),
            "return_minus_one" => Some(HandlerKind::ReturnInteger(-1)),
            "return_nil" => Some(HandlerKind::ReturnNil),
            "return_empty" => Some(HandlerKind::ReturnEmpty),
            "create" => Some(HandlerKind::Create),
            "skip" => Some(HandlerKind::Skip),
            "nil" => Some(HandlerKind::Nil),
            _ => None,
        };
        let kind = if let Some(kind) = plain {
            self.advance();
            kind
        } else if self.take_word("return") {
            let negative = self.take(TokenKind::Minus);
            HandlerKind::ReturnInteger(self.integer(negative)?)
        } else if word == "error" && self.next.kind == TokenKind::ParenOpen {
            self.advance();
            HandlerKind::Error(self.error_argument()?)
        } else {
            HandlerKind::Value(self.expr()?)
        };
        Ok(Some(Handler { span: start.to(self.last), kind }))
    }

    /// `("text")`, or `(text)` with a parameter of a meta, behind `error`.
    fn error_argument(&mut self) -> Parsed<ErrorText<'s>> {
        if self.next.kind != TokenKind::Word {
            return self.error_text().map(ErrorText::Literal);
        }
        self.expect(TokenKind::ParenOpen)?;
        let name = self.name("a string")?;
        self.expect(TokenKind::ParenClose)?;
        Ok(ErrorText::Param(name))
    }

    /// `("text")`, behind `error`.
    pub(super) fn error_text(&mut self) -> Parsed<Literal<'s>> {
        self.expect(TokenKind::ParenOpen)?;
        let text = self.literal()?;
        self.expect(TokenKind::ParenClose)?;
        Ok(text)
    }
}
