//! Versions of the store (KEP-5504).

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The `resourceVersion` of an object, a list or an event, among objects of one resource in one cluster. The greater one
/// is the later one; it is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceVersion(u128);

/// Not a `resourceVersion`: digits without a leading zero, up to 2^128 − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a resourceVersion that can be compared")]
pub struct InvalidVersion;

// === impl ResourceVersion ===

impl ResourceVersion {
    /// The version with this number.
    pub const fn new(number: u128) -> Self {
        Self(number)
    }
}

impl FromStr for ResourceVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || text.starts_with('0') {
            return Err(InvalidVersion);
        }
        text.parse().map(Self).map_err(|_| InvalidVersion)
    }
}

impl fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// K-RVER-01
    #[rstest]
    #[case::leading_zero("007")]
    #[case::zero("0")]
    #[case::empty("")]
    #[case::letter("1a")]
    #[case::sign("+1")]
    #[case::negative("-1")]
    #[case::space(" 1")]
    #[case::too_great("340282366920938463463374607431768211456")]
    fn what_is_no_version_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<ResourceVersion>(), Err(InvalidVersion));
    }

    /// K-RVER-01
    #[test]
    fn they_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<ResourceVersion>().unwrap();
        assert!(version("9") < version("10"));
        assert!(version("18446744073709551616") > version("9223372036854775808"));
        assert_eq!(version("340282366920938463463374607431768211455").0, u128::MAX);
        assert_eq!(version("42").to_string(), "42");
    }
}
