//! Zipf's law: rank `k` of `n` is drawn with a probability proportional to `1 / k^s`.
//!
//! Rejection-inversion (Hörmann, Derflinger: Rejection-Inversion to Generate Variates from Monotone
//! Discrete Distributions, ACM TOMACS 6, 1996): constant memory for any `n`, and less than 1.2
//! tries a number for the exponents in use.

use crate::random::Random;

/// A distribution over ranks.
#[derive(Debug, Clone)]
pub(crate) struct Zipf {
    count: f64,
    exponent: f64,
    /// The integral of the hat at 1.5, less the whole first column.
    lower: f64,
    /// The integral of the hat at `count + 0.5`.
    upper: f64,
    /// How far right of its column's middle a point is accepted without a look at the curve.
    squeeze: f64,
}

impl Zipf {
    /// The law for ranks `0..count`, of which there is at least one. `exponent` is above 0.
    pub(crate) fn new(count: u64, exponent: f64) -> Self {
        let count = count.max(1) as f64;
        let mut zipf = Self { count, exponent, lower: 0.0, upper: 0.0, squeeze: 0.0 };
        zipf.lower = zipf.integral(1.5) - 1.0;
        zipf.upper = zipf.integral(count + 0.5);
        zipf.squeeze = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.hat(2.0));
        zipf
    }

    /// A rank, the most frequent being 0.
    pub(crate) fn draw(&self, random: &mut Random) -> u64 {
        loop {
            let area = self.upper + random.unit() * (self.lower - self.upper);
            let x = self.inverse(area);
            let k = (x + 0.5).floor().clamp(1.0, self.count);
            if k - x <= self.squeeze || area >= self.integral(k + 0.5) - self.hat(k) {
                return k as u64 - 1;
            }
        }
    }

    fn hat(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// The integral of the hat from 1 to `x`.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        growth((1.0 - self.exponent) * log) * log
    }

    fn inverse(&self, area: f64) -> f64 {
        let scaled = (area * (1.0 - self.exponent)).max(-1.0);
        (log_growth(scaled) * area).exp()
    }
}

/// `(e^x - 1) / x`, also at 0.
fn growth(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.exp_m1() / x } else { 1.0 + x / 2.0 }
}

/// `ln(1 + x) / x`, also at 0.
fn log_growth(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.ln_1p() / x } else { 1.0 - x / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_follow_the_law() {
        const DRAWS: u32 = 400_000;
        for exponent in [0.5, 0.99, 1.0, 1.2, 2.0] {
            let (zipf, mut random) = (Zipf::new(1000, exponent), Random::new(42));
            let mut counts = vec![0_u32; 1000];
            for _ in 0..DRAWS {
                counts[zipf.draw(&mut random) as usize] += 1;
            }
            let total: f64 = (1..=1000).map(|k| f64::from(k).powf(-exponent)).sum();
            let probability = |rank: u32| f64::from(rank + 1).powf(-exponent) / total;
            for rank in [0, 1, 2, 9, 99] {
                let expected = probability(rank) * f64::from(DRAWS);
                let error = (f64::from(counts[rank as usize]) - expected).abs();
                assert!(error < 5.0 * expected.sqrt() + 1.0, "s {exponent} rank {rank}: {error}");
            }
            let tail = f64::from(counts[500..].iter().sum::<u32>());
            let expected = (500..1000).map(probability).sum::<f64>() * f64::from(DRAWS);
            assert!((tail - expected).abs() < 5.0 * expected.sqrt() + 1.0, "s {exponent}: {tail}");
        }
    }

    #[test]
    fn ranks_stay_in_range() {
        let mut random = Random::new(1);
        for count in [1, 2, 3, 1_000_000_000] {
            let zipf = Zipf::new(count, 1.0);
            assert!((0..1000).all(|_| zipf.draw(&mut random) < count));
        }
    }
}
