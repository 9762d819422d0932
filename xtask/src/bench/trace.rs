//! What a cache is asked for: objects by number, each of a size of its own.

/// Objects one after the other, the same for each seed.
#[derive(Debug)]
pub(crate) struct Trace {
    kind: Kind,
    objects: u64,
    random: Random,
    /// The share of requests that are for the objects up to each one.
    shares: Vec<f64>,
    /// The next object that nobody asks for twice.
    fresh: u64,
    /// What is left of a scan: the next object, and how many.
    scan: (u64, u64),
}

/// What is typical of the requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Independent draws by Zipf's law with exponent 1.
    Zipf,
    /// Of ten requests seven are such draws, one is for an object that is never asked for again,
    /// and two belong to scans over objects that only scans ask for.
    Scans,
}

impl Trace {
    /// Of so many objects that are drawn, and as many that are scanned.
    pub(crate) fn new(kind: Kind, objects: u64, seed: u64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=objects).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        let mut shares: Vec<f64> = sums.collect();
        shares.iter_mut().for_each(|share| *share /= sum);
        let (random, fresh) = (Random(seed), objects * 2);
        Self { kind, objects, random, shares, fresh, scan: (0, 0) }
    }

    /// The object that is asked for next.
    pub(crate) fn next(&mut self) -> u64 {
        if self.kind == Kind::Zipf {
            return self.drawn();
        }
        match self.random.below(10) {
            0..7 => self.drawn(),
            7 => {
                self.fresh += 1;
                self.fresh
            }
            _ => self.scanned(),
        }
    }

    fn drawn(&mut self) -> u64 {
        let point = self.random.below(1 << 53) as f64 / (1_u64 << 53) as f64;
        self.shares.partition_point(|share| *share < point) as u64
    }

    fn scanned(&mut self) -> u64 {
        if self.scan.1 == 0 {
            self.scan = (self.random.below(self.objects), self.objects / SCANS);
        }
        let object = self.objects + self.scan.0 % self.objects;
        self.scan = (self.scan.0 + 1, self.scan.1 - 1);
        object
    }
}

/// How many bytes the value of an object has: 32 to 1024, each doubling as likely as the others.
pub(crate) fn value_len(object: u64) -> usize {
    let mut random = Random(object);
    let doublings = random.below(1 << 20) as f64 / f64::from(1 << 20) * 5.0;
    (32.0 * doublings.exp2()) as usize
}

/// Numbers as `SplitMix64` draws them.
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// Below a bound that is small beside 2^64.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ number >> 31) % bound
    }
}

/// A scan goes over one part of the objects in so many.
const SCANS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_popular_is_drawn_often_and_what_is_fresh_once() {
        for kind in [Kind::Zipf, Kind::Scans] {
            let mut trace = Trace::new(kind, 1000, 7);
            let asked: Vec<u64> = (0..20_000).map(|_| trace.next()).collect();
            let count = |of: u64| asked.iter().filter(|object| **object == of).count();
            assert!(count(0) > 5 * count(9).max(1), "{kind:?}");
            let mut fresh: Vec<u64> = asked.iter().copied().filter(|o| *o >= 2000).collect();
            let drawn = asked.iter().filter(|object| **object < 1000).count();
            assert_eq!(fresh.is_empty(), kind == Kind::Zipf);
            assert!(kind == Kind::Zipf || drawn.abs_diff(14_000) < 500, "{drawn}");
            let all = fresh.len();
            fresh.dedup();
            assert_eq!(fresh.len(), all);
        }
    }

    #[test]
    fn sizes_are_the_objects_own() {
        let lens: Vec<usize> = (0..10_000).map(value_len).collect();
        assert!(lens.iter().all(|len| (32..=1024).contains(len)));
        let mean = lens.iter().sum::<usize>() / lens.len();
        assert!((270..300).contains(&mean), "{mean}");
    }
}
