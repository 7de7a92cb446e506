//! Our own issuer identifier (RFC 8414 §2) and what is derived from it.

use std::fmt;
use thiserror::Error;
use url::{Host, Url};

/// An authorization server's issuer identifier: an `https` URL without query and fragment.
///
/// It is kept, published and compared exactly as it was configured (RFC 8414 §3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

/// Why a string cannot be our issuer identifier (RFC 8414 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidIssuer {
    /// Not an absolute URL with a host.
    #[error("the issuer must be an absolute URL with a host, such as https://tokens.example")]
    NotUrl,
    /// Not `https`.
    #[error("the issuer must be an https URL (http is for a loopback address under `dev` and `demo` only)")]
    NotHttps,
    /// It has a query, a fragment or user information.
    #[error("the issuer must have no query, no fragment and no user information")]
    Extra,
}

impl Issuer {
    /// Reads an issuer identifier; `https` only.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let issuer = Self::parse_any_scheme(text)?;
        if issuer.url.scheme() == "https" {
            Ok(issuer)
        } else {
            Err(InvalidIssuer::NotHttps)
        }
    }

    /// Reads an issuer identifier for `dev` and `demo`: `http` is allowed on a loopback address.
    pub fn parse_loopback(text: &str) -> Result<Self, InvalidIssuer> {
        let issuer = Self::parse_any_scheme(text)?;
        let loopback = match issuer.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match issuer.url.scheme() {
            "https" => Ok(issuer),
            "http" if loopback => Ok(issuer),
            _ => Err(InvalidIssuer::NotHttps),
        }
    }

    fn parse_any_scheme(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotUrl)?;
        if !url.has_host() || text.len() > 512 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidIssuer::NotUrl);
        }
        let extra = text.contains(['?', '#']) || !url.username().is_empty() || url.password().is_some();
        if extra {
            return Err(InvalidIssuer::Extra);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The identifier, byte for byte as configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, in lower case.
    pub fn host(&self) -> Option<&str> {
        self.url.host_str()
    }

    /// The path of the identifier without a trailing `/`: empty, or `/a/b`.
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// The absolute URL of one of our endpoints: the identifier with `path` appended.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// S-8414-04
    #[rstest]
    #[case("https://tokens.example", Ok(()))]
    #[case("https://tokens.example/a/b", Ok(()))]
    #[case("http://tokens.example", Err(InvalidIssuer::NotHttps))]
    #[case("http://127.0.0.1:8080", Err(InvalidIssuer::NotHttps))]
    #[case("https://tokens.example/?", Err(InvalidIssuer::Extra))]
    #[case("https://tokens.example/#", Err(InvalidIssuer::Extra))]
    #[case("https://u@tokens.example", Err(InvalidIssuer::Extra))]
    #[case("tokens.example", Err(InvalidIssuer::NotUrl))]
    #[case("urn:x", Err(InvalidIssuer::NotUrl))]
    fn issuers(#[case] text: &str, #[case] expected: Result<(), InvalidIssuer>) {
        assert_eq!(Issuer::parse(text).map(|_| ()), expected);
    }

    /// D-23
    #[rstest]
    #[case("http://127.0.0.1:8080", Ok(()))]
    #[case("http://[::1]:8080", Ok(()))]
    #[case("http://localhost:8080", Ok(()))]
    #[case("http://192.0.2.1", Err(InvalidIssuer::NotHttps))]
    #[case("http://localhost.evil.example", Err(InvalidIssuer::NotHttps))]
    fn loopback_issuers(#[case] text: &str, #[case] expected: Result<(), InvalidIssuer>) {
        assert_eq!(Issuer::parse_loopback(text).map(|_| ()), expected);
    }

    #[test]
    fn endpoints_are_appended_and_the_identifier_stays_as_it_was() {
        let issuer = Issuer::parse("https://tokens.example/a/").unwrap();
        assert_eq!(issuer.as_str(), "https://tokens.example/a/");
        assert_eq!(issuer.endpoint("/token"), "https://tokens.example/a/token");
        assert_eq!(issuer.path(), "/a");
        assert_eq!(Issuer::parse("https://tokens.example").unwrap().path(), "");
    }
}
