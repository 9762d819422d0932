//! Names that expire. Only a table keeps moments, beside the entries that have one, so a map with
//! such a name is a table, and one without pays nothing.

use super::{Form, Map, MapSweep};
use crate::Text;
use crate::draw::draw;
use packed_map::{Displaced, Extras, HashKeys, NewValue, NoBox, Sweeper};

impl Map {
    /// How many names expire, those whose moment has come included as long as they are not
    /// [swept](Self::sweep).
    #[must_use]
    pub fn expiring(&self) -> usize {
        match &self.form {
            Form::Small(_) => 0,
            Form::Table(table) => table.expiring(),
        }
    }

    /// When a name expires, in milliseconds. `None`: no such name. `Some(None)`: it does not.
    #[must_use]
    pub fn expiry(&self, name: &[u8]) -> Option<Option<u64>> {
        match &self.form {
            Form::Small(_) => self.get(name).map(|_| None),
            Form::Table(table) => Some(table.get(table.hasher().hash(name), name)?.expires_at_ms()),
        }
    }

    /// Sets or clears when a name expires, in milliseconds, and tells whether it is there. The
    /// first moment makes a small map a table.
    ///
    /// # Complexity
    ///
    /// That of a write.
    pub fn set_expiry(&mut self, name: &[u8], at_ms: Option<u64>) -> bool {
        if let Form::Small(_) = self.form {
            if self.get(name).is_none() {
                return false;
            }
            if at_ms.is_none() {
                return true;
            }
            self.promote();
        }
        let Form::Table(table) = &mut self.form else { return false };
        let extras = Extras { expires_at_ms: at_ms, ..Extras::default() };
        let hash = table.hasher().hash(name);
        table.set_extras(hash, name, extras).expect("allocations do not run out")
    }

    /// [`set`](Self::set), but the name expires when it did before.
    pub fn update(&mut self, name: &[u8], value: &[u8]) -> bool {
        let at_ms = if self.expiring() > 0 { self.expiry(name).flatten() } else { None };
        let is_new = self.set(name, value);
        if at_ms.is_some() {
            self.set_expiry(name, at_ms);
        }
        is_new
    }

    /// Removes a name if it expires at or before `now_ms`, and tells whether it did.
    pub fn drop_due(&mut self, name: &[u8], now_ms: u64) -> bool {
        self.expiring() > 0
            && self.expiry(name).flatten().is_some_and(|at_ms| at_ms <= now_ms)
            && self.remove(name)
    }

    /// Removes names that expire at or before `now_ms`, from where the last call stopped: looks at
    /// up to `pages` pages and goes on to the next no more once `names` were removed.
    ///
    /// # Complexity
    ///
    /// A page on which nothing is due costs a comparison.
    pub fn sweep(&mut self, now_ms: u64, (pages, names): (usize, usize)) -> MapSweep {
        let Form::Table(table) = &mut self.form else { return MapSweep::default() };
        if table.expiring() == 0 {
            self.swept = 0;
            return MapSweep::default();
        }
        let done = table.sweep(self.swept, now_ms, (pages, names), &mut All);
        self.swept = done.cursor;
        MapSweep { removed: done.due, more: done.cursor != 0 }
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when `name` gets a
    /// moment.
    #[must_use]
    pub fn expiry_growth_max(&self, name: &[u8]) -> usize {
        let Form::Table(table) = &self.form else { return self.set_growth_max(name, &[]) };
        let hash = table.hasher().hash(name);
        let Some(entry) = table.get(hash, name) else { return 0 };
        let value = NewValue::Text(entry.value().text().unwrap_or(Text::Bytes(b"")));
        let extras = Extras { expires_at_ms: Some(u64::MAX), ..Extras::default() };
        table.put_growth_max(hash, name, &value, extras)
    }

    /// Whether one [`sweep`](Self::sweep) of so many pages sees all of it.
    #[must_use]
    pub fn has_pages(&self, pages: usize) -> bool {
        match &self.form {
            Form::Small(_) => true,
            Form::Table(table) => table.buckets() <= pages as u64,
        }
    }

    /// A name with its value that is not due, of a table.
    pub(super) fn draw_of_table(&self, random: u64, now_ms: u64) -> Option<(Text<'_>, Text<'_>)> {
        let Form::Table(table) = &self.form else { return None };
        let entry = draw(table, random, |entry| !super::is_due(entry, now_ms))?;
        Some((entry.key(), entry.value().text().unwrap_or(Text::Bytes(b""))))
    }
}

/// Lets every entry that is due go.
struct All;

impl Sweeper<NoBox> for All {
    fn expire(&mut self, _: Text<'_>) -> bool {
        true
    }

    fn displaced(&mut self, _: Displaced<NoBox>) {}
}
