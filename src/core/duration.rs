//! Durations as people write them in objects and on the command line: `90s`, `10m`, `1h30m`.

use jiff::SignedDuration;
use thiserror::Error;

/// The text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be one to three whole numbers, each with its unit h, m or s, such as 90s, 5m or 1m30s")]
pub struct InvalidDuration;

/// Reads a sum of up to three parts of whole hours, minutes and seconds, at most five digits each: what
/// the schema of our objects admits, and a subset of what Go and Kubernetes read.
pub fn parse_duration(text: &str) -> Result<SignedDuration, InvalidDuration> {
    let mut total = SignedDuration::ZERO;
    let mut parts = 0_u8;
    for part in text.split_inclusive(['h', 'm', 's']) {
        let unit = part.chars().last().ok_or(InvalidDuration)?;
        let digits = part.strip_suffix(unit).ok_or(InvalidDuration)?;
        if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidDuration);
        }
        let number: i64 = digits.parse().map_err(|_| InvalidDuration)?;
        let seconds = match unit {
            'h' => number.saturating_mul(3600),
            'm' => number.saturating_mul(60),
            's' => number,
            _ => return Err(InvalidDuration),
        };
        total = total.saturating_add(SignedDuration::from_secs(seconds));
        parts = parts.saturating_add(1);
    }
    if (1..=3).contains(&parts) {
        Ok(total)
    } else {
        Err(InvalidDuration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("10m", Ok(600))]
    #[case("90s", Ok(90))]
    #[case("1h", Ok(3600))]
    #[case("1h30m5s", Ok(5405))]
    #[case("1m1m", Ok(120))]
    #[case("0s", Ok(0))]
    #[case("00010s", Ok(10))]
    #[case("99999h", Ok(359_996_400))]
    #[case("", Err(InvalidDuration))]
    #[case("10", Err(InvalidDuration))]
    #[case("m", Err(InvalidDuration))]
    #[case("-1m", Err(InvalidDuration))]
    #[case("+1m", Err(InvalidDuration))]
    #[case("1.5h", Err(InvalidDuration))]
    #[case("1d", Err(InvalidDuration))]
    #[case("1ms", Err(InvalidDuration))]
    #[case("1m 1s", Err(InvalidDuration))]
    #[case("1m5", Err(InvalidDuration))]
    #[case("100000s", Err(InvalidDuration))]
    #[case("1s1s1s1s", Err(InvalidDuration))]
    #[case("\u{663}m", Err(InvalidDuration))]
    fn durations(#[case] text: &str, #[case] expected: Result<i64, InvalidDuration>) {
        assert_eq!(parse_duration(text).map(|duration| duration.as_secs()), expected);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            prop_assert!(parse_duration(&text).is_ok_and(|duration| !duration.is_negative()) || parse_duration(&text).is_err());
        }
    }
}
