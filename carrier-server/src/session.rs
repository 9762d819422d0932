//! What connection commands (HELLO, CLIENT, CONFIG, COMMAND, INFO ...) see: the connection's own
//! state and the server around it.

use crate::catalog::{Catalog, Command, CommandId, Library, LibraryError};
use crate::clients::{Client, Registration, Selection};
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::glob;
use crate::info;
use crate::machinery;
use crate::settings;
use crate::shared::Shared;
use drp_parser::Version;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use zvm::{
    Access, CommandFilter, CommandView, CompilePurpose, Multi, Question, ReplyMode, ReplySink,
    Session, SessionField, SessionSetting, SourceForm, Text,
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
    /// What it may do: nothing before it has given the password, where one is asked for.
    pub(crate) access: Access,
    /// What it may do then.
    granted: Access,
    /// Whether it has given the password, or need not.
    pub(crate) authenticated: bool,
    /// Which replies it gets.
    pub(crate) replies: ReplyMode,
    /// What others may know of it.
    registration: Arc<Registration>,
    /// Whether they have to hear of it.
    changed: bool,
}

impl SessionState {
    /// A new connection's, which has to give a password first where `authenticated` is false.
    pub(crate) fn new(registration: Registration, granted: Access, authenticated: bool) -> Self {
        Self {
            id: registration.client().id,
            name: Box::default(),
            library_name: Box::default(),
            library_version: Box::default(),
            database: 0,
            version: Version::Resp2,
            access: if authenticated { granted } else { Access::NONE },
            granted,
            authenticated,
            replies: ReplyMode::On,
            registration: Arc::new(registration),
            changed: false,
        }
    }

    /// What others may know of it.
    pub(crate) fn client(&self) -> &Client {
        self.registration.client()
    }

    /// Whether the request that comes next gets no reply.
    pub(crate) fn is_quiet(&mut self) -> bool {
        match self.replies {
            ReplyMode::On => false,
            ReplyMode::Skip => {
                self.replies = ReplyMode::On;
                true
            }
            _ => true,
        }
    }

    /// Lets others know how it stands, where a command has changed that.
    pub(crate) fn publish(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.client().tell(|facts| {
            facts.name = text(&self.name);
            facts.library_name = text(&self.library_name);
            facts.library_version = text(&self.library_version);
            facts.database = self.database;
            facts.protocol = match self.version {
                Version::Resp2 => 2,
                Version::Resp3 => 3,
            };
        });
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
    /// What the next question is about.
    words: Vec<Box<[u8]>>,
    /// What the connection gets of replies from the next request on, where that changes.
    replies: Option<ReplyMode>,
    is_reset: bool,
    /// Whether requests are queued, since MULTI.
    queueing: bool,
    /// What is to be done about that.
    wish: Option<Multi>,
    /// The keys to watch.
    watch: Vec<Box<[u8]>>,
    /// Words of the request that are not to be logged.
    secrets: Vec<Box<[u8]>>,
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
            secrets: Vec::new(),
            shared,
            catalog,
            dialect,
            closing: false,
            words: Vec::new(),
            replies: None,
            is_reset: false,
        }
    }

    /// What the command asked to be done about the connection's transaction, and the keys that it
    /// asked to be watched.
    pub(crate) fn take_wishes(&mut self) -> (Option<Multi>, Vec<Box<[u8]>>) {
        (self.wish.take(), std::mem::take(&mut self.watch))
    }

    /// Words of the request that are not to be logged.
    pub(crate) fn take_secrets(&mut self) -> Vec<Box<[u8]>> {
        std::mem::take(&mut self.secrets)
    }

    /// Whether the command asked for the connection to close.
    pub(crate) const fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether the connection is as it was when it was new.
    pub(crate) const fn is_reset(&self) -> bool {
        self.is_reset
    }

    /// Which replies the connection gets from the next request on, where the command has said so.
    pub(crate) const fn replies(&self) -> Option<ReplyMode> {
        self.replies
    }

    fn reply_config(&self, patterns: &[Box<[u8]>], sink: &mut dyn ReplySink) {
        let mut found: Vec<(Vec<u8>, String)> = Vec::new();
        for (name, value) in settings::all(self.shared) {
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

    /// Ends the clients that the words select, and replies how many they are.
    fn kill_clients(&mut self, words: &[Box<[u8]>], sink: &mut dyn ReplySink) {
        let mut selection = Selection { except: Some(self.state.id), ..Selection::default() };
        let mut old_form = false;
        for pair in words.chunks(2) {
            let (Some(name), Some(value)) = (pair.first(), pair.get(1)) else { continue };
            match &**name {
                b"id" => {
                    let digits = std::str::from_utf8(value).ok();
                    selection.id = Some(digits.and_then(|text| text.parse().ok()).unwrap_or(0));
                }
                b"addr" => selection.address = Some(value),
                b"old" => {
                    selection = Selection { address: Some(value), ..Selection::default() };
                    old_form = true;
                }
                b"laddr" => selection.local_address = Some(value),
                b"skipme" => {
                    selection.except = selection.except.filter(|_| &**value == b"yes");
                }
                _ => {}
            }
        }
        let count = self.shared.clients.kill(&selection);
        // The one that asks goes once it has its reply.
        self.closing |= self.state.client().is_killed();
        match (old_form, count) {
            (false, _) => sink.integer(count),
            (true, 0) => sink.error(b"ERR No such client"),
            (true, _) => sink.status(b"OK"),
        }
    }

    fn reply_keys(&self, words: &[Box<[u8]>], with_flags: bool, sink: &mut dyn ReplySink) {
        match self.catalog.keys_of(words) {
            Err(text) => sink.error(text),
            Ok((keys, flags)) => {
                sink.array(keys.len());
                for key in keys {
                    if with_flags {
                        sink.array(2);
                    }
                    sink.bytes(Text::Bytes(key));
                    if with_flags {
                        sink.set(flags.len());
                        flags.iter().for_each(|flag| sink.status(flag.as_bytes()));
                    }
                }
            }
        }
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
            SessionField::UnixMicros => number(Clock::unix_us()),
            SessionField::StartedAt => number(self.shared.started_ms / 1000),
            SessionField::PasswordSet => {
                number(u64::from(self.shared.settings.password().is_some()))
            }
            SessionField::Authenticated => number(u64::from(self.state.authenticated)),
            SessionField::RunId => Text::Bytes(self.shared.run_id.as_bytes()),
            SessionField::LibraryName => Text::Bytes(&self.state.library_name),
            SessionField::LibraryVersion => Text::Bytes(&self.state.library_version),
            _ => Text::Bytes(b""),
        }
    }

    fn set(&mut self, setting: SessionSetting, value: &[u8]) -> bool {
        // Names end up in space-separated listings.
        if !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
            return false;
        }
        self.state.changed = true;
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
                self.state.changed = true;
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
        self.state.changed = true;
        self.dialect.set(Dialect::Resp(version));
        true
    }

    fn authenticate(&mut self, user: &[u8], password: &[u8]) -> bool {
        self.secrets.extend([user.into(), password.into()]);
        // Without a password the default user takes any, as in Redis.
        let right = self.shared.settings.password().is_none_or(|own| own.is(password));
        if user != b"default" || !right {
            return false;
        }
        self.state.authenticated = true;
        self.state.access = self.state.granted;
        true
    }

    fn reset(&mut self) {
        let state = &mut *self.state;
        state.name = Box::default();
        state.database = 0;
        state.authenticated = self.shared.settings.password().is_none();
        state.access = if state.authenticated { state.granted } else { Access::NONE };
        self.replies = Some(ReplyMode::On);
        self.is_reset = true;
        self.set_protocol(2);
    }

    fn set_replies(&mut self, mode: ReplyMode) {
        self.replies = Some(mode);
    }

    fn stop(&mut self) {
        tracing::info!(client = self.state.id, "a client stops the server");
        self.shared.stop();
    }

    fn sleep(&mut self, seconds: f64) {
        if let Ok(time) = Duration::try_from_secs_f64(seconds) {
            Clock::sleep(time.min(SLEEP_MAX));
        }
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

    fn add_word(&mut self, word: &[u8]) {
        self.words.push(word.into());
    }

    fn answer(&mut self, question: Question, sink: &mut dyn ReplySink) {
        let words = std::mem::take(&mut self.words);
        let shared = self.shared;
        match question {
            Question::Config => self.reply_config(&words, sink),
            Question::ConfigSet => {
                self.secrets.extend(settings::secrets(&words));
                match settings::set(shared, &words) {
                    Ok(()) => sink.status(b"OK"),
                    Err(error) => sink.error(&error.text()),
                }
            }
            Question::SlowLog => {
                let count = words.first().and_then(|word| std::str::from_utf8(word).ok());
                let count = count.and_then(|text| text.parse().ok());
                shared.slow_log.reply(count.unwrap_or(usize::MAX), sink);
            }
            Question::SlowLogLen => {
                sink.integer(i64::try_from(shared.slow_log.len()).unwrap_or(i64::MAX));
            }
            Question::SlowLogReset => {
                shared.slow_log.clear();
                sink.status(b"OK");
            }
            Question::ConfigReset => {
                shared.stats.forget();
                sink.status(b"OK");
            }
            Question::Clients => {
                let numbers = words.iter().filter_map(|word| std::str::from_utf8(word).ok());
                let ids: Vec<u64> = numbers.filter_map(|text| text.parse().ok()).collect();
                let name = |id| self.catalog.command(CommandId(id)).map(Command::name);
                sink.verbatim(shared.clients.lines(&ids, Clock::unix_ms(), name).as_bytes());
            }
            Question::OwnClient => {
                let name = |id| self.catalog.command(CommandId(id)).map(Command::name);
                sink.verbatim(self.state.client().line(Clock::unix_ms(), name).as_bytes());
            }
            Question::KillClients => self.kill_clients(&words, sink),
            Question::CommandKeys => self.reply_keys(&words, false, sink),
            Question::CommandKeyFlags => self.reply_keys(&words, true, sink),
            Question::Machinery => sink.status(machinery::answer(shared, &words)),
            Question::Memory => info::memory_stats(shared, sink),
            _ => {
                let sections: Vec<_> =
                    words.iter().map(|word| word.to_ascii_lowercase().into()).collect();
                sink.verbatim(info::text(shared, self.catalog, &sections).as_bytes());
            }
        }
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

/// The longest that a thread is kept from its work on request.
const SLEEP_MAX: Duration = Duration::from_hours(1);

/// How many numbered databases there are.
pub(crate) const DATABASES: u32 = 16;
