//! Commands: name, items of the head, preconditions.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Command, Condition, Item, ItemValue, Literal, Requirement, Statement, StatementKind,
};
use crate::lex::TokenKind;
use crate::{Code, Diagnostic};

impl<'s> Parser<'s, '_> {
    pub(super) fn command(&mut self) -> Parsed<Command<'s>> {
        let docs = if self.at(TokenKind::Docs) {
            let span = self.advance().span;
            Some(Literal { text: self.text(span), span })
        } else {
            None
        };
        if !self.take_word("command") {
            let wanted = if docs.is_some() {
                "`command`"
            } else if self.in_template {
                "`command`; a template holds commands"
            } else {
                "`command`, `template`, `instantiate` or `meta`"
            };
            let failed = self.unexpected(wanted);
            if !self.at_declaration() {
                self.advance();
            }
            return Err(failed);
        }
        let name = self.hyphenated("the command's name")?;
        let subcommand = if self.at(TokenKind::Word) {
            Some(self.hyphenated("the subcommand's name")?)
        } else {
            None
        };
        self.expect(TokenKind::BraceOpen)?;
        let mut items = Vec::with_capacity(12);
        while !self.at(TokenKind::BraceClose) {
            if self.at(TokenKind::End) || self.at_declaration() {
                return Err(self.unexpected("`}` at the end of the command"));
            }
            let start = self.current.span;
            match self.item() {
                Ok(item) => items.extend(item),
                Err(Failed) => self.recover(start, Self::at_item),
            }
        }
        self.expect(TokenKind::BraceClose)?;
        Ok(Command { docs, name, subcommand, items })
    }

    fn at_item(&self) -> bool {
        let followed = matches!(self.next.kind, TokenKind::Colon | TokenKind::BraceOpen);
        followed && ITEMS.contains(&self.current_text())
    }

    /// An item; nothing for an unknown one, which is reported and passed over.
    fn item(&mut self) -> Parsed<Option<Item<'s>>> {
        let key = self.name("an item of the command, such as `params`")?;
        if !ITEMS.contains(&key.text) {
            let message = format!("a command has no item `{}`", key.text);
            let hint = format!("the items are {}", ITEMS.join(", "));
            self.report(Diagnostic::new(Code::UnknownItem, key.span, message).with_hint(hint));
            self.pass_over_item();
            return Ok(None);
        }
        let value = match key.text {
            "pre" => ItemValue::Pre(self.requirements()?),
            "body" => ItemValue::Body(self.block()?),
            _ => {
                self.expect(TokenKind::Colon)?;
                self.item_value(key.text)?
            }
        };
        Ok(Some(Item { key, value }))
    }

    /// Passes over tokens up to what looks like the next item, known or not.
    fn pass_over_item(&mut self) {
        let mut parentheses = 0_usize;
        self.take(TokenKind::Colon);
        while !self.at(TokenKind::End) && !self.at_declaration() {
            match self.current.kind {
                TokenKind::BraceOpen | TokenKind::BraceClose => return,
                TokenKind::ParenOpen => parentheses = parentheses.saturating_add(1),
                TokenKind::ParenClose => parentheses = parentheses.saturating_sub(1),
                TokenKind::Word
                    if parentheses == 0
                        && (self.next.kind == TokenKind::Colon || self.at_item()) =>
                {
                    return;
                }
                _ => {}
            }
            self.advance();
        }
    }

    fn item_value(&mut self, key: &str) -> Parsed<ItemValue<'s>> {
        Ok(match key {
            "params" => ItemValue::Params(self.params()?),
            "opts" => ItemValue::Options(self.options()?),
            "conflict" => ItemValue::Conflict(self.conflict()?),
            "since" | "group" | "complexity" => ItemValue::Text(self.literal()?),
            "example" => {
                let call = self.literal()?;
                self.expect(TokenKind::Arrow)?;
                ItemValue::Example(call, self.literal()?)
            }
            _ => {
                let mut words = vec![self.name("a name")?];
                while self.take(TokenKind::Bar) {
                    words.push(self.name("a name")?);
                }
                ItemValue::Words(words)
            }
        })
    }

    fn requirements(&mut self) -> Parsed<Vec<Requirement<'s>>> {
        self.expect(TokenKind::BraceOpen)?;
        let mut requirements = Vec::new();
        while !self.at(TokenKind::BraceClose) {
            if self.at(TokenKind::End) || self.at_declaration() {
                return Err(self.unexpected("`}` at the end of `pre`"));
            }
            let start = self.current.span;
            match self.requirement() {
                Ok(requirement) => requirements.push(requirement),
                Err(Failed) => self.recover(start, |parser| {
                    parser.next.kind == TokenKind::Colon || parser.at(TokenKind::At)
                }),
            }
        }
        self.expect(TokenKind::BraceClose)?;
        Ok(requirements)
    }

    fn requirement(&mut self) -> Parsed<Requirement<'s>> {
        if !self.at(TokenKind::At) {
            return self.condition().map(Requirement::Condition);
        }
        let start = self.current.span;
        let kind = StatementKind::Call(self.value()?);
        Ok(Requirement::Call(Statement { span: start.to(self.last), kind }))
    }

    fn condition(&mut self) -> Parsed<Condition<'s>> {
        let param = self.name("a parameter's name")?;
        self.expect(TokenKind::Colon)?;
        let verb = self.name("`ensure_type` or `validate`")?;
        self.expect(TokenKind::ParenOpen)?;
        let first = self.expr()?;
        let range_end = if self.take(TokenKind::Range) { Some(self.expr()?) } else { None };
        let mut args = vec![first];
        if self.take(TokenKind::Comma) {
            args.extend(self.list(TokenKind::ParenClose, Self::expr)?);
        } else {
            self.expect(TokenKind::ParenClose)?;
        }
        let handler = self.handler()?;
        Ok(Condition { param, verb, args, range_end, handler })
    }
}

/// What a command is made of.
pub(crate) const ITEMS: &[&str] = &[
    "protocol",
    "access",
    "run_where",
    "pre_access",
    "params",
    "opts",
    "conflict",
    "decode",
    "returns",
    "since",
    "group",
    "complexity",
    "example",
    "pre",
    "body",
];
