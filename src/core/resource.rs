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

    /// The host of an `https` identifier, as it was given.
    pub fn host(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("https://")?;
        rest.split(['/', ':', '?']).next()
    }

    /// The namespace of the Service that an `https://<service>.<namespace>.svc` identifier names, with or without a port
    /// and a path.
    pub fn service_namespace(&self) -> Option<&str> {
        let mut labels = self.host()?.split('.');
        let (service, namespace, svc) = (labels.next()?, labels.next()?, labels.next()?);
        let names = is_dns_label(service) && is_dns_label(namespace);
        (names && svc == "svc" && labels.next().is_none()).then_some(namespace)
    }
}

/// Whether Kubernetes would take it as the name of a namespace or a Service (RFC 1123).
fn is_dns_label(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.len() <= 63
        && text.bytes().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.is_empty()
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

    #[rstest]
    #[case("https://ledger.payments.svc", Some("payments"))]
    #[case("https://ledger.payments.svc/v1/accounts?x=1", Some("payments"))]
    #[case("https://ledger.payments.svc:8443", Some("payments"))]
    #[case("https://ledger.payments.svc?x", Some("payments"))]
    #[case::plain_http("http://ledger.payments.svc", None)]
    #[case::long_form("https://ledger.payments.svc.cluster.local", None)]
    #[case::pod("https://a.ledger.payments.svc", None)]
    #[case::no_service("https://payments.svc", None)]
    #[case::empty_service("https://.payments.svc", None)]
    #[case::empty_namespace("https://ledger..svc", None)]
    #[case::capitals("https://ledger.Payments.svc", None)]
    #[case::root_dot("https://ledger.payments.svc.", None)]
    #[case::in_the_path("https://x/ledger.payments.svc", None)]
    #[case::percent("https://ledger.pay%6dents.svc", None)]
    #[case::urn("urn:ledger.payments.svc", None)]
    fn services(#[case] text: &str, #[case] expected: Option<&str>) {
        let parsed: ResourceId = text.parse().unwrap();
        assert_eq!(parsed.service_namespace(), expected);
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
