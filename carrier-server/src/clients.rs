//! The clients that are connected, for those who list them or end them.
//!
//! A connection belongs to one thread; what others may know of it stands in a record that both
//! hold. The list is locked where a client comes or goes and where somebody asks, never by a
//! request about data.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All clients, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    list: Mutex<BTreeMap<u64, Arc<Client>>>,
    /// How often clients were told to go. A thread that finds it changed looks for its own.
    kills: AtomicU64,
}

/// What is known of a client beyond its thread.
#[derive(Debug)]
pub(crate) struct Client {
    /// Counted from 1 since the server started.
    pub(crate) id: u64,
    /// Where it is, and where it came to.
    pub(crate) address: Box<str>,
    pub(crate) local_address: Box<str>,
    /// When it came, in milliseconds since the Unix epoch.
    connected_ms: u64,
    /// When it was last heard, the same.
    heard_ms: AtomicU64,
    /// The number of the command that it asked for last.
    command: AtomicU32,
    /// What changes by its own commands.
    facts: Mutex<Facts>,
    killed: AtomicBool,
}

/// What a client says of itself, and what it asked last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) library_name: String,
    pub(crate) library_version: String,
    pub(crate) database: u32,
    pub(crate) protocol: i64,
}

/// Which clients are meant: those to which all of it applies.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    pub(crate) id: Option<u64>,
    pub(crate) address: Option<&'a [u8]>,
    pub(crate) local_address: Option<&'a [u8]>,
    /// One that is not meant in any case.
    pub(crate) except: Option<u64>,
}

/// A client's place in the list, which it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    clients: Arc<Clients>,
    client: Arc<Client>,
}

impl Clients {
    /// Takes in a client.
    pub(crate) fn register(
        self: &Arc<Self>,
        id: u64,
        (address, local_address): (String, String),
        now_ms: u64,
    ) -> Registration {
        let client = Arc::new(Client {
            id,
            address: address.into(),
            local_address: local_address.into(),
            connected_ms: now_ms,
            heard_ms: AtomicU64::new(now_ms),
            command: AtomicU32::new(u32::MAX),
            facts: Mutex::new(Facts { protocol: 2, ..Facts::default() }),
            killed: AtomicBool::new(false),
        });
        self.list().insert(id, Arc::clone(&client));
        Registration { clients: Arc::clone(self), client }
    }

    /// Hands on each client that was not told to go, by their numbers.
    pub(crate) fn each(&self, then: impl FnMut(&Arc<Client>)) {
        self.list().values().filter(|client| !client.is_killed()).for_each(then);
    }

    /// A line for each client, or for those with these numbers.
    pub(crate) fn lines(
        &self,
        ids: &[u64],
        now_ms: u64,
        name: impl Fn(u32) -> Option<String>,
    ) -> String {
        let list = self.list();
        // One that was told to go has gone, as far as others are concerned.
        let chosen = list
            .values()
            .filter(|client| !client.is_killed() && (ids.is_empty() || ids.contains(&client.id)));
        chosen.map(|client| client.line(now_ms, &name)).collect()
    }

    /// Tells clients to go, and how many they are. Their threads end them in their next turn.
    pub(crate) fn kill(&self, selection: &Selection<'_>) -> i64 {
        let mut count = 0;
        for client in self.list().values().filter(|client| selection.admits(client)) {
            count += i64::from(!client.killed.swap(true, Ordering::Relaxed));
        }
        // Release: who sees the number sees the marks.
        self.kills.fetch_add(1, Ordering::Release);
        count
    }

    /// How often clients were told to go.
    pub(crate) fn kills(&self) -> u64 {
        self.kills.load(Ordering::Acquire)
    }

    fn list(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        // Insertions and removals are whole or have not happened.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Notes that something was heard of it. Its own thread alone may.
    pub(crate) fn note(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Notes which command it asks for. Its own thread alone may.
    pub(crate) fn asks(&self, command: u32) {
        self.command.store(command, Ordering::Relaxed);
    }

    /// Notes what has changed by its own commands.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The name that it gave itself.
    pub(crate) fn name(&self) -> String {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).name.clone()
    }

    /// How long ago it was last heard.
    pub(crate) fn idle_seconds(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.heard_ms.load(Ordering::Relaxed)) / 1000
    }

    /// Whether it was told to go.
    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Its line of CLIENT LIST: the fields that have a meaning here, under Redis' names. `name`
    /// tells the name of a command.
    pub(crate) fn line(&self, now_ms: u64, name: impl Fn(u32) -> Option<String>) -> String {
        let command = name(self.command.load(Ordering::Relaxed));
        let command = command.unwrap_or_else(|| "NULL".to_owned());
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let seconds = |since: u64| now_ms.saturating_sub(since) / 1000;
        let (age, idle) =
            (seconds(self.connected_ms), seconds(self.heard_ms.load(Ordering::Relaxed)));
        let mut line = String::new();
        let _ = write!(line, "id={} addr={} laddr={} ", self.id, self.address, self.local_address);
        let _ = write!(line, "fd=0 name={} age={age} idle={idle} flags=N ", facts.name);
        let _ = write!(line, "db={} sub=0 psub=0 ssub=0 multi=-1 ", facts.database);
        let _ = write!(line, "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 ");
        let _ = write!(line, "omem=0 tot-mem=0 events=r cmd={command} user=default ");
        let _ = write!(line, "redir=-1 resp={} lib-name={} ", facts.protocol, facts.library_name);
        let _ = writeln!(line, "lib-ver={}", facts.library_version);
        line
    }
}

impl Selection<'_> {
    fn admits(&self, client: &Client) -> bool {
        self.id.is_none_or(|id| id == client.id)
            && self.address.is_none_or(|address| address == client.address.as_bytes())
            && self.local_address.is_none_or(|local| local == client.local_address.as_bytes())
            && self.except != Some(client.id)
    }
}

impl Registration {
    /// The record.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.clients.list().remove(&self.client.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_come_are_listed_and_go() {
        let clients = Arc::new(Clients::default());
        let one = clients.register(1, ("a:1".to_owned(), "l:1".to_owned()), 5_000);
        let two = clients.register(2, ("a:2".to_owned(), "l:1".to_owned()), 9_000);
        one.client().tell(|facts| facts.name = "worker".to_owned());
        two.client().note(11_000);
        assert!(
            clients
                .lines(&[1], 12_000, |_| None)
                .starts_with("id=1 addr=a:1 laddr=l:1 fd=0 name=worker ")
        );
        assert!(clients.lines(&[2], 12_000, |_| None).contains(" age=3 idle=1 "));
        assert_eq!(clients.lines(&[], 0, |_| None).lines().count(), 2);
        let here =
            Selection { local_address: Some(b"l:1"), except: Some(2), ..Selection::default() };
        assert_eq!(clients.kill(&here), 1);
        assert!(one.client().is_killed() && !two.client().is_killed());
        assert_eq!(clients.kills(), 1);
        assert_eq!(clients.lines(&[], 0, |_| None).lines().count(), 1);
        drop(one);
        assert_eq!(clients.kill(&Selection { id: Some(1), ..Selection::default() }), 0);
        assert_eq!(clients.lines(&[], 0, |_| None).lines().count(), 1);
    }
}
