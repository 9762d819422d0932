//! What the next request of a thread is.

use crate::connection::{Connection, Request};
use crate::keys::{Picker, Share};
use crate::phase::{KeyOrder, Phase};
use crate::random::{Random, mix};
use crate::template::{Fill, Template, World};

/// Draws commands and keys, and writes requests.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    pub(crate) world: &'a World,
    /// Whether every key that is not fresh has a value.
    pub(crate) must_hit: bool,
    phase: &'a Phase,
    picker: Option<Picker>,
    random: Random,
    scratch: Vec<u8>,
    /// Connections of all threads.
    connections: usize,
}

impl<'a> Composer<'a> {
    /// The composer of one thread.
    pub(crate) fn new(
        world: &'a World,
        phase: &'a Phase,
        share: Share,
        connections: usize,
        seed: u64,
    ) -> Self {
        let picker = match &phase.keys {
            KeyOrder::Drawn(order) => Some(Picker::new(order, world.space.count, share)),
            KeyOrder::Own => None,
        };
        Self {
            world,
            must_hit: phase.must_hit,
            phase,
            picker,
            random: Random::new(mix(seed) ^ share.first),
            scratch: Vec::new(),
            connections,
        }
    }

    /// The template of a request.
    pub(crate) fn template(&self, request: Request) -> &'a Template {
        &self.phase.mix.templates()[request.template as usize]
    }

    /// Above every fresh key that was drawn.
    pub(crate) fn fresh_next(&self) -> u64 {
        self.picker.as_ref().map_or(0, Picker::fresh_end)
    }

    /// Adds a request to the batch of a connection and its bytes to `out`; not if the connection
    /// has named all of its own keys.
    #[inline]
    pub(crate) fn compose(&mut self, connection: &mut Connection, out: &mut Vec<u8>) -> bool {
        let number = self.phase.mix.pick(&mut self.random);
        let template = &self.phase.mix.templates()[number];
        let keys_at = connection.batch.keys.len();
        let mut version = 0;
        for _ in 0..template.keys {
            let Some(key) = self.draw_key(connection) else { return false };
            connection.batch.keys.push(key);
        }
        if self.phase.owns_keys {
            version = self.version(connection, connection.batch.keys[keys_at], template.writes);
        }
        let request = Request {
            template: number as u32,
            keys_at: keys_at as u32,
            version,
            salt: if template.is_salted { self.random.next() } else { 0 },
        };
        let fill = Fill { keys: &connection.batch.keys[keys_at..], version, salt: request.salt };
        template.compose(out, &mut self.scratch, self.world, fill);
        connection.batch.requests.push(request);
        true
    }

    /// A key, moved to the nearest one that the connection owns if keys are owned.
    #[inline]
    fn draw_key(&mut self, connection: &mut Connection) -> Option<u64> {
        let count = self.world.space.count;
        let Some(picker) = &mut self.picker else {
            let index = connection.own_next;
            let key = World::own_key(connection.number, self.connections, index);
            connection.own_next += 1;
            return (key < count).then_some(key);
        };
        let key = picker.draw(&mut self.random);
        if !self.phase.owns_keys || key >= count {
            return Some(key);
        }
        let connections = self.connections as u64;
        let own = World::own_key(connection.number, self.connections, key / connections);
        Some(if own < count { own } else { own - connections })
    }

    /// The version that a request writes or must read, replies being in order.
    fn version(&self, connection: &mut Connection, key: u64, writes: bool) -> u32 {
        if key >= self.world.space.count {
            return 0;
        }
        let index = (key / self.connections as u64) as usize;
        let version = &mut connection.versions[index];
        if writes {
            *version = version.wrapping_add(1);
        }
        *version
    }
}
