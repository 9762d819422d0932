//! How often keys were asked for, about: a count-min sketch of four rows of counters up to 15,
//! all halved from time to time.

use crate::random::mix;

pub(crate) struct LfuSketch {
    rows: [Vec<u8>; 4],
    /// Additions since the last halving.
    added: u64,
    /// How many lead to the next.
    period: u64,
}

impl LfuSketch {
    /// A sketch for a cache of that many objects.
    pub(crate) fn new(objects: u64) -> Self {
        let width = (4 * objects).next_power_of_two() as usize;
        Self { rows: [(); 4].map(|()| vec![0; width]), added: 0, period: 10 * objects }
    }

    pub(crate) fn add(&mut self, key: u64) {
        for (number, row) in (1..).zip(&mut self.rows) {
            let at = place(key, number) & (row.len() - 1);
            row[at] = (row[at] + 1).min(COUNT_MAX);
        }
        self.added += 1;
        if self.added == self.period {
            self.rows.iter_mut().flatten().for_each(|counter| *counter /= 2);
            self.added /= 2;
        }
    }

    pub(crate) fn estimate(&self, key: u64) -> u8 {
        let counts = (1..).zip(&self.rows).map(|(n, row)| row[place(key, n) & (row.len() - 1)]);
        counts.min().unwrap_or(0)
    }
}

fn place(key: u64, row: u64) -> usize {
    mix(key.wrapping_add(row << 56)) as usize
}

const COUNT_MAX: u8 = 15;
