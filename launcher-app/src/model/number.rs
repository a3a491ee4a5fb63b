//! Numbers as people write them.

/// A number without needless digits. Up to four digits behind the point stand as they came; of more, which arithmetic left
/// there, two remain, and four significant ones of what is less than a tenth.
pub fn number_in_words(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let written = plain(&number.to_string());
    let decimals = written.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals <= 4 {
        return written;
    }
    if number.abs() >= 0.095 {
        return plain(&format!("{number:.2}"));
    }
    // `0.0001234`: the zeros that follow the point, and four digits.
    let zeros =
        written.split_once('.').map_or(0, |(_, decimals)| decimals.bytes().take_while(|byte| *byte == b'0').count());
    plain(&format!("{number:.0$}", (zeros + 4).min(20)))
}

/// Without zeros at the end, and without a sign where nothing but zeros is left.
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
            (1.0 / 3.0, "0.33"),
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
    fn l1_no_number_is_shown_as_another() {
        for (number, text) in [
            (0.104, "0.104"),
            (1.005, "1.005"),
            (0.00002, "0.00002"),
            (-0.0000123, "-0.0000123"),
            (1e18, "1000000000000000000"),
            (123_456_789.25, "123456789.25"),
        ] {
            assert_eq!(number_in_words(number), text);
        }
    }
}
