//! The stable codes of diagnostics.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What kind of complaint a diagnostic is: `Z0001` and so on.
        ///
        /// Z00xx come from the lexer, Z01xx from the parser, Z02xx from a command's head, Z03xx
        /// from its body, Z04xx from limits, Z05xx from templates and metas.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Code {
            $($(#[$doc])* $name = $number,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    /// A character that starts no token.
    UnknownCharacter = 1,
    /// A string without its closing quote.
    OpenString = 2,
    /// An escape that means nothing.
    BadEscape = 3,
    /// An integer that is malformed or beyond 64 bits.
    BadInteger = 4,
    /// Another token than the grammar has here.
    Unexpected = 101,
    /// An item that no command has.
    UnknownItem = 102,
    /// Blocks or expressions nested too deeply.
    TooDeep = 103,
    /// Two commands of one name.
    DuplicateCommand = 201,
    /// An item given twice.
    DuplicateItem = 202,
    /// A required item that is not there.
    MissingItem = 203,
    /// A word that the item does not have.
    UnknownWord = 204,
    /// A type that does not exist, or not here.
    UnknownType = 205,
    /// Two parameters or operands of one name.
    DuplicateName = 206,
    /// Parameters in an order that cannot be told apart.
    ParameterOrder = 207,
    /// Options that cannot be told apart.
    BadOptions = 208,
    /// `run_where` and the parameters or `returns` do not fit.
    RunWhere = 209,
    /// A precondition on something it cannot hold for.
    BadPrecondition = 210,
    /// An example that could not be a call of the command.
    BadExample = 211,
    /// A name that stands for nothing here.
    UnknownName = 301,
    /// A primitive that does not exist.
    UnknownPrimitive = 302,
    /// Too few or too many arguments.
    ArgumentCount = 303,
    /// A value of another type than is wanted.
    TypeMismatch = 304,
    /// A value that may be absent where one is needed.
    MaybeAbsent = 305,
    /// `or` behind something that cannot fail, or the wrong way of handling it.
    BadHandler = 306,
    /// A primitive of the wrong side: store and connection do not mix.
    WrongDomain = 307,
    /// A path that ends without a reply.
    MissingReply = 308,
    /// Statements that cannot be reached.
    Unreachable = 309,
    /// A reply that is not what `returns` says.
    WrongReturn = 310,
    /// An assignment to something that is no variable.
    BadAssignment = 311,
    /// A loop over something that is no variadic parameter, or in another's body.
    BadLoop = 312,
    /// A reply where none may stand.
    MisplacedReply = 313,
    /// A text that cannot be a status or an error.
    BadReplyText = 315,
    /// A write in a command that only reads.
    WriteWithoutAccess = 314,
    /// More variables than there are registers.
    TooManyRegisters = 401,
    /// More code or constants than a program holds.
    TooLong = 402,
    /// A source beyond the length that is compiled.
    SourceTooLong = 403,
    /// Templates or metas that expand to more than is compiled.
    ExpansionTooLong = 404,
    /// An instantiation of a template that does not exist.
    UnknownTemplate = 501,
    /// Two templates or two metas of one name, or a meta with a primitive's.
    DuplicateDeclaration = 502,
    /// `{Name}` where the template has no such parameter.
    UnknownPlaceholder = 503,
    /// A condition of a template that is malformed or stands outside one.
    BadCondition = 504,
    /// What the source itself refuses by `@error`.
    Refused = 505,
    /// Metas that call each other in a circle, or too deeply.
    MetaCycle = 506,
    /// Metas where none may stand, or arguments that cannot stand for a parameter.
    BadMeta = 507,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Z{:04}", *self as u16)
    }
}
