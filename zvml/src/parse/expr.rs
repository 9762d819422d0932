//! Expressions, by precedence climbing.

use super::{Failed, Parsed, Parser};
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::lex::{TokenKind, parse_float, parse_integer};
use crate::{Code, Diagnostic};

impl<'s> Parser<'s, '_> {
    pub(super) fn expr(&mut self) -> Parsed<Expr<'s>> {
        self.nested(|parser| parser.binary(0))
    }

    /// A chain of operators that bind more tightly than `above`. Comparisons do not chain.
    fn binary(&mut self, above: u8) -> Parsed<Expr<'s>> {
        let mut left = self.unary()?;
        let mut chained = 0_usize;
        while let Some((op, strength)) = operator(self.current.kind) {
            if strength <= above {
                break;
            }
            chained = chained.saturating_add(1);
            if chained > CHAIN_MAX {
                let message = format!("more than {CHAIN_MAX} operators in a row");
                self.report(Diagnostic::new(Code::TooDeep, self.current.span, message));
                return Err(Failed);
            }
            self.advance();
            let right = self.nested(|parser| parser.binary(strength))?;
            if strength == COMPARISON
                && matches!(operator(self.current.kind), Some((_, COMPARISON)))
            {
                let failed = self.unexpected("the end of the comparison");
                return Err(failed);
            }
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
            left = Expr { span, kind };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr<'s>> {
        let start = self.current.span;
        let kind = match self.current.kind {
            TokenKind::Not => {
                self.advance();
                ExprKind::Not(Box::new(self.nested(Self::unary)?))
            }
            TokenKind::Minus if self.next.kind == TokenKind::Integer => {
                self.advance();
                ExprKind::Integer(self.integer(true)?)
            }
            TokenKind::Minus if self.next.kind == TokenKind::Float => {
                self.advance();
                ExprKind::Float(-self.float()?)
            }
            TokenKind::Minus => {
                self.advance();
                ExprKind::Negate(Box::new(self.nested(Self::unary)?))
            }
            _ => self.primary()?,
        };
        Ok(Expr { span: start.to(self.last), kind })
    }

    fn primary(&mut self) -> Parsed<ExprKind<'s>> {
        match self.current.kind {
            TokenKind::Integer => self.integer(false).map(ExprKind::Integer),
            TokenKind::Float => self.float().map(ExprKind::Float),
            TokenKind::String => Ok(ExprKind::String(self.literal()?)),
            TokenKind::ParenOpen => {
                self.advance();
                let inner = self.expr()?;
                self.expect(TokenKind::ParenClose)?;
                Ok(inner.kind)
            }
            TokenKind::At => {
                self.advance();
                self.call()
            }
            TokenKind::Word => self.word(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// `name(arguments)`, behind the `@`.
    pub(super) fn call(&mut self) -> Parsed<ExprKind<'s>> {
        if self.at_word("if_type") || self.at_word("else") {
            let message = "conditions of this kind are decided where a template is instantiated";
            let problem = Diagnostic::new(Code::BadCondition, self.current.span, message);
            self.report(problem.with_hint("they stand in templates; a body has `if`"));
            return Err(Failed);
        }
        let name = self.name("a primitive's name")?;
        self.expect(TokenKind::ParenOpen)?;
        let args = self.list(TokenKind::ParenClose, Self::expr)?;
        Ok(ExprKind::Call { name, args })
    }

    fn word(&mut self) -> Parsed<ExprKind<'s>> {
        let kind = match self.current_text() {
            "true" => ExprKind::Truth(true),
            "false" => ExprKind::Truth(false),
            "nil" => ExprKind::Nil,
            _ => return Ok(ExprKind::Name(self.name("an expression")?.text)),
        };
        self.advance();
        Ok(kind)
    }

    fn float(&mut self) -> Parsed<f64> {
        let span = self.current.span;
        let Some(value) = parse_float(self.current_text()) else {
            let message = "a Float has decimal digits around its point and fits in a double";
            self.report(Diagnostic::new(Code::BadInteger, span, message));
            return Err(Failed);
        };
        self.advance();
        Ok(value)
    }

    pub(super) fn integer(&mut self, negative: bool) -> Parsed<i64> {
        let span = self.current.span;
        if !self.at(TokenKind::Integer) {
            return Err(self.unexpected("an integer"));
        }
        let Some(value) = parse_integer(self.current_text(), negative) else {
            let message = "an integer has decimal digits and fits in 64 bits";
            self.report(Diagnostic::new(Code::BadInteger, span, message));
            return Err(Failed);
        };
        self.advance();
        Ok(value)
    }
}

/// A binary operator and how tightly it binds.
const fn operator(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        TokenKind::Either => (BinaryOp::Or, 1),
        TokenKind::And => (BinaryOp::And, 2),
        TokenKind::Equal => (BinaryOp::Equal, COMPARISON),
        TokenKind::NotEqual => (BinaryOp::NotEqual, COMPARISON),
        TokenKind::Less => (BinaryOp::Less, COMPARISON),
        TokenKind::LessEqual => (BinaryOp::LessEqual, COMPARISON),
        TokenKind::Greater => (BinaryOp::Greater, COMPARISON),
        TokenKind::GreaterEqual => (BinaryOp::GreaterEqual, COMPARISON),
        TokenKind::Plus => (BinaryOp::Add, 4),
        TokenKind::Minus => (BinaryOp::Subtract, 4),
        TokenKind::Star => (BinaryOp::Multiply, 5),
        TokenKind::Slash => (BinaryOp::Divide, 5),
        _ => return None,
    })
}

const COMPARISON: u8 = 3;

/// How many operators of one strength stand in a row; the tree leans left that deep.
const CHAIN_MAX: usize = 16;
