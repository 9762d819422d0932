//! The checked tree: what a command means, every name resolved and every type known.
//!
//! Nothing in it can be wrong any more, so the stages behind report no mistakes but limits.

use crate::Span;
use zvm::{Access, Docs, Opcode, Primitive, Protocol, Returns, RunWhere, Signature, Type};

/// A command that passed every check.
#[derive(Debug)]
pub(crate) struct Command {
    pub head: Head,
    pub variables: Vec<Variable>,
    pub body: Vec<Statement>,
}

/// Everything of a command but its body.
#[derive(Debug)]
pub(crate) struct Head {
    /// Where the name stands.
    pub span: Span,
    /// With the subcommand's name, behind a blank.
    pub name: Box<str>,
    pub protocol: Protocol,
    pub access: Access,
    pub run_where: RunWhere,
    pub returns: Returns,
    pub signature: Signature,
    /// The byte strings that defaults in the signature name by number.
    pub constants: Vec<Box<[u8]>>,
    pub docs: Docs,
    pub line: u32,
}

/// The number of a variable in its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VariableId(pub u32);

/// A parameter, option, operand, loop variable or `let`.
#[derive(Debug)]
pub(crate) struct Variable {
    pub ty: ValueType,
    pub origin: Origin,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The register that decoding the request fills.
    Parameter(u8),
    /// A group of the variadic parameter.
    Loop,
    /// A statement.
    Let,
    /// The same value under another name, where it is known to be there.
    Present(VariableId),
}

/// A type, and whether the value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueType {
    pub ty: Type,
    pub optional: bool,
}

#[derive(Debug)]
pub(crate) enum Statement {
    /// `let` and assignment.
    Set(VariableId, Fallible),
    /// A call for its effect.
    Do(Fallible),
    /// `ensure_type`: WRONGTYPE for another kind; where the key is absent, the exit, if any.
    Ensure {
        key: VariableId,
        kind: u8,
        absent: Option<Exit>,
    },
    /// `validate`: an error where the value is there and not within the bounds.
    Validate {
        value: VariableId,
        low: i64,
        high: i64,
        error: Box<[u8]>,
    },
    If {
        test: Test,
        then: Vec<Self>,
        otherwise: Vec<Self>,
    },
    For {
        over: Over,
        variables: Vec<VariableId>,
        /// The number of a counted operand that stands beside each group, and the operand.
        beside: Option<(VariableId, VariableId)>,
        body: Vec<Self>,
    },
    /// An element of the reply being built.
    Emit(Reply),
    /// The reply; the program ends.
    Return(Reply),
}

/// What a loop goes over.
#[derive(Debug)]
pub(crate) enum Over {
    /// The groups of the list among the parameters.
    List,
    /// The integers between two, both included.
    Range(Expr, Expr),
    /// The elements of the container at a key: by number, which elements.
    Elements(Expr, i32),
    /// The options that are given of a group, by number.
    Options(i32),
}

#[derive(Debug)]
pub(crate) enum Test {
    Holds(Expr),
    /// Whether the value is there; if so the variable is bound to it.
    Present(VariableId, Expr),
}

/// An expression and what happens where something in it fails.
#[derive(Debug)]
pub(crate) struct Fallible {
    pub expr: Expr,
    pub otherwise: Otherwise,
}

#[derive(Debug)]
pub(crate) enum Otherwise {
    /// It cannot fail, or each failure has its usual error.
    Usual,
    /// Another value.
    Value(Expr),
    /// The command ends.
    Exit(Exit),
    /// The statement is left out.
    Skip,
    /// The reply is nil; only in replies.
    Nil,
}

/// A way to end a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exit {
    Error(Box<[u8]>),
    Integer(i64),
    Nil,
    EmptyArray,
    EmptyMap,
}

#[derive(Debug)]
pub(crate) enum Reply {
    Status(Box<[u8]>),
    /// A status whose text is computed.
    StatusOf(Expr),
    Error(Box<[u8]>),
    Nil,
    NilArray,
    Literal(Box<[u8]>),
    /// A value, or nil where that is possible and there is none.
    Value {
        value: Fallible,
        form: Form,
        nil: bool,
    },
    /// The string at a key, nil where there is none.
    StringAt(Expr),
    /// A primitive that replies by itself.
    Primitive(Fallible),
    /// The first in RESP3, the second in other protocols.
    ByVersion(Box<Self>, Box<Self>),
    /// An aggregate whose length turns out as it is built.
    Build {
        map: bool,
        counted: bool,
        body: Vec<Statement>,
    },
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

/// How a value is replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Integer,
    /// A boolean as 1 or 0.
    Digit,
    Double,
    Boolean,
    Bytes,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub ty: ValueType,
    pub kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Variable(VariableId),
    Integer(i64),
    Float(f64),
    Bytes(Box<[u8]>),
    Truth(bool),
    Not(Box<Expr>),
    Both(Box<Expr>, Box<Expr>),
    Either(Box<Expr>, Box<Expr>),
    /// A comparison: `left op right`, or its negation.
    Compare {
        op: Opcode,
        negated: bool,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// Checked arithmetic.
    Arithmetic {
        op: Opcode,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Call {
        primitive: &'static Primitive,
        args: Vec<Argument>,
    },
}

#[derive(Debug)]
pub(crate) enum Argument {
    Value(Expr),
    /// One of the names that the operand chooses from.
    Choice(i32),
}

impl Expr {
    /// Whether `or` is about the value being absent. It is not where the expression is a call
    /// that can fail in another way, such as the expiry of a key that does not exist: then `or`
    /// is about that, and the value may be absent still.
    pub(crate) const fn absence_is_failure(&self) -> bool {
        let fails_otherwise = match &self.kind {
            ExprKind::Call { primitive, .. } => primitive.otherwise.is_some(),
            _ => false,
        };
        self.ty.optional && !fails_otherwise
    }
}

impl ValueType {
    pub(crate) const INT: Self = Self::of(Type::Int);
    pub(crate) const FLOAT: Self = Self::of(Type::Float);
    pub(crate) const BOOL: Self = Self::of(Type::Bool);
    pub(crate) const BYTES: Self = Self::of(Type::Bytes);

    /// A type whose values are there.
    pub(crate) const fn of(ty: Type) -> Self {
        Self { ty, optional: false }
    }

    /// The same, surely there.
    pub(crate) const fn present(self) -> Self {
        Self::of(self.ty)
    }

    /// How the language writes it.
    pub(crate) fn describe(self) -> String {
        format!("{}{}", type_name(self.ty), if self.optional { "?" } else { "" })
    }
}

/// How the language calls a type.
pub(crate) const fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::Int => "Integer",
        Type::Bool => "Boolean",
        Type::Float => "Float",
        Type::Key => "Key",
        Type::Cursor => "Cursor",
        Type::List => "a list",
        _ => "Bytes",
    }
}
