//! A session that remembers what it was told.

use crate::{
    CommandFilter, CommandView, CompilePurpose, Multi, Question, ReplyMode, ReplySink, Session,
    SessionField, SessionSetting, SourceForm, Text,
};
use std::collections::BTreeMap;

/// A session whose state is plain to see.
#[derive(Debug, Clone)]
pub struct FakeSession {
    /// The connection's number.
    pub id: i64,
    /// Its name; one with a space is not allowed.
    pub name: Vec<u8>,
    /// The client library's name.
    pub library_name: Vec<u8>,
    /// The client library's version.
    pub library_version: Vec<u8>,
    /// 2 or 3.
    pub protocol: i64,
    /// 0 to 15.
    pub database: i64,
    /// Who authenticated; the password `secret` is right for everyone.
    pub user: Option<Vec<u8>>,
    /// Whether it was told to close.
    pub is_closed: bool,
    /// Whether requests are queued.
    pub is_queueing: bool,
    /// The watched keys.
    pub watched: Vec<Vec<u8>>,
    /// The server's settings. Patterns select the one of that name, `*` all.
    pub config: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The names of all commands.
    pub commands: Vec<Vec<u8>>,
    /// Which replies it was told to give.
    pub replies: ReplyMode,
    /// How long it was told to sleep, in seconds.
    pub slept: f64,
    words: Vec<Vec<u8>>,
}

impl FakeSession {
    /// Connection 7, speaking RESP2, without a name, on a server with the commands `get` and
    /// `set` and the setting `maxmemory`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            id: 7,
            name: Vec::new(),
            library_name: Vec::new(),
            library_version: Vec::new(),
            protocol: 2,
            database: 0,
            user: None,
            is_closed: false,
            is_queueing: false,
            watched: Vec::new(),
            config: BTreeMap::from([(b"maxmemory".to_vec(), b"0".to_vec())]),
            commands: vec![b"get".to_vec(), b"set".to_vec()],
            replies: ReplyMode::On,
            slept: 0.0,
            words: Vec::new(),
        }
    }

    fn reply_config(&self, patterns: &[Vec<u8>], sink: &mut dyn ReplySink) {
        let chosen = |name: &[u8]| patterns.iter().any(|p| p == b"*" || p == name);
        let settings: Vec<_> = self.config.iter().filter(|(name, _)| chosen(name)).collect();
        sink.map(settings.len());
        for (name, value) in settings {
            sink.bytes(Text::Bytes(name));
            sink.bytes(Text::Bytes(value));
        }
    }
}

impl Default for FakeSession {
    fn default() -> Self {
        Self::new()
    }
}

impl Session for FakeSession {
    fn get(&self, field: SessionField) -> Text<'_> {
        match field {
            SessionField::Id => Text::Integer(self.id),
            SessionField::Name => Text::Bytes(&self.name),
            SessionField::Protocol => Text::Integer(self.protocol),
            SessionField::Database => Text::Integer(self.database),
            SessionField::ServerVersion => Text::Bytes(b"7.0.15"),
            SessionField::UnixMicros => Text::Integer(1_700_000_000_123_456),
            SessionField::StartedAt => Text::Integer(1_699_999_000),
            SessionField::PasswordSet => Text::Integer(0),
            SessionField::Authenticated => Text::Integer(1),
            SessionField::RunId => Text::Bytes(b"0123456789abcdef0123456789abcdef01234567"),
            SessionField::LibraryName => Text::Bytes(&self.library_name),
            SessionField::LibraryVersion => Text::Bytes(&self.library_version),
            SessionField::CommandCount => {
                Text::Integer(i64::try_from(self.commands.len()).unwrap_or(i64::MAX))
            }
        }
    }

    fn set(&mut self, setting: SessionSetting, value: &[u8]) -> bool {
        if value.contains(&b' ') {
            return false;
        }
        let place = match setting {
            SessionSetting::Name => &mut self.name,
            SessionSetting::LibraryName => &mut self.library_name,
            SessionSetting::LibraryVersion => &mut self.library_version,
        };
        *place = value.to_vec();
        true
    }

    fn select(&mut self, index: i64) -> bool {
        let exists = (0..16).contains(&index);
        if exists {
            self.database = index;
        }
        exists
    }

    fn set_protocol(&mut self, version: i64) -> bool {
        let spoken = matches!(version, 2 | 3);
        if spoken {
            self.protocol = version;
        }
        spoken
    }

    fn authenticate(&mut self, user: &[u8], password: &[u8]) -> bool {
        let right = password == b"secret";
        if right {
            self.user = Some(user.to_vec());
        }
        right
    }

    fn close(&mut self) {
        self.is_closed = true;
    }

    fn multi(&mut self, what: Multi) -> bool {
        let queues = what == Multi::Begin;
        if what == Multi::Unwatch {
            self.watched.clear();
            return true;
        }
        std::mem::replace(&mut self.is_queueing, queues) != queues
    }

    fn watch(&mut self, key: &[u8]) -> bool {
        if !self.is_queueing {
            self.watched.push(key.to_vec());
        }
        !self.is_queueing
    }

    fn reset(&mut self) {
        let new = Self::new();
        (self.name, self.protocol, self.database) = (new.name, new.protocol, new.database);
        self.user = None;
    }

    fn set_replies(&mut self, mode: ReplyMode) {
        self.replies = mode;
    }

    fn stop(&mut self) {
        self.is_closed = true;
    }

    fn sleep(&mut self, seconds: f64) {
        self.slept += seconds;
    }

    fn add_word(&mut self, word: &[u8]) {
        self.words.push(word.to_vec());
    }

    fn answer(&mut self, question: Question, sink: &mut dyn ReplySink) {
        let words = std::mem::take(&mut self.words);
        match question {
            Question::Config => self.reply_config(&words, sink),
            Question::KillClients => sink.integer(i64::try_from(words.len() / 2).unwrap_or(0)),
            Question::SlowLog => sink.array(0),
            Question::SlowLogLen => sink.integer(0),
            Question::ConfigSet
            | Question::ConfigReset
            | Question::SlowLogReset
            | Question::Machinery => sink.status(b"OK"),
            Question::CommandKeys | Question::CommandKeyFlags => {
                sink.array(words.len());
                words.iter().for_each(|word| sink.bytes(Text::Bytes(word)));
            }
            Question::Memory => sink.map(0),
            Question::Info | Question::Clients | Question::OwnClient => {
                let text = if words.is_empty() { b"default".to_vec() } else { words.join(&b' ') };
                sink.verbatim(&text);
            }
        }
    }

    fn reply_stats(&mut self, kind: &[u8], sink: &mut dyn ReplySink) {
        sink.map(1);
        sink.bytes(Text::Bytes(b"kind"));
        sink.bytes(Text::Bytes(kind));
    }

    fn reply_command(&mut self, name: &[u8], view: CommandView, sink: &mut dyn ReplySink) -> usize {
        let known = self.commands.iter().any(|command| command.eq_ignore_ascii_case(name));
        match (view, known) {
            (CommandView::Docs, false) => return 0,
            (_, false) => sink.nil(),
            (CommandView::Docs, true) => {
                sink.bytes(Text::Bytes(name));
                sink.map(0);
            }
            (_, true) => sink.bytes(Text::Bytes(name)),
        }
        1
    }

    fn reply_compiled(&mut self, source: &[u8], _: CompilePurpose, sink: &mut dyn ReplySink) {
        sink.array(1);
        sink.bytes(Text::Bytes(source));
    }

    fn reply_source(&mut self, name: &[u8], form: SourceForm, sink: &mut dyn ReplySink) {
        let known = self.commands.iter().any(|command| command.eq_ignore_ascii_case(name));
        match (known, form) {
            (false, _) => sink.nil(),
            (true, SourceForm::Text) => sink.bytes(Text::Bytes(b"source")),
            (true, SourceForm::Program) => sink.bytes(Text::Bytes(b"program")),
        }
    }

    fn drop_command(&mut self, name: &[u8]) -> bool {
        let before = self.commands.len();
        self.commands.retain(|command| !command.eq_ignore_ascii_case(name));
        self.commands.len() < before
    }

    fn reply_reloaded(&mut self, sink: &mut dyn ReplySink) {
        sink.array(self.commands.len());
        for name in &self.commands {
            sink.bytes(Text::Bytes(name));
        }
    }

    fn reply_commands(
        &mut self,
        filter: CommandFilter<'_>,
        view: CommandView,
        sink: &mut dyn ReplySink,
    ) {
        let admits = |name: &[u8]| match filter {
            CommandFilter::All => true,
            CommandFilter::Pattern(pattern) => pattern == name,
            CommandFilter::Category(_) | CommandFilter::Module(_) => false,
        };
        let names: Vec<_> = self.commands.iter().filter(|name| admits(name)).cloned().collect();
        match view {
            CommandView::Docs => sink.map(names.len()),
            _ => sink.array(names.len()),
        }
        for name in names {
            self.reply_command(&name, view, sink);
        }
    }
}
