//! The names that a serving certificate is for.

use rustls_pki_types::{DnsName, ServerName};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

/// A DNS name in lower case, perhaps with `*.` before it, or an IP address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// Not such a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is neither a DNS name (`name.example` or `*.name.example`) nor an IP address")]
pub struct InvalidName(String);

/// At least one name, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(BTreeSet<Name>);

/// A certificate for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a serving certificate needs at least one name")]
pub struct NoNames;

// === impl Name ===

impl Name {
    /// As it stands in the certificate.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName(text.to_owned());
        let lower = text.to_ascii_lowercase();
        if let Some(parent) = lower.strip_prefix("*.") {
            DnsName::try_from_str(parent).map_err(|_| invalid())?;
            return Ok(Self(lower));
        }
        match ServerName::try_from(lower.as_str()).map_err(|_| invalid())? {
            ServerName::IpAddress(address) => Ok(Self(IpAddr::from(address).to_string())),
            ServerName::DnsName(_) | _ => Ok(Self(lower)),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Names ===

impl Names {
    /// These names.
    pub fn new(names: impl IntoIterator<Item = Name>) -> Result<Self, NoNames> {
        let names: BTreeSet<Name> = names.into_iter().collect();
        if names.is_empty() {
            return Err(NoNames);
        }
        Ok(Self(names))
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        self.0.iter()
    }

    /// Whether these are the same names.
    pub(super) fn are(&self, others: &BTreeSet<Name>) -> bool {
        self.0 == *others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::service("countersign-server.cs.svc", Some("countersign-server.cs.svc"))]
    #[case::upper("Tokens.Example", Some("tokens.example"))]
    #[case::wildcard("*.tokens.example", Some("*.tokens.example"))]
    #[case::ipv4("127.0.0.1", Some("127.0.0.1"))]
    #[case::ipv6("0:0::1", Some("::1"))]
    #[case::nothing("", None)]
    #[case::two_wildcards("*.*.example", None)]
    #[case::wildcard_of_an_address("*.127.0.0.1", None)]
    #[case::port("a.example:443", None)]
    #[case::url("https://a.example", None)]
    #[case::space("a example", None)]
    fn names(#[case] text: &str, #[case] expected: Option<&str>) {
        let name = text.parse::<Name>().ok();
        assert_eq!(name.as_ref().map(Name::as_str), expected);
    }

    #[test]
    fn no_name_is_no_certificate() {
        assert_eq!(Names::new([]), Err(NoNames));
    }
}
