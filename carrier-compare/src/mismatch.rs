//! What was not the same on both servers.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::mem::discriminant;

use crate::request::{Request, shown};

/// Where the servers differ.
#[derive(Debug)]
pub struct Mismatch {
    /// The number of the phase; none at the comparison of everything in the end.
    pub phase: Option<usize>,
    /// The number of the connection.
    pub connection: usize,
    /// What was asked, or the last of the requests whose replies are too many or too few.
    pub request: Request,
    /// In what way.
    pub kind: MismatchKind,
}

/// How the servers differ.
#[derive(Debug)]
#[non_exhaustive]
pub enum MismatchKind {
    /// The replies do, as bytes.
    Replies {
        /// Carrier's.
        ours: Vec<u8>,
        /// The other's.
        theirs: Vec<u8>,
    },
    /// The replies do as bytes, however often the request is asked.
    Unsettled {
        /// Carrier's.
        ours: Vec<u8>,
        /// The other's.
        theirs: Vec<u8>,
    },
    /// A pipeline brought another number of replies than there were requests.
    Count {
        /// Whose.
        side: Side,
        /// How many came.
        replies: usize,
        /// How many ought to.
        requests: usize,
    },
    /// The connection broke, or no reply came for long.
    Broken {
        /// Whose.
        side: Side,
        /// What the system said.
        source: io::Error,
    },
    /// The elements that a loop with a cursor found, or the keys of a database.
    Found {
        /// Those that only Carrier gave.
        only_ours: Vec<Vec<u8>>,
        /// Those that only the other gave.
        only_theirs: Vec<Vec<u8>>,
    },
    /// No line of the grammar says how the content of keys of this type is read.
    Unread {
        /// The type.
        kind: String,
    },
    /// A loop with a cursor did not come to its end.
    Endless {
        /// Whose.
        side: Side,
    },
}

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Carrier.
    Ours,
    /// The one that it is compared with.
    Theirs,
}

impl Mismatch {
    /// Whether it shows the same fault as another, as far as can be told: what is stored may show
    /// in a reply as in the list of keys.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let tells_content = |one: &Self| {
            use MismatchKind::{Found, Replies, Unsettled};
            matches!(one.kind, Replies { .. } | Found { .. } | Unsettled { .. })
        };
        discriminant(&self.kind) == discriminant(&other.kind)
            || (tells_content(self) && tells_content(other))
    }

    /// Whether finding it again takes long.
    pub(crate) fn is_slow(&self) -> bool {
        match &self.kind {
            MismatchKind::Unsettled { .. } => true,
            MismatchKind::Broken { source, .. } => {
                matches!(source.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
            }
            _ => false,
        }
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.phase {
            Some(phase) => write!(f, "phase {phase}, connection {}: ", self.connection)?,
            None => write!(f, "what is stored in the end: ")?,
        }
        writeln!(f, "{:?}", self.request)?;
        match &self.kind {
            MismatchKind::Replies { ours, theirs } | MismatchKind::Unsettled { ours, theirs } => {
                write!(f, "    ours: {}\n  theirs: {}", shown(ours), shown(theirs))
            }
            MismatchKind::Count { side, replies, requests } => {
                write!(f, "  {side}: {replies} replies to {requests} requests up to this one")
            }
            MismatchKind::Broken { side, source } => write!(f, "  {side}: {source}"),
            MismatchKind::Found { only_ours, only_theirs } => {
                let list = |elements: &[Vec<u8>]| -> String {
                    let shown: Vec<String> = elements.iter().map(|one| shown(one)).collect();
                    shown.join(" ")
                };
                write!(f, "    only ours: {}", list(only_ours))?;
                write!(f, "\n  only theirs: {}", list(only_theirs))
            }
            MismatchKind::Unread { kind } => write!(f, "  no `@{kind}` line says how to read it"),
            MismatchKind::Endless { side } => write!(f, "  {side}: the loop does not end"),
        }
    }
}

impl Display for Side {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Ours { "ours" } else { "theirs" })
    }
}
