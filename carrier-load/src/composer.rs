//! What the next request of a thread is.

use crate::batch::Request;
use crate::connection::Connection;
use crate::keys::{NextKeys, Picker, Share};
use crate::phase::{KeyOrder, Phase};
use crate::random::{Random, mix};
use crate::template::{Template, World};

/// Draws commands and keys.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    pub(crate) world: &'a World,
    /// Whether every key that is not fresh has a value.
    pub(crate) must_hit: bool,
    phase: &'a Phase,
    picker: Option<Picker>,
    random: Random,
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
            KeyOrder::Own | KeyOrder::Numbered => None,
        };
        Self {
            world,
            must_hit: phase.must_hit,
            phase,
            picker,
            random: Random::new(mix(seed ^ mix(phase.number)) ^ share.first),
            connections,
        }
    }

    /// The template of a request.
    pub(crate) fn template(&self, request: Request) -> &'a Template {
        &self.phase.mix.templates()[request.template as usize]
    }

    /// Where the counted orders of keys go on.
    pub(crate) fn next_keys(&self) -> NextKeys {
        self.picker.as_ref().map_or_else(NextKeys::default, Picker::next_keys)
    }

    /// Fills the batch of a connection with up to `count` requests: fewer if the connection has
    /// named all of its own keys.
    pub(crate) fn draw(&mut self, connection: &mut Connection, count: usize) {
        if let [template] = self.phase.mix.templates()
            && let Some(picker) = self.picker.as_mut().filter(|_| !self.phase.owns_keys)
            && template.keys == 1
            && !template.is_salted
        {
            let keys = (0..count).map(|_| picker.draw(&mut self.random));
            return connection.batch.fill_alike(keys);
        }
        while connection.batch.len() < count && self.draw_one(connection) {}
    }

    fn draw_one(&mut self, connection: &mut Connection) -> bool {
        let number = self.phase.mix.pick(connection.batch.len(), &mut self.random);
        let template = &self.phase.mix.templates()[number];
        let keys_at = connection.batch.keys().len();
        let mut version = 0;
        for _ in 0..template.keys {
            let Some(key) = self.draw_key(connection) else { return false };
            connection.batch.push_key(key);
        }
        if let KeyOrder::Numbered = self.phase.keys {
            connection.own_next += 1;
        }
        if self.phase.owns_keys {
            version = self.version(connection, connection.batch.keys()[keys_at], template.writes);
        }
        connection.batch.push(Request {
            template: number as u32,
            keys_at: keys_at as u32,
            version,
            salt: if template.is_salted { self.random.next() } else { 0 },
        });
        true
    }

    /// A key, moved to the nearest one that the connection owns if keys are owned.
    #[inline]
    fn draw_key(&mut self, connection: &mut Connection) -> Option<u64> {
        let count = self.world.space.count;
        let Some(picker) = &mut self.picker else {
            if let KeyOrder::Numbered = self.phase.keys {
                return Some(connection.own_next);
            }
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
