//! What the lexer tells apart.

use crate::Span;

/// A token: what it is and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of token. Keywords are words: which of them mean something depends on the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TokenKind {
    /// A name or keyword.
    Word,
    /// Digits, and whatever letters stick to them.
    Integer,
    /// Digits, a point and digits; perhaps an exponent.
    Float,
    /// A string with both its quotes, escapes not yet resolved.
    String,
    /// A string that its line ended.
    OpenString,
    /// A run of documentation lines.
    Docs,
    /// `{`
    BraceOpen,
    /// `}`
    BraceClose,
    /// `(`
    ParenOpen,
    /// `)`
    ParenClose,
    /// `[`
    BracketOpen,
    /// `]`
    BracketClose,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// `?`
    Question,
    /// `@`
    At,
    /// `|`
    Bar,
    /// `=`
    Assign,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `!`
    Not,
    /// `&&`
    And,
    /// `||`
    Either,
    /// `->`
    Arrow,
    /// `..`
    Range,
    /// `...`
    Ellipsis,
    /// A character that starts no token.
    Unknown,
    /// The end of the source.
    End,
}

impl TokenKind {
    /// How a diagnostic calls it.
    #[must_use]
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Word => "a name",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::String | Self::OpenString => "a string",
            Self::Docs => "documentation",
            Self::BraceOpen => "`{`",
            Self::BraceClose => "`}`",
            Self::ParenOpen => "`(`",
            Self::ParenClose => "`)`",
            Self::BracketOpen => "`[`",
            Self::BracketClose => "`]`",
            Self::Colon => "`:`",
            Self::Comma => "`,`",
            Self::Question => "`?`",
            Self::At => "`@`",
            Self::Bar => "`|`",
            Self::Assign => "`=`",
            Self::Equal => "`==`",
            Self::NotEqual => "`!=`",
            Self::Less => "`<`",
            Self::LessEqual => "`<=`",
            Self::Greater => "`>`",
            Self::GreaterEqual => "`>=`",
            Self::Plus => "`+`",
            Self::Minus => "`-`",
            Self::Star => "`*`",
            Self::Slash => "`/`",
            Self::Not => "`!`",
            Self::And => "`&&`",
            Self::Either => "`||`",
            Self::Arrow => "`->`",
            Self::Range => "`..`",
            Self::Ellipsis => "`...`",
            Self::Unknown => "an unknown character",
            Self::End => "the end of the file",
        }
    }
}
