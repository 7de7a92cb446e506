//! Resource indicators (RFC 8707): the APIs that access tokens are for.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use url::Url;

/// The identifier of a protected resource: an absolute URI without a fragment, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(String);

/// Why a string cannot identify a protected resource (RFC 8707 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidResource {
    /// Not an absolute URI.
    #[error("must be an absolute URI")]
    NotAbsolute,
    /// It has a fragment.
    #[error("must not have a fragment")]
    Fragment,
    /// It has a character that a URI cannot contain, or more than 2,048 of them.
    #[error("must be at most 2048 ASCII characters without spaces, quotes or control characters")]
    Characters,
    /// It names a user.
    #[error("must not contain user information")]
    UserInfo,
}

impl ResourceId {
    /// The identifier as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResourceId {
    type Err = InvalidResource;

    fn from_str(text: &str) -> Result<Self, InvalidResource> {
        let unreserved = |b: u8| {
            b.is_ascii_graphic()
                && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        if text.is_empty() || text.len() > 2048 || !text.bytes().all(unreserved) {
            return Err(InvalidResource::Characters);
        }
        if text.contains('#') {
            return Err(InvalidResource::Fragment);
        }
        let url = Url::parse(text).map_err(|_| InvalidResource::NotAbsolute)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidResource::UserInfo);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// S-8707-01
    #[rstest]
    #[case("https://ledger.internal", Ok(()))]
    #[case("https://ledger.internal/v1?tenant=a", Ok(()))]
    #[case("urn:example:ledger", Ok(()))]
    #[case("", Err(InvalidResource::Characters))]
    #[case("/v1", Err(InvalidResource::NotAbsolute))]
    #[case("ledger", Err(InvalidResource::NotAbsolute))]
    #[case("https://ledger.internal/#x", Err(InvalidResource::Fragment))]
    #[case("https://ledger.internal/ x", Err(InvalidResource::Characters))]
    #[case("https://l\u{e9}dger.internal", Err(InvalidResource::Characters))]
    #[case("https://user@ledger.internal", Err(InvalidResource::UserInfo))]
    fn identifiers(#[case] text: &str, #[case] expected: Result<(), InvalidResource>) {
        assert_eq!(text.parse::<ResourceId>().map(|_| ()), expected);
    }

    /// S-8707-06
    #[test]
    fn identifiers_are_compared_byte_by_byte() {
        let a: ResourceId = "https://ledger.internal".parse().unwrap();
        for other in [
            "https://ledger.internal/",
            "https://LEDGER.internal",
            "https://ledger.internal:443",
        ] {
            assert_ne!(a, other.parse().unwrap(), "{other}");
        }
    }
}
