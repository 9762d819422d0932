//! Blocks and statements.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Beside, Block, Expr, ExprKind, Name, Over, Statement, StatementKind, Test, Value,
};
use crate::lex::TokenKind;
use crate::{Code, Diagnostic};

impl<'s> Parser<'s, '_> {
    pub(super) fn block(&mut self) -> Parsed<Block<'s>> {
        self.nested(Self::block_here)
    }

    fn block_here(&mut self) -> Parsed<Block<'s>> {
        let open = self.expect(TokenKind::BraceOpen)?.span;
        let mut statements = Vec::new();
        while !self.at(TokenKind::BraceClose) {
            if self.at(TokenKind::End) || self.at_declaration() {
                return Err(self.unexpected("`}` at the end of the block"));
            }
            let start = self.current.span;
            match self.statement() {
                Ok(kind) => statements.push(Statement { span: start.to(self.last), kind }),
                Err(Failed) => self.recover(start, Self::at_statement),
            }
        }
        let close = self.expect(TokenKind::BraceClose)?.span;
        Ok(Block { span: open.to(close), statements })
    }

    fn at_statement(&self) -> bool {
        match self.current.kind {
            TokenKind::Word => {
                matches!(
                    self.current_text(),
                    "let" | "if" | "for" | "for_values" | "for_options" | "return" | "emit"
                ) || self.next.kind == TokenKind::Assign
            }
            TokenKind::At => true,
            _ => false,
        }
    }

    fn statement(&mut self) -> Parsed<StatementKind<'s>> {
        if self.at(TokenKind::At) {
            return Ok(StatementKind::Call(self.value()?));
        }
        let word = if self.at(TokenKind::Word) { self.current_text() } else { "" };
        match word {
            "let" => self.let_statement(),
            "if" => self.if_statement(),
            "for" => self.for_statement(),
            "for_values" => self.for_values_statement(),
            "for_options" => self.for_options_statement(),
            "emit" => {
                self.advance();
                Ok(StatementKind::Emit(self.reply()?))
            }
            "return" => {
                self.advance();
                Ok(StatementKind::Return(self.reply()?))
            }
            "while" | "loop" | "repeat" => {
                let message = format!("there is no `{word}`: a command has to end");
                let problem = Diagnostic::new(Code::BadLoop, self.current.span, message);
                self.report(problem.with_hint(LOOPS));
                while !matches!(
                    self.current.kind,
                    TokenKind::BraceOpen | TokenKind::BraceClose | TokenKind::End
                ) {
                    self.advance();
                }
                Err(Failed)
            }
            "error" | "status" if self.next.kind == TokenKind::ParenOpen => {
                let message = format!("`{word}(...)` is a reply, not a statement");
                let problem = Diagnostic::new(Code::Unexpected, self.current.span, message);
                self.report(problem.with_hint("`return` gives the reply"));
                Err(Failed)
            }
            _ if self.next.kind == TokenKind::ParenOpen => {
                let start = self.current.span;
                let kind = self.call()?;
                let expr = Expr { span: start.to(self.last), kind };
                Ok(StatementKind::Call(Value { expr, handler: self.handler()? }))
            }
            _ => {
                let name = self.name("a statement")?;
                self.expect(TokenKind::Assign)?;
                Ok(StatementKind::Assign { name, value: self.value()? })
            }
        }
    }

    fn let_statement(&mut self) -> Parsed<StatementKind<'s>> {
        self.advance();
        let name = self.name("a variable's name")?;
        self.expect(TokenKind::Assign)?;
        Ok(StatementKind::Let { name, value: self.value()? })
    }

    fn if_statement(&mut self) -> Parsed<StatementKind<'s>> {
        self.advance();
        let test = if self.take_word("let") {
            let name = self.name("a variable's name")?;
            self.expect(TokenKind::Assign)?;
            Test::Present(name, self.expr()?)
        } else {
            Test::Holds(self.expr()?)
        };
        let then = self.block()?;
        let otherwise = if !self.take_word("else") {
            None
        } else if self.at_word("if") {
            Some(self.nested(Self::else_if)?)
        } else {
            Some(self.block()?)
        };
        Ok(StatementKind::If { test, then, otherwise })
    }

    /// `else if` is an `else` block with one statement.
    fn else_if(&mut self) -> Parsed<Block<'s>> {
        let start = self.current.span;
        let kind = self.if_statement()?;
        let span = start.to(self.last);
        Ok(Block { span, statements: vec![Statement { span, kind }] })
    }

    fn for_statement(&mut self) -> Parsed<StatementKind<'s>> {
        self.advance();
        let names: Vec<Name<'s>> = if self.take(TokenKind::ParenOpen) {
            self.list(TokenKind::ParenClose, |parser| parser.name("a variable's name"))?
        } else {
            vec![self.name("a variable's name")?]
        };
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let is_name = matches!(self.next.kind, TokenKind::BraceOpen | TokenKind::Word);
        let over = if self.at(TokenKind::Word) && is_name {
            Over::List(self.name("a list among the parameters")?)
        } else {
            let start = self.current.span;
            let first = self.expr()?;
            if self.take(TokenKind::Range) {
                Over::Range(first, self.expr()?)
            } else if matches!(first.kind, ExprKind::Call { .. }) {
                Over::Elements(first)
            } else {
                let message = "a loop goes over something of which there is an end";
                let problem = Diagnostic::new(Code::BadLoop, start.to(self.last), message);
                self.report(problem.with_hint(LOOPS));
                return Err(Failed);
            }
        };
        let beside = self.beside()?;
        Ok(StatementKind::For { names, over, beside, body: self.block()? })
    }

    /// `with weight in weights`, where it stands here.
    fn beside(&mut self) -> Parsed<Option<Beside<'s>>> {
        if !self.take_word("with") {
            return Ok(None);
        }
        let name = self.name("a variable's name")?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        Ok(Some(Beside { name, list: self.name("a counted operand")? }))
    }

    /// `for_options(GET) { ... }`
    fn for_options_statement(&mut self) -> Parsed<StatementKind<'s>> {
        self.advance();
        self.expect(TokenKind::ParenOpen)?;
        let word = self.hyphenated("an option's word")?;
        self.expect(TokenKind::ParenClose)?;
        Ok(StatementKind::ForOptions { word, body: self.block()? })
    }

    /// `for_values(1) { ... value ... }`
    fn for_values_statement(&mut self) -> Parsed<StatementKind<'s>> {
        let start = self.advance().span;
        self.expect(TokenKind::ParenOpen)?;
        let from = self.integer(false)?;
        self.expect(TokenKind::ParenClose)?;
        let span = start.to(self.last);
        Ok(StatementKind::ForValues { from, span, body: self.block()? })
    }

    pub(super) fn value(&mut self) -> Parsed<Value<'s>> {
        Ok(Value { expr: self.expr()?, handler: self.handler()? })
    }
}

/// What to write instead of a loop that need not end.
const LOOPS: &str = "loops go over a list among the parameters (`for member in members { ... }`), \
                     integers (`for n in 1..10`) or a container (`for member in \
                     @set_members(key)`)";
