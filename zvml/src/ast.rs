//! The syntax tree: what a source says, names not yet resolved.
//!
//! It borrows from the source. Strings stand here as written; their escapes are resolved when
//! they are checked.

mod print;

pub(crate) use print::print;

use crate::Span;
use zvm::Again;

/// A word of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'s> {
    pub text: &'s str,
    pub span: Span,
}

/// A string literal, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Literal<'s> {
    pub text: &'s str,
    pub span: Span,
}

/// Everything that a file declares.
#[derive(Debug, Default)]
pub(crate) struct Module<'s> {
    pub commands: Vec<Command<'s>>,
    pub templates: Vec<Template<'s>>,
    pub instances: Vec<Instance<'s>>,
    pub metas: Vec<Meta<'s>>,
}

/// `template Name<A, B> { ... }`
#[derive(Debug, Clone)]
pub(crate) struct Template<'s> {
    pub name: Name<'s>,
    pub params: Vec<Name<'s>>,
    /// From behind the opening brace to before the closing one; parsed where it is instantiated.
    pub body: Span,
}

/// `instantiate Name<S, SET, set>`
#[derive(Debug, Clone)]
pub(crate) struct Instance<'s> {
    pub span: Span,
    pub template: Name<'s>,
    /// Words, integers or strings, as written.
    pub args: Vec<Name<'s>>,
}

/// `meta name(a, b) expands_to { ... }`
#[derive(Debug, Clone)]
pub(crate) struct Meta<'s> {
    pub name: Name<'s>,
    pub params: Vec<Name<'s>>,
    pub body: Block<'s>,
}

#[derive(Debug, Clone)]
pub(crate) struct Command<'s> {
    /// Documentation lines, `///` included.
    pub docs: Option<Literal<'s>>,
    /// The command's name, and a subcommand's.
    pub name: Name<'s>,
    pub subcommand: Option<Name<'s>>,
    pub items: Vec<Item<'s>>,
}

/// One item of a command's head, or its body.
#[derive(Debug, Clone)]
pub(crate) struct Item<'s> {
    pub key: Name<'s>,
    pub value: ItemValue<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum ItemValue<'s> {
    /// `access: READ | WRITE` and the other items that take words.
    Words(Vec<Name<'s>>),
    /// `since: "1.0.0"`
    Text(Literal<'s>),
    /// `example: "GET a" -> "1"`
    Example(Literal<'s>, Literal<'s>),
    Params(Params<'s>),
    /// `(NX, GT | LT) or error("...")`
    Conflict(Conflict<'s>),
    Options(Options<'s>),
    Pre(Vec<Requirement<'s>>),
    Body(Block<'s>),
}

/// What stands between the parentheses of `params`.
#[derive(Debug, Clone)]
pub(crate) struct Params<'s> {
    pub list: Vec<Param<'s>>,
    /// `opts`: how many parameters stand before it, and where it stands.
    pub options: Option<(usize, Span)>,
}

/// Options of which those of one side do not go with those of the other.
#[derive(Debug, Clone)]
pub(crate) struct Conflict<'s> {
    pub sides: [Vec<Name<'s>>; 2],
    pub error: Literal<'s>,
}

#[derive(Debug, Clone)]
pub(crate) struct Param<'s> {
    pub name: Name<'s>,
    pub shape: ParamShape<'s>,
    pub count: Count<'s>,
    /// `or error("...")`: the text where the argument is not of the type.
    pub error: Option<Literal<'s>>,
}

#[derive(Debug, Clone)]
pub(crate) enum ParamShape<'s> {
    One(Name<'s>),
    Group(Vec<Param<'s>>),
}

/// How often a parameter stands in a request.
#[derive(Debug, Clone)]
pub(crate) enum Count<'s> {
    Once,
    /// `T?`
    Optional,
    /// `T = value`
    Default(Expr<'s>),
    /// `T...`, `(...)+`: one or more.
    Many,
    /// `T...?`, `(...)*`: none or more.
    Any,
    /// `T[count]`, `(...)[count]`: as many as a parameter before it says.
    Counted(Counter<'s>),
}

/// What counts the values of a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Counter<'s> {
    pub by: Name<'s>,
    /// `none error("...")`: the text where it is below 1.
    pub none: Option<Literal<'s>>,
    /// `beyond error("...")`: the text where there are fewer arguments.
    pub beyond: Option<Literal<'s>>,
}

/// All options of a command.
#[derive(Debug, Clone)]
pub(crate) struct Options<'s> {
    pub groups: Vec<OptionGroup<'s>>,
    /// `or error("... {}")`: the text about a word that is no option.
    pub unknown: Option<Literal<'s>>,
}

/// Alternatives in brackets.
#[derive(Debug, Clone)]
pub(crate) struct OptionGroup<'s> {
    pub span: Span,
    /// `[once ...]`: a request names none of them twice; `[each ...]`: each time counts.
    pub again: Again,
    pub alternatives: Vec<OptionWord<'s>>,
}

#[derive(Debug, Clone)]
pub(crate) struct OptionWord<'s> {
    /// Mostly one; more as in `FILTERBY MODULE`.
    pub words: Vec<Name<'s>>,
    pub operands: Vec<Param<'s>>,
}

/// A line of `pre`.
#[derive(Debug, Clone)]
pub(crate) enum Requirement<'s> {
    /// `key: ensure_type(SET) or create`
    Condition(Condition<'s>),
    /// `@meta(...)`
    Call(Statement<'s>),
}

#[derive(Debug, Clone)]
pub(crate) struct Condition<'s> {
    pub param: Name<'s>,
    pub verb: Name<'s>,
    pub args: Vec<Expr<'s>>,
    /// The upper end of `lo..hi`, where the one argument is a range.
    pub range_end: Option<Expr<'s>>,
    pub handler: Option<Handler<'s>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Block<'s> {
    /// From the opening brace to the closing one.
    pub span: Span,
    pub statements: Vec<Statement<'s>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement<'s> {
    pub span: Span,
    pub kind: StatementKind<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum StatementKind<'s> {
    Let {
        name: Name<'s>,
        value: Value<'s>,
    },
    Assign {
        name: Name<'s>,
        value: Value<'s>,
    },
    If {
        test: Test<'s>,
        then: Block<'s>,
        otherwise: Option<Block<'s>>,
    },
    For {
        names: Vec<Name<'s>>,
        over: Over<'s>,
        /// `with weight in weights`
        beside: Option<Beside<'s>>,
        body: Block<'s>,
    },
    /// `for_options(GET) { ... }`
    ForOptions {
        word: Name<'s>,
        body: Block<'s>,
    },
    /// `for_values(1) { ... value ... }`
    ForValues {
        from: i64,
        span: Span,
        body: Block<'s>,
    },
    Return(Reply<'s>),
    Emit(Reply<'s>),
    Call(Value<'s>),
}

/// The number that a loop over the list meets beside each group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'s> {
    pub name: Name<'s>,
    /// The counted operand.
    pub list: Name<'s>,
}

/// What a loop goes over.
#[derive(Debug, Clone)]
pub(crate) enum Over<'s> {
    /// The list among the parameters.
    List(Name<'s>),
    /// `low..high`, both included.
    Range(Expr<'s>, Expr<'s>),
    /// `@set_members(key)`
    Elements(Expr<'s>),
}

#[derive(Debug, Clone)]
pub(crate) enum Test<'s> {
    Holds(Expr<'s>),
    /// `if let name = value`
    Present(Name<'s>, Expr<'s>),
}

/// An expression and what to do where it fails.
#[derive(Debug, Clone)]
pub(crate) struct Value<'s> {
    pub expr: Expr<'s>,
    pub handler: Option<Handler<'s>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Handler<'s> {
    /// From `or` on.
    pub span: Span,
    pub kind: HandlerKind<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum HandlerKind<'s> {
    /// `return_zero`, `return_one`, `return_minus_one`, `return 7`
    ReturnInteger(i64),
    ReturnNil,
    ReturnEmpty,
    Create,
    /// `skip`: leave out this element.
    Skip,
    Error(ErrorText<'s>),
    /// `nil`, in a reply.
    Nil,
    Value(Expr<'s>),
}

#[derive(Debug, Clone)]
pub(crate) struct Reply<'s> {
    pub span: Span,
    pub kind: ReplyKind<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum ReplyKind<'s> {
    Ok,
    Nil,
    NilArray,
    Status(Expr<'s>),
    Error(ErrorText<'s>),
    /// `array { ... }` or `map { ... }` with statements that emit.
    Build(Aggregate, Block<'s>),
    /// `array [a, b]`
    Array(Vec<Reply<'s>>),
    /// `map { "k": v, ... }`
    Map(Vec<(Reply<'s>, Reply<'s>)>),
    /// `resp3 ... else ...`: by the protocol's version.
    ByVersion(Box<Reply<'s>>, Box<Reply<'s>>),
    Value(Value<'s>),
}

/// The text of an error: written out, or a parameter of a meta that stands for one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ErrorText<'s> {
    Literal(Literal<'s>),
    Param(Name<'s>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Array,
    Map,
}

#[derive(Debug, Clone)]
pub(crate) struct Expr<'s> {
    pub span: Span,
    pub kind: ExprKind<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum ExprKind<'s> {
    Name(&'s str),
    Integer(i64),
    Float(f64),
    String(Literal<'s>),
    Truth(bool),
    Nil,
    Not(Box<Expr<'s>>),
    Negate(Box<Expr<'s>>),
    Binary { op: BinaryOp, left: Box<Expr<'s>>, right: Box<Expr<'s>> },
    Call { name: Name<'s>, args: Vec<Expr<'s>> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl BinaryOp {
    /// How it is written.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}
