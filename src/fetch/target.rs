//! A tenant's URL, judged before anything is resolved or dialled.

use super::addresses::AddressPolicy;
use super::fault::FetchFault;
use std::net::IpAddr;
use url::{Host, Url};

/// A URL that may be fetched, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    host: String,
}

// === impl Target ===

impl Target {
    /// Judges `text`: `https`, no user information, port 443 or at least 1024, and no address
    /// literal that `policy` forbids (a literal, in whatever notation, never reaches the resolver).
    pub fn parse(text: &str, policy: &AddressPolicy) -> Result<Self, FetchFault> {
        let url = Url::parse(text).map_err(|_| FetchFault::NotUrl)?;
        if url.scheme() != "https" {
            return Err(FetchFault::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchFault::UserInfo);
        }
        let port = url.port_or_known_default().ok_or(FetchFault::NotUrl)?;
        if port != 443 && port < 1024 {
            return Err(FetchFault::Port);
        }
        let literal = match url.host().ok_or(FetchFault::NotUrl)? {
            Host::Domain(_) => None,
            Host::Ipv4(v4) => Some(IpAddr::V4(v4)),
            Host::Ipv6(v6) => Some(IpAddr::V6(v6)),
        };
        if literal.is_some_and(|address| !policy.permits(address)) {
            return Err(FetchFault::Address);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Self { url, host })
    }

    /// The URL to fetch.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host as it is asked for, in lower case: what concurrency is counted by.
    pub fn host(&self) -> &str {
        &self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://ci.example/jwks.json")]
    #[case("https://ci.example:8443/jwks.json?v=1")]
    #[case("https://ci.example:1024/")]
    #[case("https://8.8.8.8/")]
    fn taken(#[case] text: &str) {
        assert!(Target::parse(text, &AddressPolicy::default()).is_ok());
    }

    #[rstest]
    #[case("jwks.json", FetchFault::NotUrl)]
    #[case("https://", FetchFault::NotUrl)]
    #[case("http://ci.example/", FetchFault::NotHttps)]
    #[case("file:///etc/passwd", FetchFault::NotHttps)]
    #[case("https://user@ci.example/", FetchFault::UserInfo)]
    #[case("https://:secret@ci.example/", FetchFault::UserInfo)]
    #[case("https://ci.example@127.0.0.1/", FetchFault::UserInfo)]
    #[case("https://ci.example:22/", FetchFault::Port)]
    #[case("https://ci.example:80/", FetchFault::Port)]
    #[case("https://ci.example:1023/", FetchFault::Port)]
    #[case("https://ci.example:0/", FetchFault::Port)]
    #[case::loopback("https://127.0.0.1/", FetchFault::Address)]
    #[case::decimal("https://2130706433/", FetchFault::Address)]
    #[case::octal("https://0177.0.0.1/", FetchFault::Address)]
    #[case::hexadecimal("https://0x7f.1/", FetchFault::Address)]
    #[case::trailing_dot("https://127.0.0.1./", FetchFault::Address)]
    #[case::metadata("https://169.254.169.254/latest", FetchFault::Address)]
    #[case::wide_digits("https://\u{ff11}27.0.0.1/", FetchFault::Address)]
    #[case::loopback_v6("https://[::1]/", FetchFault::Address)]
    #[case::mapped("https://[::ffff:7f00:1]/", FetchFault::Address)]
    #[case::unspecified("https://0/", FetchFault::Address)]
    fn refused(#[case] text: &str, #[case] expected: FetchFault) {
        assert_eq!(Target::parse(text, &AddressPolicy::default()), Err(expected));
    }
}
