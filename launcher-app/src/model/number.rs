//! Numbers as text.

/// A number without needless digits. Up to four decimals are kept. Of more, seven significant
/// digits are kept, unless that would turn it into a rounder number: `100.00001` is not `100`.
pub fn number_in_words(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let written = plain(&number.to_string());
    if decimals(&written) <= 4 {
        return written;
    }
    // Rounding errors, as in `0.30000000000000004`, are beyond the twelfth digit.
    let exact = to_significant(number, 12);
    let short = to_significant(number, 7);
    if decimals(&short) < decimals_to_significant(number, 7) { exact } else { short }
}

fn decimals(written: &str) -> usize {
    written.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// The number of decimals for this number of significant digits; at least four.
fn decimals_to_significant(number: f64, digits: i32) -> usize {
    let leading = number.abs().log10().floor() as i32;
    usize::try_from(digits - 1 - leading).unwrap_or_default().max(4)
}

fn to_significant(number: f64, digits: i32) -> String {
    plain(&format!("{number:.0$}", decimals_to_significant(number, digits)))
}

/// Without zeros at the end, and without a sign if it is zero.
fn plain(digits: &str) -> String {
    let trimmed = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    match trimmed {
        "-0" => "0".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_needless_digits() {
        for (number, text) in [
            (70.0, "70"),
            (70.50, "70.5"),
            (1.0 / 3.0, "0.3333333"),
            (200.0 / 3.0, "66.66667"),
            (0.1 + 0.2, "0.3"),
            (-0.5, "-0.5"),
            (100.0, "100"),
            (7.05, "7.05"),
            (0.004, "0.004"),
            (0.0501, "0.0501"),
            (-0.0, "0"),
        ] {
            assert_eq!(number_in_words(number), text);
        }
    }

    #[test]
    fn l1_a_number_is_not_changed() {
        for (number, text) in [
            (0.104, "0.104"),
            (1.005, "1.005"),
            (0.00002, "0.00002"),
            (-0.0000123, "-0.0000123"),
            (0.00012346, "0.00012346"),
            (0.123456, "0.123456"),
            (5.60001, "5.60001"),
            (100.00001, "100.00001"),
            (-99.999_996, "-99.999996"),
            (12.345_678_9, "12.34568"),
            (1_234_567.123_46, "1234567.1235"),
            (1e18, "1000000000000000000"),
            (123_456_789.25, "123456789.25"),
        ] {
            assert_eq!(number_in_words(number), text);
        }
    }
}
