//! What commands say of themselves: the replies of COMMAND and its subcommands.
//!
//! All of it follows from the declarations; there is no second table.

use super::{BindError, Catalog, Command, Entry};
use crate::glob;
use zvm::{ArgRange, Args, CommandFilter, CommandView, Protocol, ReplySink, Text};

impl Catalog {
    /// Replies one command in a view; returns how many elements (for docs: pairs) that made.
    pub(crate) fn describe_one(
        &self,
        name: &[u8],
        view: CommandView,
        sink: &mut dyn ReplySink,
    ) -> usize {
        match self.top_level(name) {
            Some(listing) => {
                self.describe(&listing, view, sink);
                1
            }
            None if view == CommandView::Info => {
                sink.nil();
                1
            }
            None => 0,
        }
    }

    /// Replies every command that the filter admits, as one array or (docs) map.
    pub(crate) fn describe_all(
        &self,
        filter: CommandFilter<'_>,
        view: CommandView,
        sink: &mut dyn ReplySink,
    ) {
        let listings: Vec<Listing<'_>> =
            self.listings().filter(|listing| listing.admitted_by(filter)).collect();
        match view {
            CommandView::Docs => sink.map(listings.len()),
            _ => sink.array(listings.len()),
        }
        for listing in &listings {
            self.describe(listing, view, sink);
        }
    }

    /// The keys among the words of a request, and what is done to them.
    ///
    /// # Errors
    ///
    /// The text of the reply where there are none, or it is no request.
    pub(crate) fn keys_of<'a>(&self, words: &'a [Box<[u8]>]) -> Result<KeysOf<'a>, &'static [u8]> {
        let (mut buffer, mut ranges) = (Vec::new(), Vec::new());
        for word in words {
            // A request is not as long as 4 GiB.
            ranges.push(ArgRange { start: buffer.len() as u32, len: word.len() as u32 });
            buffer.extend_from_slice(word);
        }
        let found = self.find_resp(Args::new(&buffer, &ranges)).map_err(|error| match error {
            BindError::WrongArity(_) => {
                &b"ERR Invalid number of arguments specified for command"[..]
            }
            _ => b"ERR Invalid command specified",
        })?;
        let command = found.command;
        if !command.has_key() {
            return Err(b"ERR The command has no key arguments");
        }
        let (own, behind) = (&words[found.words..], &ranges[found.words..]);
        let indexes = command.signature().keys(Args::new(&buffer, behind));
        let keys: Vec<&[u8]> = indexes.filter_map(|at| own.get(at).map(|key| &**key)).collect();
        if keys.is_empty() {
            return Err(b"ERR Invalid arguments specified for command");
        }
        let flags: &[&str] =
            if command.writes() { &["RW", "access", "update"] } else { &["RO", "access"] };
        Ok((keys, flags))
    }

    /// How many commands COMMAND COUNT counts: subcommands are part of theirs.
    pub(crate) fn count_listed(&self) -> usize {
        self.resp.items().count()
    }

    fn listings(&self) -> impl Iterator<Item = Listing<'_>> {
        self.resp.items().filter_map(|entry| self.listing(entry))
    }

    /// The listing of a name: of a command, or of one subcommand as `client|id`.
    fn top_level(&self, name: &[u8]) -> Option<Listing<'_>> {
        match name.iter().position(|&byte| byte == b'|') {
            None => self.listing(self.resp.get(name)?),
            Some(_) => {
                let command = self.find_by_name(name)?;
                (command.program().protocol == Protocol::Resp).then(|| Listing {
                    name: command.name(),
                    command: Some(command),
                    subcommands: Vec::new(),
                })
            }
        }
    }

    fn listing<'a>(&'a self, entry: &'a Entry) -> Option<Listing<'a>> {
        let command = entry.command.and_then(|id| self.command(id));
        let subcommands: Vec<&Command> =
            entry.subcommands.iter().filter_map(|&(_, id)| self.command(id)).collect();
        let name = match (command, subcommands.first()) {
            (Some(command), _) => command.name(),
            (None, Some(first)) => first.name().split('|').next()?.to_owned(),
            (None, None) => return None,
        };
        Some(Listing { name, command, subcommands })
    }

    fn describe(&self, listing: &Listing<'_>, view: CommandView, sink: &mut dyn ReplySink) {
        match view {
            CommandView::Info => listing.info(sink),
            CommandView::Docs => {
                text(sink, &listing.name);
                listing.docs(sink);
            }
            _ => text(sink, &listing.name),
        }
    }
}

/// The keys of a request, and what is done to them.
type KeysOf<'a> = (Vec<&'a [u8]>, &'static [&'static str]);

/// One name as clients list it: a command, its subcommands, or both.
struct Listing<'a> {
    name: String,
    command: Option<&'a Command>,
    subcommands: Vec<&'a Command>,
}

impl<'a> Listing<'a> {
    fn of(command: &'a Command) -> Self {
        Self { name: command.name(), command: Some(command), subcommands: Vec::new() }
    }

    fn admitted_by(&self, filter: CommandFilter<'_>) -> bool {
        match filter {
            CommandFilter::All => true,
            CommandFilter::Pattern(pattern) => glob::matches(pattern, self.name.as_bytes(), true),
            CommandFilter::Category(category) => self
                .categories()
                .iter()
                .any(|name| name.trim_start_matches('@').as_bytes().eq_ignore_ascii_case(category)),
            CommandFilter::Module(_) => false,
        }
    }

    /// The ten elements of Redis 7's COMMAND INFO.
    fn info(&self, sink: &mut dyn ReplySink) {
        sink.array(10);
        text(sink, &self.name);
        let keys = self.command.map_or_else(Default::default, Command::key_positions);
        sink.integer(self.command.map_or(-2, |command| command.program().arity()));
        statuses(sink, &self.command.map_or_else(Vec::new, Command::flags));
        for number in [keys.first, keys.last, keys.step] {
            sink.integer(number);
        }
        statuses(sink, &self.categories());
        sink.array(0);
        sink.array(0);
        sink.array(self.subcommands.len());
        for &command in &self.subcommands {
            Self::of(command).info(sink);
        }
    }

    fn docs(&self, sink: &mut dyn ReplySink) {
        let docs = self.command.map(|command| &command.program().docs);
        let group = self.command.or_else(|| self.subcommands.first().copied());
        let fields = [
            ("summary", docs.map_or("A container of commands", |docs| &docs.summary)),
            ("since", docs.map_or("1.0.0", |docs| &docs.since)),
            ("group", group.map_or("server", |command| &command.program().docs.group)),
            ("complexity", docs.map_or("Depends on the subcommand", |docs| &docs.complexity)),
        ];
        let fields = fields.iter().filter(|(_, value)| !value.is_empty());
        sink.map(fields.clone().count() + usize::from(!self.subcommands.is_empty()));
        for (name, value) in fields {
            text(sink, name);
            text(sink, value);
        }
        if !self.subcommands.is_empty() {
            text(sink, "subcommands");
            sink.map(self.subcommands.len());
            for &command in &self.subcommands {
                let listing = Self::of(command);
                text(sink, &listing.name);
                listing.docs(sink);
            }
        }
    }

    fn categories(&self) -> Vec<&'static str> {
        let Some(command) = self.command else { return Vec::new() };
        let mut names: Vec<&'static str> = command
            .flags()
            .iter()
            .filter_map(|flag| match *flag {
                "readonly" => Some("@read"),
                "write" => Some("@write"),
                "admin" => Some("@admin"),
                _ => None,
            })
            .collect();
        names.extend(match &*command.program().docs.group {
            "string" => Some("@string"),
            "set" => Some("@set"),
            "generic" => Some("@keyspace"),
            "connection" => Some("@connection"),
            _ => None,
        });
        names
    }
}

fn text(sink: &mut dyn ReplySink, value: &str) {
    sink.bytes(Text::Bytes(value.as_bytes()));
}

fn statuses(sink: &mut dyn ReplySink, values: &[&str]) {
    sink.set(values.len());
    for value in values {
        sink.status(value.as_bytes());
    }
}
