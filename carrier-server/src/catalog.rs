//! The table of commands: names to verified programs, for both protocols.

mod describe;
mod excerpt;
mod library;
mod memcached;
mod name_table;
mod sources;

pub use library::{Library, LibraryError, Origin};
pub(crate) use memcached::Served;

use name_table::NameTable;
use std::collections::HashSet;
use std::fmt;
use zvm::{
    Access, Args, Cost, FUSIONS, KeyPositions, Multiplicity, Opcode, ParamType, Program, Protocol,
    Returns, RunWhere, Signature,
};
use zvm::{VerifiedProgram, VerifyError};

/// A command's place in its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandId(pub(crate) u32);

/// One command, ready to run.
#[derive(Debug)]
pub struct Command {
    id: CommandId,
    program: VerifiedProgram,
    route: Route,
    /// The words of its name.
    words: usize,
    /// Whether it goes over containers or the namespace.
    linear: bool,
    /// Whether it goes over its arguments.
    looping: bool,
    /// Whether it is never queued.
    immediate: bool,
    /// Whether it can fail because the memory budget is used up.
    growing: bool,
    /// The same, with any number of keys.
    growing_many: bool,
}

/// How the shards of a request follow from its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// No key: it runs wherever it is.
    Anywhere,
    /// The shard of the key at this index.
    Key(usize),
    /// The shard that the cursor at this index is in.
    Cursor(usize),
    /// The shards of the keys in the argument groups from `start` on.
    Groups {
        /// Index of the first group's first argument.
        start: usize,
        /// Arguments in a group.
        stride: usize,
        /// Which of them is the key.
        key_offset: usize,
    },
    /// The shards of the keys in the groups of a list whose place the arguments tell.
    List {
        /// Which argument of a group is the key.
        key_offset: usize,
    },
    /// The shards of all keys: it runs once, with what they hold.
    Keys,
    /// Every shard.
    Everywhere,
}

/// All commands of a server.
#[derive(Debug)]
pub struct Catalog {
    commands: Vec<Command>,
    resp: NameTable<Entry>,
    memcached: NameTable<CommandId>,
    /// The commands that serve memcached's requests, by [`Served`].
    served: [Option<CommandId>; Served::COUNT],
}

/// What a command's first word leads to.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// The command of that one word.
    command: Option<CommandId>,
    /// The commands of two words that begin with it: second word, upper case, and command.
    subcommands: Vec<(Box<[u8]>, CommandId)>,
}

/// A command that a request named.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// The command.
    pub(crate) command: &'a Command,
    /// How many of the request's words name it.
    pub(crate) words: usize,
}

/// Why a request names no command that can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindError {
    /// No command of that name.
    UnknownCommand,
    /// No such subcommand of that command.
    UnknownSubcommand,
    /// The command takes another number of arguments.
    WrongArity(CommandId),
    /// The first word needs a second one.
    MissingSubcommand,
}

/// Why programs do not make a catalog.
#[derive(Debug)]
#[non_exhaustive]
pub enum CatalogError {
    /// Two programs have one name.
    Duplicate {
        /// The name.
        name: Box<str>,
    },
    /// The verifier refuses a program.
    Unverified {
        /// The program's name.
        name: Box<str>,
        /// Why.
        error: VerifyError,
    },
    /// A program's keys are not of a form that requests can be routed by.
    Unroutable {
        /// The program's name.
        name: Box<str>,
        /// What would be.
        expected: &'static str,
    },
}

impl Catalog {
    /// The catalog of these programs.
    ///
    /// # Errors
    ///
    /// The first program that cannot be in it.
    pub fn new(programs: Vec<Program>) -> Result<Self, CatalogError> {
        let (resp, memcached) = (NameTable::new(), NameTable::new());
        let served = [None; Served::COUNT];
        let mut catalog = Self { commands: Vec::new(), resp, memcached, served };
        for program in programs {
            catalog.add(program)?;
        }
        for (place, name) in catalog.served.iter_mut().zip(Served::NAMES) {
            *place = catalog.memcached.get(name.as_bytes()).copied();
        }
        Ok(catalog)
    }

    /// How many commands it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The commands, in the order in which they were added.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter()
    }

    /// How many different opcodes the programs use.
    #[must_use]
    pub fn opcodes_used(&self) -> usize {
        let codes = self.commands.iter().flat_map(|command| &command.program.code);
        codes.map(|instruction| instruction.op).collect::<HashSet<_>>().len()
    }

    /// The command of a name such as `GET` or `CLIENT|ID`, `CLIENT ID`, in any case; Redis' come
    /// before memcached's.
    #[must_use]
    pub fn find_by_name(&self, name: &[u8]) -> Option<&Command> {
        let mut words = name.splitn(2, |&byte| byte == b'|' || byte == b' ');
        let entry = words.next().and_then(|first| self.resp.get(first));
        let id = match (entry, words.next()) {
            (Some(entry), None) => entry.command,
            (Some(entry), Some(second)) => entry.subcommand(second),
            (None, _) => None,
        };
        self.command(id.or_else(|| self.memcached.get(name).copied())?)
    }

    pub(crate) fn command(&self, id: CommandId) -> Option<&Command> {
        self.commands.get(id.0 as usize)
    }

    /// The command that the words of a RESP request name, if it takes that many arguments.
    #[inline]
    pub(crate) fn find_resp(&self, args: Args<'_>) -> Result<Found<'_>, BindError> {
        let entry = self.resp.get(args.get(0)).ok_or(BindError::UnknownCommand)?;
        let (id, words) =
            if entry.subcommands.is_empty() { (entry.command, 1) } else { entry.choose(args)? };
        let command = id.and_then(|id| self.command(id)).ok_or(BindError::MissingSubcommand)?;
        if command.program.accepts(args.len() - words) {
            Ok(Found { command, words })
        } else {
            Err(BindError::WrongArity(command.id))
        }
    }

    /// The command of a request with enough words for it, but more than it takes or an incomplete
    /// group. Redis finds such a mistake only as the command runs, so a transaction queues it.
    pub(crate) fn find_uneven(
        &self,
        error: BindError,
        args: Args<'_>,
    ) -> Result<Found<'_>, BindError> {
        let BindError::WrongArity(id) = error else { return Err(error) };
        let command = self.command(id).ok_or(error)?;
        let words = i64::try_from(args.len()).unwrap_or(i64::MAX);
        let arity = command.program.arity();
        match arity < 0 && words >= -arity && !command.immediate {
            true => Ok(Found { command, words: command.words }),
            false => Err(error),
        }
    }

    /// The command that serves a memcached request.
    #[inline]
    pub(crate) fn find_memcached(&self, served: Served) -> Option<&Command> {
        self.command((*self.served.get(served as usize)?)?)
    }

    /// Whether a request would have been one to run the queued requests.
    pub(crate) fn is_commit(&self, error: BindError) -> bool {
        let BindError::WrongArity(id) = error else { return false };
        self.command(id).is_some_and(|command| asks_for(&command.program, "commit"))
    }

    /// The text of the error reply to a request that names no command that can run.
    pub(crate) fn bind_error(&self, error: BindError, args: Args<'_>) -> Vec<u8> {
        match error {
            BindError::UnknownCommand => {
                let mut shown = Vec::new();
                for index in 1..args.len() {
                    let left = UNKNOWN_ARGS_MAX.saturating_sub(shown.len());
                    if left == 0 {
                        break;
                    }
                    shown.extend([b"'", printable(args.get(index), left), b"' "].concat());
                }
                let name = printable(args.get(0), UNKNOWN_ARGS_MAX);
                [b"ERR unknown command '", name, b"', with args beginning with: ", &shown].concat()
            }
            BindError::UnknownSubcommand => {
                let container = printable(args.get(0), UNKNOWN_ARGS_MAX).to_ascii_uppercase();
                let name = printable(args.get(1), UNKNOWN_ARGS_MAX);
                [b"ERR unknown subcommand '", name, b"'. Try ", &container, b" HELP."].concat()
            }
            BindError::MissingSubcommand => {
                let name = printable(args.get(0), UNKNOWN_ARGS_MAX).to_ascii_lowercase();
                wrong_arity(&name)
            }
            BindError::WrongArity(id) => {
                let name = self.command(id).map_or_else(String::new, |c| c.program().full_name());
                wrong_arity(name.as_bytes())
            }
        }
    }

    fn add(&mut self, program: Program) -> Result<(), CatalogError> {
        let name = program.name.clone();
        let id = CommandId(u32::try_from(self.commands.len()).unwrap_or(u32::MAX));
        let route = Route::of(&program)
            .map_err(|expected| CatalogError::Unroutable { name: name.clone(), expected })?;
        let words = program.name_words();
        let protocol = program.protocol;
        let program = zvm::verify(program)
            .map_err(|error| CatalogError::Unverified { name: name.clone(), error })?;
        let is_new = match (protocol, name.split_once(' ')) {
            (Protocol::Memcached, _) => self.memcached.insert(name.as_bytes(), id),
            (_, None) => {
                let entry = self.resp.entry(name.as_bytes());
                entry.command.replace(id).is_none()
            }
            (_, Some((first, second))) => {
                let second = second.to_ascii_uppercase().into_bytes().into_boxed_slice();
                let entry = self.resp.entry(first.as_bytes());
                let is_new = entry.subcommands.iter().all(|(other, _)| *other != second);
                entry.subcommands.push((second, id));
                is_new
            }
        };
        if !is_new {
            return Err(CatalogError::Duplicate { name });
        }
        let linear = program.code.iter().any(|one| one.op.info().cost == Cost::Linear);
        let looping = program.signature.list().is_some();
        let immediate = is_immediate(&program);
        let growing = program.code.iter().any(|one| may_run_out_of_memory(one.op));
        let grouped = matches!(route, Route::Groups { .. } | Route::List { .. });
        let growing_many = growing && grouped;
        let command = Command {
            id,
            program,
            route,
            words,
            linear,
            looping,
            immediate,
            growing,
            growing_many,
        };
        self.commands.push(command);
        Ok(())
    }
}

impl Entry {
    /// The command that a request with this first word names, and by how many words.
    fn choose(&self, args: Args<'_>) -> Result<(Option<CommandId>, usize), BindError> {
        if args.len() < 2 {
            return Ok((self.command, 1));
        }
        match self.subcommand(args.get(1)) {
            Some(id) => Ok((Some(id), 2)),
            None => Err(BindError::UnknownSubcommand),
        }
    }

    fn subcommand(&self, word: &[u8]) -> Option<CommandId> {
        let found = self.subcommands.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|&(_, id)| id)
    }
}

impl Command {
    pub(crate) const fn id(&self) -> CommandId {
        self.id
    }

    /// The verified program.
    #[must_use]
    pub const fn program(&self) -> &VerifiedProgram {
        &self.program
    }

    pub(crate) fn signature(&self) -> &Signature {
        &self.program.signature
    }

    pub(crate) const fn route(&self) -> Route {
        self.route
    }

    /// Which argument is its key, where it always has exactly one.
    pub(crate) const fn only_key(&self) -> Option<usize> {
        match self.route {
            Route::Key(index) => Some(index),
            _ => None,
        }
    }

    pub(crate) fn run_where(&self) -> RunWhere {
        self.program.run_where
    }

    /// The rights that it takes to run it.
    pub(crate) fn access(&self) -> Access {
        self.program.access
    }

    pub(crate) fn returns(&self) -> Returns {
        self.program.returns
    }

    /// Where its keys are, as COMMAND INFO tells it.
    pub(crate) fn key_positions(&self) -> KeyPositions {
        self.signature().key_positions(self.words)
    }

    /// Whether it can take so long, with so many arguments, that it goes in slices.
    #[inline]
    pub(crate) const fn is_sliced(&self, args: usize) -> bool {
        self.linear || (self.looping && args >= SLICED_ARGS_MIN)
    }

    /// Whether it may end the server, which nothing that is queued may.
    pub(crate) fn stops_server(&self) -> bool {
        self.program.code.iter().any(|one| one.op == Opcode::ServerStop)
    }

    /// Whether it runs at once between MULTI and EXEC too, where others are queued.
    pub(crate) const fn is_immediate(&self) -> bool {
        self.immediate
    }

    /// Whether it writes any number of keys and can fail because the memory budget is used up.
    #[inline]
    pub(crate) const fn is_growing_many(&self) -> bool {
        self.growing_many
    }

    /// Whether it may look into other databases than the request's.
    pub(crate) fn uses_databases(&self) -> bool {
        let uses = |op| matches!(op, Opcode::DbUse | Opcode::KeyMove);
        self.program.code.iter().any(|one| uses(one.op))
    }

    /// Whether it asks for something about the connection's transaction.
    pub(crate) fn controls_transactions(&self) -> bool {
        let asks = |op| matches!(op, Opcode::Multi | Opcode::MultiWatch);
        self.program.code.iter().any(|one| asks(one.op))
    }

    /// Whether clients may call it that have not given the password: what logs them in, or lets
    /// them go.
    pub(crate) fn comes_before_login(&self) -> bool {
        let opens = [Opcode::SessionAuthenticate, Opcode::SessionClose, Opcode::SessionReset];
        self.program.code.iter().any(|instruction| opens.contains(&instruction.op))
    }

    /// Whether it may change data.
    pub(crate) fn writes(&self) -> bool {
        self.program.access.contains(Access::WRITE)
    }

    /// Whether its requests have a first key, whose hash travels with them.
    pub(crate) const fn has_key(&self) -> bool {
        matches!(
            self.route,
            Route::Key(_) | Route::Groups { .. } | Route::List { .. } | Route::Keys
        )
    }

    /// The name in lower case, `client|id` for a subcommand.
    #[must_use]
    pub fn name(&self) -> String {
        self.program.full_name()
    }

    /// The names that Redis gives its properties.
    #[must_use]
    pub fn flags(&self) -> Vec<&'static str> {
        let access = self.program.access;
        let mut flags = Vec::new();
        if access.contains(Access::WRITE) {
            flags.push("write");
        } else if access.contains(Access::READ) {
            flags.push("readonly");
        }
        if self.growing {
            flags.push("denyoom");
        }
        if access.contains(Access::ADMIN) {
            flags.push("admin");
        }
        if self.signature().has_movable_keys() {
            flags.push("movablekeys");
        }
        flags
    }
}

impl Route {
    fn of(program: &Program) -> Result<Self, &'static str> {
        let signature = &program.signature;
        if program.run_where == RunWhere::All {
            return Ok(Self::Everywhere);
        }
        if program.run_where == RunWhere::Connection {
            return Ok(Self::Anywhere);
        }
        let has = |ty: ParamType| {
            let items = signature.params.iter().enumerate();
            items
                .filter(|(_, param)| param.items.iter().any(|item| item.ty == ty))
                .collect::<Vec<_>>()
        };
        match has(ParamType::Key).as_slice() {
            [] => {
                Ok(has(ParamType::Cursor).first().map_or(Self::Anywhere, |&(i, _)| Self::Cursor(i)))
            }
            [(index, param)] if matches!(param.multiplicity, Multiplicity::Once) => {
                Ok(Self::Key(*index))
            }
            _ if program.run_where == RunWhere::One => Ok(Self::Keys),
            [(_, param)] if param.multiplicity.is_list() && signature.has_movable_keys() => {
                let offset = param.items.iter().position(|item| item.ty == ParamType::Key);
                Ok(Self::List { key_offset: offset.unwrap_or(0) })
            }
            [(start, param)] if param.multiplicity.is_variadic() => {
                let keys = param.items.iter().filter(|item| item.ty == ParamType::Key).count();
                let offset = param.items.iter().position(|item| item.ty == ParamType::Key);
                if keys != 1 || start + 1 != signature.params.len() {
                    return Err("one key in each of the last parameter's groups");
                }
                let stride = param.items.len();
                Ok(Self::Groups { start: *start, stride, key_offset: offset.unwrap_or(0) })
            }
            _ => Err("run_where: ONE, or one list with a key in each of its groups"),
        }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name } => write!(f, "command {name}: expected one of that name"),
            Self::Unverified { name, error } => write!(f, "command {name}: {error}"),
            Self::Unroutable { name, expected } => write!(f, "command {name}: expected {expected}"),
        }
    }
}

impl std::error::Error for CatalogError {}

/// Whether a command controls transactions or ends the connection. One that only forgets watched
/// keys is queued as any other.
fn is_immediate(program: &Program) -> bool {
    let asks = |op| {
        use Opcode::{Multi, MultiWatch, SessionClose, SessionReset};
        matches!(op, Multi | MultiWatch | SessionClose | SessionReset)
    };
    let stops = program.code.iter().any(|one| one.op == Opcode::ServerStop);
    program.code.iter().any(|one| asks(one.op)) && !asks_for(program, "unwatch") && !stops
}

/// Whether a program asks for this about the connection's transaction.
fn asks_for(program: &Program, what: &str) -> bool {
    let name = |code: u8| zvm::ChoiceSet::Multi.names().get(usize::from(code)).copied();
    program.code.iter().any(|one| one.op == Opcode::Multi && name(one.b) == Some(what))
}

/// Whether an opcode can fail because the memory budget is used up; a fused one can where one of
/// its steps can.
fn may_run_out_of_memory(op: Opcode) -> bool {
    let fusion = FUSIONS.iter().find(|fusion| fusion.op == op);
    let steps = fusion.map_or(&[][..], |fusion| fusion.steps);
    matches!(
        op,
        Opcode::SetAdd
            | Opcode::StringSet
            | Opcode::StringSetKeep
            | Opcode::StringSetUntil
            | Opcode::StringSetInteger
            | Opcode::StringSplice
            | Opcode::KeyRestore
    ) || steps.iter().any(|step| may_run_out_of_memory(step.op))
}

fn wrong_arity(name: &[u8]) -> Vec<u8> {
    [b"ERR wrong number of arguments for '", name, b"' command"].concat()
}

/// What C would print of a word: up to so many bytes, and up to a NUL.
fn printable(bytes: &[u8], max: usize) -> &[u8] {
    let len = bytes.iter().take(max).take_while(|byte| **byte != 0).count();
    bytes.get(..len).unwrap_or_default()
}

/// Arguments from which on a loop over them goes in slices; with fewer it takes less than one.
const SLICED_ARGS_MIN: usize = 1024;

/// Bytes of a request that the error about an unknown command repeats at most.
const UNKNOWN_ARGS_MAX: usize = 128;
