//! Who a client is, and who a service account is: names that Kubernetes could have given.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Why a string is not a name in Kubernetes' sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Not of the form `<namespace>/<name>`.
    #[error("must be of the form <namespace>/<name>")]
    Shape,
    /// The namespace is not a DNS label (RFC 1123).
    #[error(
        "the namespace must be a DNS label: at most 63 of a-z, 0-9 and '-', starting and ending with a letter or digit"
    )]
    Namespace,
    /// The name is not a DNS subdomain (RFC 1123).
    #[error(
        "the name must be a DNS subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit"
    )]
    Name,
}

/// An OAuth 2.0 client identifier (RFC 6749 §2.2): the namespace and name of its `OAuthClient`
/// object. It is derived from the object, never typed by a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    text: String,
    slash: usize,
}

/// A service account of the local cluster: `system:serviceaccount:<namespace>:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccountId {
    /// The namespace it lives in.
    pub namespace: String,
    /// Its name in that namespace.
    pub name: String,
}

/// Whether `text` is a DNS label as RFC 1123 has it: the form of a namespace's name.
pub fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    bytes.len() <= 63
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(|b| *b != b'-')
        && bytes.last().is_some_and(|b| *b != b'-')
}

/// Whether `text` is a DNS subdomain as RFC 1123 has it: the form of most objects' names.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

// === impl ClientId ===

impl ClientId {
    /// The client that the object `namespace`/`name` declares.
    pub fn new(namespace: &str, name: &str) -> Result<Self, InvalidId> {
        if !is_dns_label(namespace) {
            return Err(InvalidId::Namespace);
        }
        if !is_dns_subdomain(name) {
            return Err(InvalidId::Name);
        }
        Ok(Self {
            text: format!("{namespace}/{name}"),
            slash: namespace.len(),
        })
    }

    /// The namespace of the object.
    pub fn namespace(&self) -> &str {
        self.text.get(..self.slash).unwrap_or_default()
    }

    /// The name of the object.
    pub fn name(&self) -> &str {
        self.text.get(self.slash.saturating_add(1)..).unwrap_or_default()
    }

    /// `<namespace>/<name>`, the `client_id` on the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for ClientId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (namespace, name) = text.split_once('/').ok_or(InvalidId::Shape)?;
        Self::new(namespace, name)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// === impl ServiceAccountId ===

impl ServiceAccountId {
    /// Reads the user name that the API server gives a service account.
    ///
    /// Exactly one namespace and one name: `system:serviceaccount:a:b:c` is refused.
    pub fn from_user_name(sub: &str) -> Result<Self, InvalidId> {
        let rest = sub
            .strip_prefix("system:serviceaccount:")
            .ok_or(InvalidId::Shape)?;
        let (namespace, name) = rest.split_once(':').ok_or(InvalidId::Shape)?;
        if !is_dns_label(namespace) {
            return Err(InvalidId::Namespace);
        }
        if !is_dns_subdomain(name) {
            return Err(InvalidId::Name);
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for ServiceAccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b", Ok(("a", "b")))]
    #[case("payments/billing.worker-1", Ok(("payments", "billing.worker-1")))]
    #[case("", Err(InvalidId::Shape))]
    #[case("a", Err(InvalidId::Shape))]
    #[case("/b", Err(InvalidId::Namespace))]
    #[case("a/", Err(InvalidId::Name))]
    #[case("a/b/c", Err(InvalidId::Name))]
    #[case("A/b", Err(InvalidId::Namespace))]
    #[case("a.b/c", Err(InvalidId::Namespace))]
    #[case("a/b..c", Err(InvalidId::Name))]
    #[case("a/-b", Err(InvalidId::Name))]
    #[case("a-/b", Err(InvalidId::Namespace))]
    #[case("a/b ", Err(InvalidId::Name))]
    #[case("https://x/y", Err(InvalidId::Namespace))]
    fn b11_client_ids(#[case] text: &str, #[case] expected: Result<(&str, &str), InvalidId>) {
        let parsed = text.parse::<ClientId>();
        assert_eq!(
            parsed
                .as_ref()
                .map(|id| (id.namespace(), id.name()))
                .map_err(Clone::clone),
            expected
        );
    }

    #[rstest]
    #[case("system:serviceaccount:a:b", Ok(("a", "b")))]
    #[case("system:serviceaccount:a:b:c", Err(InvalidId::Name))]
    #[case("system:serviceaccount:a", Err(InvalidId::Shape))]
    #[case("system:serviceaccount::b", Err(InvalidId::Namespace))]
    #[case("system:serviceaccount:a:", Err(InvalidId::Name))]
    #[case("System:serviceaccount:a:b", Err(InvalidId::Shape))]
    #[case("system:node:a", Err(InvalidId::Shape))]
    #[case("system:serviceaccount:a\\b:c", Err(InvalidId::Namespace))]
    #[case("system:serviceaccount:a%2f:c", Err(InvalidId::Namespace))]
    fn b11_service_accounts(#[case] sub: &str, #[case] expected: Result<(&str, &str), InvalidId>) {
        let parsed = ServiceAccountId::from_user_name(sub);
        assert_eq!(
            parsed
                .as_ref()
                .map(|id| (id.namespace.as_str(), id.name.as_str()))
                .map_err(Clone::clone),
            expected
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(ns in "[a-z0-9]{1,8}", name in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,4})?") {
            let id = ClientId::new(&ns, &name).unwrap();
            prop_assert_eq!(id.to_string().parse::<ClientId>(), Ok(id));
            let sa = ServiceAccountId { namespace: ns, name };
            prop_assert_eq!(ServiceAccountId::from_user_name(&sa.to_string()), Ok(sa));
        }
    }
}
