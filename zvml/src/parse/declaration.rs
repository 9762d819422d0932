//! What stands at the top of a file: commands, templates, instantiations, metas.

use super::{Failed, Parsed, Parser};
use crate::Span;
use crate::ast::{Instance, Meta, Module, Name, Template};
use crate::lex::TokenKind;

impl<'s> Parser<'s, '_> {
    pub(super) fn module(&mut self) -> Module<'s> {
        let mut module = Module::default();
        while !self.at(TokenKind::End) {
            if self.declaration(&mut module).is_err() {
                self.pass_over_declaration();
            }
        }
        module
    }

    /// One declaration, left out where something in it was reported.
    fn declaration(&mut self, module: &mut Module<'s>) -> Parsed<()> {
        let complaints = self.problems.len();
        let word = if self.at(TokenKind::Word) { self.current_text() } else { "" };
        let whole = |parser: &Self| parser.problems.len() == complaints;
        match word {
            "template" if !self.in_template => {
                let template = self.template()?;
                module.templates.push(template);
            }
            "instantiate" if !self.in_template => {
                let instance = self.instance()?;
                module.instances.push(instance);
            }
            "meta" if !self.in_template => {
                let meta = self.meta()?;
                if whole(self) {
                    module.metas.push(meta);
                }
            }
            _ => {
                let command = self.command()?;
                if whole(self) {
                    module.commands.push(command);
                }
            }
        }
        Ok(())
    }

    /// Passes over tokens up to the next declaration, beyond the one that failed.
    fn pass_over_declaration(&mut self) {
        if self.at_declaration() && self.in_template && !self.at_word("command") {
            self.advance();
        }
        while !self.at(TokenKind::End) {
            if self.at_declaration() || self.at_docs_of_command() {
                return;
            }
            self.advance();
        }
    }

    fn at_docs_of_command(&self) -> bool {
        self.at(TokenKind::Docs) && self.text(self.next.span) == "command"
    }

    /// `template Name<A, B> { ... }`. The body is passed over by its braces alone: what it means,
    /// and whether it means anything, turns out where it is instantiated.
    fn template(&mut self) -> Parsed<Template<'s>> {
        self.advance();
        let name = self.name("the template's name")?;
        self.expect(TokenKind::Less)?;
        let params = self.list(TokenKind::Greater, |parser| parser.name("a parameter's name"))?;
        let open = self.expect(TokenKind::BraceOpen)?.span;
        let mut open_braces = 0_usize;
        loop {
            match self.current.kind {
                TokenKind::End => return Err(self.unexpected("`}` at the end of the template")),
                TokenKind::BraceOpen => open_braces = open_braces.saturating_add(1),
                TokenKind::BraceClose if open_braces == 0 => break,
                TokenKind::BraceClose => open_braces = open_braces.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
        let close = self.advance().span;
        Ok(Template { name, params, body: Span { start: open.end, end: close.start } })
    }

    /// `instantiate Name<S, SET, set>`
    fn instance(&mut self) -> Parsed<Instance<'s>> {
        let start = self.advance().span;
        let template = self.name("a template's name")?;
        self.expect(TokenKind::Less)?;
        let args = self.list(TokenKind::Greater, Self::instance_argument)?;
        Ok(Instance { span: start.to(self.last), template, args })
    }

    fn instance_argument(&mut self) -> Parsed<Name<'s>> {
        match self.current.kind {
            TokenKind::Integer | TokenKind::Float | TokenKind::String => {
                let span = self.advance().span;
                Ok(Name { text: self.text(span), span })
            }
            _ => self.name("a word, an integer or a string"),
        }
    }

    /// `meta name(a, b) expands_to { ... }`
    fn meta(&mut self) -> Parsed<Meta<'s>> {
        self.advance();
        let name = self.name("the meta's name")?;
        self.expect(TokenKind::ParenOpen)?;
        let params =
            self.list(TokenKind::ParenClose, |parser| parser.name("a parameter's name"))?;
        if !self.take_word("expands_to") {
            let Failed = self.unexpected("`expands_to`");
            return Err(Failed);
        }
        Ok(Meta { name, params, body: self.block()? })
    }
}
