//! Sizes as people write them.

/// Parses a number of bytes: `1048576`, `64kb`, `256MB`, `16g`, `1.5GiB` (powers of 1024, in any
/// case).
///
/// # Errors
///
/// What was expected.
pub fn parse_size(text: &str) -> Result<u64, &'static str> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("a size such as 512MB or 16GB"),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1_u64 << shift).ok_or("a size below 2^64 bytes");
    }
    let value: f64 = number.parse().map_err(|_| "a size such as 512MB or 16GB")?;
    let bytes = value * 2_f64.powi(shift);
    if bytes.is_finite() && bytes < 1e18 {
        Ok(bytes as u64)
    } else {
        Err("a size below 2^60 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn reads_units() {
        let cases: &[(&str, u64)] = &[
            ("0", 0),
            ("1048576", 1 << 20),
            ("64kb", 64 << 10),
            ("256 MB", 256 << 20),
            ("16g", 16 << 30),
            ("1.5GiB", 3 << 29),
            ("0.5tb", 1 << 39),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_size(text), Ok(*bytes), "{text}");
        }
        for bad in ["", "GB", "-1", "1x", "1.2.3", "99999999999999999999", "20000000tb"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
