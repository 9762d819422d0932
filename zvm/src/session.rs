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

    /// Adds the settings whose names match `pattern` to the selection of
    /// [`reply_config`](Self::reply_config).
    fn select_config(&mut self, pattern: &[u8]);

    /// Replies a map of the selected settings and clears the selection.
    fn reply_config(&mut self, sink: &mut dyn ReplySink);

    /// Adds a section to the selection of [`reply_info`](Self::reply_info).
    fn select_info(&mut self, section: &[u8]);

    /// Replies the selected sections (without a selection: the default ones) as text, and clears
    /// the selection.
    fn reply_info(&mut self, sink: &mut dyn ReplySink);

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
