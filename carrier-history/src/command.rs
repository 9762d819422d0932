//! The commands that histories are made of, and what the server answers to them.

use std::collections::BTreeSet;
use std::fmt;

use drp_parser::Reply;

/// The number of a key within its history.
pub type Key = u32;

/// A command over a few keys. Values and members are short texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Redis' command of that name")]
#[non_exhaustive]
pub enum Command {
    Get(Key),
    Set(Key, String),
    Append(Key, String),
    IncrBy(Key, i64),
    MGet(Vec<Key>),
    MSet(Vec<(Key, String)>),
    MSetNx(Vec<(Key, String)>),
    Del(Vec<Key>),
    Exists(Vec<Key>),
    Rename(Key, Key),
    RenameNx(Key, Key),
    /// From, to, and whether it replaces.
    Copy(Key, Key, bool),
    SAdd(Key, Vec<String>),
    SRem(Key, Vec<String>),
    SMove(Key, Key, String),
    SMembers(Key),
    SetOp(SetOp, Vec<Key>),
    /// The destination first.
    SetOpStore(SetOp, Key, Vec<Key>),
    RPush(Key, String),
    LPop(Key),
    /// From, to, and whether from the end to the beginning.
    LMove(Key, Key, bool),
    /// All of a list.
    LRange(Key),
    /// One field.
    HSet(Key, String, String),
    HIncrBy(Key, String, i64),
    HDel(Key, Vec<String>),
    HGetAll(Key),
    /// To the other database, which nobody looks into.
    Move(Key),
    /// From, to a key of the other database, and whether it replaces.
    CopyOver(Key, Key, bool),
    /// That database and this change places.
    SwapDb,
    FlushDb,
    FlushAll,
    /// The command that `LOADED` declares.
    TextMove(Key, Key),
}

/// A command over two keys that a server learns while it runs: it puts the text of one behind that
/// of the other, and removes the first.
pub(crate) const LOADED: &str = r#"
/// Put the text of a key behind that of another one.
command TEXTMOVE {
    access: WRITE
    run_where: ONE
    params: (source: Key, destination: Key)
    returns: Integer
    since: "7.0.0"
    group: "string"
    complexity: "O(N)"
    pre {
        source: ensure_type(STRING) or return_minus_one
        destination: ensure_type(STRING) or create
    }
    body {
        if let text = @string_get(source) {
            @string_splice(destination, @string_len(destination), text) or error("ERR too long")
        }
        @key_remove(source)
        return @string_len(destination)
    }
}
"#;

/// What sets are combined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "set theory")]
pub enum SetOp {
    Union,
    Inter,
    Diff,
}

/// What a command answered, as far as it is determined by the state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// `+OK`.
    Ok,
    /// A number.
    Number(i64),
    /// A string, or none.
    Value(Option<String>),
    /// Several.
    Values(Vec<Option<String>>),
    /// A set, its order being nobody's business.
    Members(BTreeSet<String>),
    /// An error, by its first word.
    Error(String),
}

impl Command {
    /// Its name as the server knows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Get(_) => "GET",
            Self::Set(..) => "SET",
            Self::Append(..) => "APPEND",
            Self::IncrBy(..) => "INCRBY",
            Self::MGet(_) => "MGET",
            Self::MSet(_) => "MSET",
            Self::MSetNx(_) => "MSETNX",
            Self::Del(_) => "DEL",
            Self::Exists(_) => "EXISTS",
            Self::Rename(..) => "RENAME",
            Self::RenameNx(..) => "RENAMENX",
            Self::Copy(..) => "COPY",
            Self::SAdd(..) => "SADD",
            Self::SRem(..) => "SREM",
            Self::SMove(..) => "SMOVE",
            Self::SMembers(_) => "SMEMBERS",
            Self::SetOp(SetOp::Union, _) => "SUNION",
            Self::SetOp(SetOp::Inter, _) => "SINTER",
            Self::SetOp(SetOp::Diff, _) => "SDIFF",
            Self::SetOpStore(SetOp::Union, ..) => "SUNIONSTORE",
            Self::SetOpStore(SetOp::Inter, ..) => "SINTERSTORE",
            Self::SetOpStore(SetOp::Diff, ..) => "SDIFFSTORE",
            Self::RPush(..) => "RPUSH",
            Self::LPop(_) => "LPOP",
            Self::LMove(..) => "LMOVE",
            Self::LRange(_) => "LRANGE",
            Self::HSet(..) => "HSET",
            Self::HIncrBy(..) => "HINCRBY",
            Self::HDel(..) => "HDEL",
            Self::HGetAll(_) => "HGETALL",
            Self::Move(_) => "MOVE",
            Self::CopyOver(..) => "COPY",
            Self::SwapDb => "SWAPDB",
            Self::FlushDb => "FLUSHDB",
            Self::FlushAll => "FLUSHALL",
            Self::TextMove(..) => "TEXTMOVE",
        }
    }

    /// Whether it never changes anything.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Get(_)
                | Self::MGet(_)
                | Self::Exists(_)
                | Self::SMembers(_)
                | Self::SetOp(..)
                | Self::LRange(_)
                | Self::HGetAll(_)
        )
    }

    /// The words of the request; keys get `prefix`.
    #[must_use]
    pub fn words(&self, prefix: &str) -> Vec<String> {
        let key = |key: &Key| format!("{prefix}{key}");
        let mut words = vec![self.name().to_owned()];
        match self {
            Self::Get(k) | Self::SMembers(k) | Self::LPop(k) | Self::HGetAll(k) => {
                words.push(key(k));
            }
            Self::Set(k, text) | Self::Append(k, text) | Self::RPush(k, text) => {
                words.extend([key(k), text.clone()]);
            }
            Self::IncrBy(k, by) => words.extend([key(k), by.to_string()]),
            Self::MGet(keys) | Self::Del(keys) | Self::Exists(keys) | Self::SetOp(_, keys) => {
                words.extend(keys.iter().map(key));
            }
            Self::MSet(pairs) | Self::MSetNx(pairs) => {
                words.extend(pairs.iter().flat_map(|(k, text)| [key(k), text.clone()]));
            }
            Self::Rename(from, to) | Self::RenameNx(from, to) | Self::TextMove(from, to) => {
                words.extend([key(from), key(to)]);
            }
            Self::LMove(from, to, is_last) => {
                let ends = if *is_last { ["RIGHT", "LEFT"] } else { ["LEFT", "RIGHT"] };
                words.extend([key(from), key(to)]);
                words.extend(ends.map(str::to_owned));
            }
            Self::CopyOver(from, to, replaces) => {
                words.extend([key(from), key(to), "DB".to_owned(), "1".to_owned()]);
                words.extend(replaces.then(|| "REPLACE".to_owned()));
            }
            Self::Move(k) => words.extend([key(k), "1".to_owned()]),
            Self::SwapDb => words.extend(["0", "1"].map(str::to_owned)),
            Self::FlushDb | Self::FlushAll => {}
            Self::HSet(k, field, text) => words.extend([key(k), field.clone(), text.clone()]),
            Self::HIncrBy(k, field, by) => {
                words.extend([key(k), field.clone(), by.to_string()]);
            }
            Self::Copy(from, to, replaces) => {
                words.extend([key(from), key(to)]);
                words.extend(replaces.then(|| "REPLACE".to_owned()));
            }
            Self::SAdd(k, members) | Self::SRem(k, members) | Self::HDel(k, members) => {
                words.push(key(k));
                words.extend(members.iter().cloned());
            }
            Self::SMove(from, to, member) => words.extend([key(from), key(to), member.clone()]),
            Self::SetOpStore(_, to, keys) => {
                words.push(key(to));
                words.extend(keys.iter().map(key));
            }
            Self::LRange(k) => words.extend([key(k), "0".to_owned(), "-1".to_owned()]),
        }
        words
    }

    /// What a reply to this command says.
    #[must_use]
    pub fn outcome(&self, reply: &Reply) -> Outcome {
        let is_set = matches!(self, Self::SMembers(_) | Self::SetOp(..));
        match reply {
            Reply::Status(_) => Outcome::Ok,
            Reply::Integer(number) => Outcome::Number(*number),
            Reply::Array(elements) | Reply::Set(elements) if is_set => {
                Outcome::Members(elements.iter().filter_map(value).collect())
            }
            Reply::Array(elements) if matches!(self, Self::HGetAll(_)) => {
                let pair =
                    |pair: &[Reply]| Some(format!("{}={}", value(&pair[0])?, value(pair.get(1)?)?));
                Outcome::Members(elements.chunks(2).filter_map(pair).collect())
            }
            Reply::Array(elements) => Outcome::Values(elements.iter().map(value).collect()),
            Reply::Error(text) => {
                let text = String::from_utf8_lossy(text);
                Outcome::Error(text.split(' ').next().unwrap_or_default().to_owned())
            }
            other => Outcome::Value(value(other)),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words("k").join(" "))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nil".to_owned());
        match self {
            Self::Ok => f.write_str("OK"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Value(value) => f.write_str(&text(value)),
            Self::Values(values) => {
                write!(f, "[{}]", values.iter().map(text).collect::<Vec<_>>().join(" "))
            }
            Self::Members(members) => {
                write!(f, "{{{}}}", members.iter().cloned().collect::<Vec<_>>().join(" "))
            }
            Self::Error(word) => write!(f, "error {word}"),
        }
    }
}

fn value(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Bulk(bytes) | Reply::Status(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        Reply::Nil | Reply::NilArray => None,
        // What no command here answers inside an array: shown as it is, and matched by nothing.
        other => Some(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_outcomes() {
        let command = Command::SetOpStore(SetOp::Diff, 1, vec![2, 3]);
        assert_eq!(command.words("a:").join(" "), "SDIFFSTORE a:1 a:2 a:3");
        assert_eq!(command.outcome(&Reply::Integer(2)), Outcome::Number(2));
        let wrong = Reply::Error(b"WRONGTYPE Operation against".to_vec());
        assert_eq!(command.outcome(&wrong), Outcome::Error("WRONGTYPE".to_owned()));
        let both = Reply::Array(vec![Reply::Bulk(b"y".to_vec()), Reply::Bulk(b"x".to_vec())]);
        assert_eq!(Command::SMembers(1).outcome(&both).to_string(), "{x y}");
        assert_eq!(Command::MGet(vec![1, 2]).outcome(&both).to_string(), "[y x]");
    }
}
