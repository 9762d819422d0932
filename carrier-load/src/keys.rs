//! Which key a request names: how keys are spelt, and in which order they are drawn.

use crate::digits::write_digits;
use crate::error::UsageError;
use crate::random::Random;
use crate::zipf::Zipf;

/// How numbers become keys: a prefix and decimal digits, all keys of one length.
#[derive(Debug, Clone)]
pub(crate) struct KeySpace {
    /// What each key begins with.
    pub(crate) prefix: Vec<u8>,
    /// Digits behind it, padded with zeros.
    pub(crate) digits: usize,
    /// Numbers below this are the keys that are preloaded and drawn; higher ones are fresh.
    pub(crate) count: u64,
}

impl KeySpace {
    /// Appends the key of a number.
    pub(crate) fn write(&self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(&self.prefix);
        write_digits(out, number, self.digits);
    }
}

/// The order in which keys are drawn, as the command line names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    /// Each key as often as any other.
    Uniform,
    /// Key 0 most often, by Zipf's law with this exponent.
    Zipf(f64),
    /// 0, 1, 2 and so on, and again from 0.
    Sequential,
    /// A key that no request of this run has named.
    Fresh,
    /// Each draw by one of these, with weights.
    Mixed(Vec<(u32, Self)>),
}

impl Order {
    /// Reads `uniform`, `zipf:S`, `sequential`, `fresh` or `mixed:ORDER=WEIGHT,...`.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        let error = || UsageError::new("--distribution", text, ORDER_SYNTAX);
        if let Some(parts) = text.strip_prefix("mixed:") {
            let part = |part: &str| {
                let (order, weight) = part.rsplit_once('=')?;
                let weight = weight.parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight));
                let order = Self::parse_one(order)?;
                Some((weight?, order))
            };
            let parts: Option<Vec<_>> = parts.split(',').map(part).collect();
            return parts.map(Self::Mixed).ok_or_else(error);
        }
        Self::parse_one(text).ok_or_else(error)
    }

    fn parse_one(text: &str) -> Option<Self> {
        match text {
            "uniform" => Some(Self::Uniform),
            "sequential" => Some(Self::Sequential),
            "fresh" => Some(Self::Fresh),
            _ => {
                let exponent: f64 = text.strip_prefix("zipf:")?.parse().ok()?;
                (exponent > 0.0 && exponent <= EXPONENT_MAX).then_some(Self::Zipf(exponent))
            }
        }
    }

    /// Whether a draw can be a fresh key.
    pub(crate) fn has_fresh(&self) -> bool {
        match self {
            Self::Fresh => true,
            Self::Mixed(parts) => parts.iter().any(|(_, order)| order.has_fresh()),
            _ => false,
        }
    }
}

/// Where a thread's share of a counted order begins, and how far apart its numbers are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// The thread's number.
    pub(crate) first: u64,
    /// How many threads there are.
    pub(crate) stride: u64,
    /// Where the orders begin.
    pub(crate) from: NextKeys,
}

/// The numbers with which counted orders go on, over all threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct NextKeys {
    /// The number of draws of the sequential order.
    pub(crate) sequential: u64,
    /// Above every fresh key that was drawn.
    pub(crate) fresh: u64,
}

impl NextKeys {
    /// What is above both.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            sequential: self.sequential.max(other.sequential),
            fresh: self.fresh.max(other.fresh),
        }
    }
}

/// Draws numbers of keys for one thread.
#[derive(Debug)]
pub(crate) struct Picker {
    count: u64,
    order: Draw,
    sequential_next: u64,
    fresh_next: u64,
    stride: u64,
}

impl Picker {
    /// A picker among `count` keys.
    pub(crate) fn new(order: &Order, count: u64, share: Share) -> Self {
        Self {
            count,
            order: Draw::new(order, count),
            sequential_next: share.from.sequential + share.first,
            fresh_next: share.from.fresh + share.first,
            stride: share.stride,
        }
    }

    /// The next key's number.
    #[inline(always)]
    pub(crate) fn draw(&mut self, random: &mut Random) -> u64 {
        match self.order {
            Draw::Uniform => random.below(self.count),
            _ => self.draw_other(random),
        }
    }

    #[inline(never)]
    fn draw_other(&mut self, random: &mut Random) -> u64 {
        let mut order = &self.order;
        loop {
            match order {
                Draw::Uniform => return random.below(self.count),
                Draw::Zipf(zipf) => return zipf.draw(random),
                Draw::Sequential => {
                    let number = self.sequential_next % self.count;
                    self.sequential_next += self.stride;
                    return number;
                }
                Draw::Fresh => {
                    let number = self.fresh_next;
                    self.fresh_next += self.stride;
                    return number;
                }
                Draw::Mixed { total, parts } => {
                    let mut at = random.below(*total);
                    let mut chosen = &parts[0].1;
                    for (weight, part) in parts {
                        chosen = part;
                        if at < *weight {
                            break;
                        }
                        at -= weight;
                    }
                    order = chosen;
                }
            }
        }
    }

    /// No draw of this thread has these numbers or higher ones.
    pub(crate) fn next_keys(&self) -> NextKeys {
        let end = |next: u64| (next + 1).saturating_sub(self.stride);
        NextKeys { sequential: end(self.sequential_next), fresh: end(self.fresh_next) }
    }
}

/// An order with what drawing by it needs.
#[derive(Debug)]
enum Draw {
    Uniform,
    Zipf(Zipf),
    Sequential,
    Fresh,
    Mixed { total: u64, parts: Vec<(u64, Self)> },
}

impl Draw {
    fn new(order: &Order, count: u64) -> Self {
        match order {
            Order::Uniform => Self::Uniform,
            Order::Zipf(exponent) => Self::Zipf(Zipf::new(count, *exponent)),
            Order::Sequential => Self::Sequential,
            Order::Fresh => Self::Fresh,
            Order::Mixed(parts) => Self::Mixed {
                total: parts.iter().map(|(weight, _)| u64::from(*weight)).sum(),
                parts: parts
                    .iter()
                    .map(|(weight, order)| (u64::from(*weight), Self::new(order, count)))
                    .collect(),
            },
        }
    }
}

const ORDER_SYNTAX: &str =
    "uniform, zipf:EXPONENT (above 0, at most 10), sequential, fresh or mixed:ORDER=WEIGHT,...";
const EXPONENT_MAX: f64 = 10.0;
/// The highest weight of an order or a command.
pub(crate) const WEIGHT_MAX: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share =
        Share { first: 1, stride: 2, from: NextKeys { sequential: 0, fresh: 100 } };

    fn draws(order: &str, count: u64, draws: usize) -> Vec<u64> {
        let order = Order::parse(order).expect("an order");
        let (mut picker, mut random) = (Picker::new(&order, count, SHARE), Random::new(3));
        (0..draws).map(|_| picker.draw(&mut random)).collect()
    }

    #[test]
    fn keys_are_padded() {
        let space = KeySpace { prefix: b"key:".to_vec(), digits: 6, count: 10 };
        let mut out = Vec::new();
        space.write(&mut out, 120);
        space.write(&mut out, 0);
        assert_eq!(out, b"key:000120key:000000");
    }

    #[test]
    fn threads_share_counted_orders() {
        assert_eq!(draws("sequential", 5, 6), [1, 3, 0, 2, 4, 1]);
        assert_eq!(draws("fresh", 5, 3), [101, 103, 105]);
    }

    #[test]
    fn parts_of_a_mixed_order_have_their_weights() {
        let drawn = draws("mixed:zipf:1.5=3,fresh=1", 50, 40_000);
        let fresh: Vec<_> = drawn.iter().filter(|number| **number >= 100).collect();
        assert!(fresh.len().abs_diff(10_000) < 500, "{}", fresh.len());
        assert!(fresh.is_sorted());
        assert!(drawn.iter().all(|number| *number < 50 || *number >= 100));
    }

    #[test]
    fn uniform_keys_are_uniform() {
        let mut counts = [0_u32; 20];
        draws("uniform", 20, 100_000).iter().for_each(|number| counts[*number as usize] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(5_000) < 350), "{counts:?}");
    }

    #[test]
    fn orders_that_make_no_sense_are_refused() {
        for text in ["", "zipf", "zipf:0", "zipf:x", "mixed:", "mixed:fresh", "mixed:uniform=0"] {
            assert!(Order::parse(text).is_err(), "{text}");
        }
    }
}
