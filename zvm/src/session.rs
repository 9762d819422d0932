//! What a program may ask of its connection and of the server: for commands that touch no data.

use crate::{ReplySink, Text};

/// What of a connection a program may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionField {
    /// The connection's number, counted from 1 since the server started. Integer.
    Id,
    /// The name the client gave the connection; empty without one. Bytes.
    Name,
    /// The RESP version in use, 2 or 3. Integer.
    Protocol,
    /// The selected database's number. Integer.
    Database,
    /// The version of Redis whose behaviour the server follows. Bytes.
    ServerVersion,
    /// How many commands the table holds. Integer.
    CommandCount,
    /// The time in microseconds since the Unix epoch. Integer.
    UnixMicros,
    /// When the server started, in seconds since the Unix epoch. Integer.
    StartedAt,
    /// Whether a password is asked for: 1 or 0. Integer.
    PasswordSet,
    /// Whether the connection has given one, or need not: 1 or 0. Integer.
    Authenticated,
    /// What identifies this run of the server, 40 hexadecimal digits. Bytes.
    RunId,
    /// The client library's name; empty where it was not told. Bytes.
    LibraryName,
    /// The client library's version; empty where it was not told. Bytes.
    LibraryVersion,
}

/// What of a connection a program may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionSetting {
    /// The connection's name.
    Name,
    /// The client library's name.
    LibraryName,
    /// The client library's version.
    LibraryVersion,
}

/// What a connection may ask for about its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Multi {
    /// To queue the requests that follow.
    Begin,
    /// To run the queued requests.
    Commit,
    /// To forget them.
    Discard,
    /// To forget the watched keys.
    Unwatch,
}

/// How a command describes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandView {
    /// The name alone: an element of `COMMAND LIST`.
    Name,
    /// Arity, flags, key positions: an element of `COMMAND INFO`; nil for an unknown name.
    Info,
    /// Name and documentation, two elements: a pair of `COMMAND DOCS`; nothing for an unknown name.
    Docs,
    /// Where it comes from: a map of name, origin, file and line.
    Origin,
}

/// What is asked of the server, about the words that were collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// The text of sections; without words, of the default ones.
    Info,
    /// A map of the settings whose names match one of the patterns.
    Config,
    /// Sets settings, name and value in turn, all of them or none. Replies a status or an error.
    ConfigSet,
    /// Counts anew from here on. Replies a status.
    ConfigReset,
    /// The text of a line for each client; of those that have one of the numbers, or else of all.
    Clients,
    /// The line of the client that asks.
    OwnClient,
    /// Ends the clients to which all conditions apply, name and value in turn; replies how many.
    KillClients,
    /// An array of the keys among the words of a request, or an error.
    CommandKeys,
    /// The same with what is done to each key.
    CommandKeyFlags,
    /// A map of figures about memory.
    Memory,
    /// An array of the requests that took long, the newest first; a word tells how many at most.
    SlowLog,
    /// How many of them are kept.
    SlowLogLen,
    /// Forgets them. Replies a status.
    SlowLogReset,
    /// What memcached's own machinery (slabs, lists of items, the crawler) says to a line about it,
    /// of which these are the words. Replies a status.
    Machinery,
}

/// Which replies a connection gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyMode {
    /// All of them.
    #[default]
    On,
    /// None.
    Off,
    /// All but the next.
    Skip,
}

/// What source text is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompilePurpose {
    /// To see what is wrong with it.
    Check,
    /// To put its commands in force.
    Load,
}

/// In which form a command is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceForm {
    /// As it was written.
    Text,
    /// As it was compiled.
    Program,
}

/// Which commands a listing reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandFilter<'a> {
    /// All of them.
    All,
    /// Those whose name matches a glob pattern.
    Pattern(&'a [u8]),
    /// Those of an access category.
    Category(&'a [u8]),
    /// Those of a loaded module.
    Module(&'a [u8]),
}

/// The connection on whose behalf a program runs, and the server around it.
pub trait Session {
    /// Reads a field. Bytes borrow from the session until its next change.
    fn get(&self, field: SessionField) -> Text<'_>;

    /// Sets a field; false where the value is not allowed.
    fn set(&mut self, setting: SessionSetting, value: &[u8]) -> bool;

    /// Selects a database for the requests that follow; false where there is no such database.
    fn select(&mut self, index: i64) -> bool;

    /// Switches the protocol version for this reply and those that follow.
    fn set_protocol(&mut self, version: i64) -> bool;

    /// Checks credentials and takes on their rights; false where they are wrong.
    fn authenticate(&mut self, user: &[u8], password: &[u8]) -> bool;

    /// Closes the connection once this reply is out.
    fn close(&mut self);

    /// Notes what is to be done about the connection's transaction once the program has ended;
    /// false where that is not possible now. The reply of a program that asks to commit is not
    /// sent: the transaction's is.
    fn multi(&mut self, what: Multi) -> bool;

    /// Notes that a key is to be watched; false between the beginning of a transaction and its
    /// end.
    fn watch(&mut self, key: &[u8]) -> bool;

    /// Makes the connection as it was when it was new.
    fn reset(&mut self);

    /// Says which replies the connection gets from the next request on.
    fn set_replies(&mut self, mode: ReplyMode);

    /// Tells the server to stop, once what it has read is answered.
    fn stop(&mut self);

    /// Keeps the connection's thread from its work for a time.
    fn sleep(&mut self, seconds: f64);

    /// Adds a word to those that the next [`answer`](Self::answer) is about.
    fn add_word(&mut self, word: &[u8]);

    /// Replies what the server says to a question about the words that were added, and forgets
    /// them.
    fn answer(&mut self, question: Question, sink: &mut dyn ReplySink);

    /// Replies a map of the server's figures: of a kind, or the general ones where that is empty.
    /// An error where there is no such kind.
    fn reply_stats(&mut self, kind: &[u8], sink: &mut dyn ReplySink);

    /// Replies one command in a view.
    /// Returns how many pairs or elements were replied, 0 or 1.
    fn reply_command(&mut self, name: &[u8], view: CommandView, sink: &mut dyn ReplySink) -> usize;

    /// Compiles source text. Replies the names of its commands; what is wrong with it is for
    /// [`CompilePurpose::Check`] an array of diagnostics, otherwise an error.
    fn reply_compiled(&mut self, source: &[u8], purpose: CompilePurpose, sink: &mut dyn ReplySink);

    /// Replies a command as text; nil for an unknown name.
    fn reply_source(&mut self, name: &[u8], form: SourceForm, sink: &mut dyn ReplySink);

    /// Takes back a command that is not built in; false where there is none of that name.
    fn drop_command(&mut self, name: &[u8]) -> bool;

    /// Reads the directory of commands anew and replies the names of its commands, or an error.
    fn reply_reloaded(&mut self, sink: &mut dyn ReplySink);

    /// Replies every command that the filter admits, as one array (for
    /// [`CommandView::Docs`]: one map).
    fn reply_commands(
        &mut self,
        filter: CommandFilter<'_>,
        view: CommandView,
        sink: &mut dyn ReplySink,
    );
}
