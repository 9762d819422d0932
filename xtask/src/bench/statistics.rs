//! Order statistics of a few samples.

/// The value below which half of the samples lie; none without samples.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The value below which a quarter of the samples lie; none without samples.
pub(crate) fn lower_quartile(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.25)
}

/// The quantile of a sample, interpolated between the two that are next to it (Hyndman and Fan's
/// seventh definition, that of most spreadsheets).
fn quantile(samples: &[f64], share: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found_in_any_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_quartile_is_interpolated() {
        assert_eq!(lower_quartile(&[1.0, 2.0, 3.0, 4.0, 5.0]), Some(2.0));
        assert_eq!(lower_quartile(&[1.0, 2.0, 3.0, 4.0]), Some(1.75));
    }

    #[test]
    fn one_wild_sample_moves_neither() {
        assert_eq!(median(&[1.0, 1.0, 1.0, 1.0, 1000.0]), Some(1.0));
        assert_eq!(lower_quartile(&[0.0, 1.0, 1.0, 1.0, 1.0]), Some(1.0));
    }
}
