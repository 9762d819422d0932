//! What connection commands (HELLO, CLIENT, CONFIG, COMMAND, INFO ...) see: the connection's own
//! state and the server around it.

use crate::catalog::{Catalog, Library, LibraryError};
use crate::dialect::Dialect;
use crate::glob;
use crate::info;
use crate::shared::Shared;
use drp_parser::Version;
use std::cell::Cell;
use zvm::{
    Access, CommandFilter, CommandView, CompilePurpose, Multi, ReplySink, Session, SessionField,
    SessionSetting, SourceForm, Text,
};

/// What belongs to one connection and outlives its requests.
#[derive(Debug, Clone)]
pub(crate) struct SessionState {
    /// Its number, counted from 1 since the server started.
    pub(crate) id: u64,
    /// The name it gave itself.
    name: Box<[u8]>,
    /// The name of its client library.
    library_name: Box<[u8]>,
    /// The version of its client library.
    library_version: Box<[u8]>,
    /// The selected database: the namespace of its requests.
    pub(crate) database: u32,
    /// The protocol version that it speaks.
    pub(crate) version: Version,
    /// What it may do.
    pub(crate) access: Access,
}

impl SessionState {
    /// A new connection's.
    pub(crate) fn new(id: u64, access: Access) -> Self {
        Self {
            id,
            name: Box::default(),
            library_name: Box::default(),
            library_version: Box::default(),
            database: 0,
            version: Version::Resp2,
            access,
        }
    }
}

/// One connection command's view.
pub(crate) struct SessionView<'a> {
    state: &'a mut SessionState,
    shared: &'a Shared,
    catalog: &'a Catalog,
    /// What the reply is written in; HELLO changes it before it replies.
    dialect: &'a Cell<Dialect>,
    closing: bool,
    /// Whether requests are queued, since MULTI.
    queueing: bool,
    /// What is to be done about that.
    wish: Option<Multi>,
    /// The keys to watch.
    watch: Vec<Box<[u8]>>,
    config_patterns: Vec<Box<[u8]>>,
    info_sections: Vec<Box<[u8]>>,
}

impl<'a> SessionView<'a> {
    /// The view of the connection whose state this is.
    pub(crate) fn new(
        state: &'a mut SessionState,
        shared: &'a Shared,
        catalog: &'a Catalog,
        dialect: &'a Cell<Dialect>,
        queueing: bool,
    ) -> Self {
        Self {
            state,
            queueing,
            wish: None,
            watch: Vec::new(),
            shared,
            catalog,
            dialect,
            closing: false,
            config_patterns: Vec::new(),
            info_sections: Vec::new(),
        }
    }

    /// What the command asked to be done about the connection's transaction, and the keys that it
    /// asked to be watched.
    pub(crate) fn take_wishes(&mut self) -> (Option<Multi>, Vec<Box<[u8]>>) {
        (self.wish.take(), std::mem::take(&mut self.watch))
    }

    /// Whether the command asked for the connection to close.
    pub(crate) const fn is_closing(&self) -> bool {
        self.closing
    }
}

impl Session for SessionView<'_> {
    fn get(&self, field: SessionField) -> Text<'_> {
        let number = |n: u64| Text::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        match field {
            SessionField::Id => number(self.state.id),
            SessionField::Name => Text::Bytes(&self.state.name),
            SessionField::Protocol => Text::Integer(match self.state.version {
                Version::Resp2 => 2,
                Version::Resp3 => 3,
            }),
            SessionField::Database => number(u64::from(self.state.database)),
            SessionField::ServerVersion => Text::Bytes(info::REDIS_VERSION.as_bytes()),
            SessionField::CommandCount => number(self.catalog.count_listed() as u64),
            _ => Text::Bytes(b""),
        }
    }

    fn set(&mut self, setting: SessionSetting, value: &[u8]) -> bool {
        // Names end up in space-separated listings.
        if !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
            return false;
        }
        match setting {
            SessionSetting::Name => self.state.name = value.into(),
            SessionSetting::LibraryName => self.state.library_name = value.into(),
            SessionSetting::LibraryVersion => self.state.library_version = value.into(),
            _ => return false,
        }
        true
    }

    fn select(&mut self, index: i64) -> bool {
        match u32::try_from(index) {
            Ok(index) if index < DATABASES => {
                self.state.database = index;
                true
            }
            _ => false,
        }
    }

    fn set_protocol(&mut self, version: i64) -> bool {
        let version = match version {
            2 => Version::Resp2,
            3 => Version::Resp3,
            _ => return false,
        };
        self.state.version = version;
        self.dialect.set(Dialect::Resp(version));
        true
    }

    fn authenticate(&mut self, user: &[u8], _password: &[u8]) -> bool {
        // Without a configured password the default user takes any, as in Redis.
        user == b"default"
    }

    fn close(&mut self) {
        self.closing = true;
    }

    fn multi(&mut self, what: Multi) -> bool {
        let possible = match what {
            Multi::Begin => !self.queueing,
            Multi::Commit | Multi::Discard => self.queueing,
            _ => true,
        };
        if possible {
            self.wish = Some(what);
        }
        possible
    }

    fn watch(&mut self, key: &[u8]) -> bool {
        if !self.queueing {
            self.watch.push(key.into());
        }
        !self.queueing
    }

    fn select_config(&mut self, pattern: &[u8]) {
        self.config_patterns.push(pattern.into());
    }

    fn reply_config(&mut self, sink: &mut dyn ReplySink) {
        let patterns = std::mem::take(&mut self.config_patterns);
        let mut found: Vec<(Vec<u8>, String)> = Vec::new();
        for (name, value) in info::settings(self.shared) {
            // A name that is asked for without wildcards comes back as it was written.
            let exact = patterns.iter().find(|p| p.eq_ignore_ascii_case(name.as_bytes()));
            let shown = exact.map_or(name.as_bytes(), |written| written);
            if exact.is_some() || patterns.iter().any(|p| glob::matches(p, name.as_bytes(), true)) {
                found.push((shown.to_vec(), value));
            }
        }
        sink.map(found.len());
        for (name, value) in found {
            sink.bytes(Text::Bytes(&name));
            sink.bytes(Text::Bytes(value.as_bytes()));
        }
    }

    fn select_info(&mut self, section: &[u8]) {
        self.info_sections.push(section.to_ascii_lowercase().into());
    }

    fn reply_info(&mut self, sink: &mut dyn ReplySink) {
        let sections = std::mem::take(&mut self.info_sections);
        sink.verbatim(info::text(self.shared, self.catalog, &sections).as_bytes());
    }

    fn reply_stats(&mut self, kind: &[u8], sink: &mut dyn ReplySink) {
        match crate::stats_report::report(self.shared, kind) {
            Some(figures) => {
                sink.map(figures.len());
                for (name, value) in figures {
                    sink.bytes(Text::Bytes(name.as_bytes()));
                    sink.bytes(Text::Bytes(value.as_bytes()));
                }
            }
            None => sink.error(b"ERROR"),
        }
    }

    fn reply_command(&mut self, name: &[u8], view: CommandView, sink: &mut dyn ReplySink) -> usize {
        self.catalog.describe_one(name, view, sink)
    }

    fn reply_compiled(&mut self, source: &[u8], purpose: CompilePurpose, sink: &mut dyn ReplySink) {
        let commands = &self.shared.commands;
        match purpose {
            CompilePurpose::Load => match commands.change(|library| library.load(source)) {
                Ok(names) => {
                    tracing::info!(commands = names.join(" "), "commands loaded");
                    reply_texts(&names, sink);
                }
                Err(error) => sink.error(one_line(&error).as_bytes()),
            },
            _ => {
                // On a copy, with the lock let go: nobody waits for the compiler.
                let mut library = commands.library().clone();
                match library.load(source) {
                    Ok(_) => sink.array(0),
                    Err(LibraryError::Source(diagnostics)) => {
                        reply_texts(&diagnostics.rendered().collect::<Vec<_>>(), sink);
                    }
                    Err(error) => reply_texts(&[error.to_string()], sink),
                }
            }
        }
    }

    fn reply_source(&mut self, name: &[u8], form: SourceForm, sink: &mut dyn ReplySink) {
        let library = self.shared.commands.library();
        let text = match form {
            SourceForm::Text => library.text(name).map(str::to_owned),
            _ => library.catalog().find_by_name(name).map(|c| zvm::disassemble(c.program())),
        };
        drop(library);
        match text {
            Some(text) => sink.verbatim(text.as_bytes()),
            None => sink.nil(),
        }
    }

    fn drop_command(&mut self, name: &[u8]) -> bool {
        self.shared.commands.change(|library| library.drop_command(name))
    }

    fn reply_reloaded(&mut self, sink: &mut dyn ReplySink) {
        match self.shared.commands.change(Library::reload) {
            Ok(names) => {
                tracing::info!(commands = names.join(" "), "directory of commands read anew");
                reply_texts(&names, sink);
            }
            Err(error) => sink.error(one_line(&error).as_bytes()),
        }
    }

    fn reply_commands(
        &mut self,
        filter: CommandFilter<'_>,
        view: CommandView,
        sink: &mut dyn ReplySink,
    ) {
        if view == CommandView::Origin {
            self.shared.commands.library().describe_origins(filter, sink);
        } else {
            self.catalog.describe_all(filter, view, sink);
        }
    }
}

fn reply_texts(texts: &[String], sink: &mut dyn ReplySink) {
    sink.array(texts.len());
    for text in texts {
        sink.bytes(Text::Bytes(text.as_bytes()));
    }
}

/// An error as the one line that an error reply is: of several diagnostics the first.
fn one_line(error: &LibraryError) -> String {
    let text = match error {
        LibraryError::Source(diagnostics) => diagnostics.rendered().next().unwrap_or_default(),
        error => error.to_string(),
    };
    // The marks of a drawing mean nothing in one line.
    let lines = text.lines().map(|line| line.trim_matches([' ', '|', '^', '=']));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    format!("ERR {}", lines.join("; "))
}

/// How many numbered databases there are.
pub(crate) const DATABASES: u32 = 16;
