//! What a certificate says (RFC 5280 §4.1), as far as it matters here.

use super::names::Name;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::net::IpAddr;
use thiserror::Error;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// From when until when a certificate holds; both moments are part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

/// The bytes are no certificate, or one with times beyond reckoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an X.509 certificate")]
pub struct NotACertificate;

/// What a certificate says.
pub(super) struct Facts {
    pub(super) validity: Validity,
    /// The DNS names and addresses; other kinds of names are not told.
    pub(super) names: BTreeSet<Name>,
    /// The `SubjectPublicKeyInfo`, DER.
    pub(super) public_key: Vec<u8>,
    /// The common name, if the subject is that alone.
    pub(super) common_name: Option<String>,
    pub(super) is_authority: bool,
}

// === impl Validity ===

impl Validity {
    /// Whether the certificate holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

/// When the certificate in `der` holds.
pub fn validity(der: &[u8]) -> Result<Validity, NotACertificate> {
    Ok(read(der)?.validity)
}

pub(super) fn read(der: &[u8]) -> Result<Facts, NotACertificate> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| NotACertificate)?;
    if !rest.is_empty() {
        return Err(NotACertificate);
    }
    let moment = |seconds| Timestamp::from_second(seconds).map_err(|_| NotACertificate);
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| NotACertificate)?
        .map(|extension| extension.value.general_names.iter().filter_map(name).collect())
        .unwrap_or_default();
    let mut parts = certificate.subject().iter_attributes();
    let common_name = match (parts.next(), parts.next()) {
        (Some(only), None) => only.as_str().ok().map(str::to_owned),
        _ => None,
    };
    Ok(Facts {
        validity: Validity {
            not_before: moment(certificate.validity().not_before.timestamp())?,
            not_after: moment(certificate.validity().not_after.timestamp())?,
        },
        names,
        public_key: certificate.public_key().raw.to_vec(),
        common_name,
        is_authority: certificate.is_ca(),
    })
}

fn name(general: &GeneralName<'_>) -> Option<Name> {
    match general {
        GeneralName::DNSName(name) => name.parse().ok(),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok()?.to_string().parse().ok()
        }
        GeneralName::OtherName(..)
        | GeneralName::RFC822Name(_)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::URI(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_are_no_certificate() {
        let made =
            rcgen::generate_simple_self_signed(["a.example".to_owned(), "10.0.0.1".to_owned()]).unwrap();
        let der = made.cert.der().to_vec();
        let facts = read(&der).unwrap();
        let names: Vec<String> = facts.names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["10.0.0.1", "a.example"]);
        assert!(!facts.is_authority);
        let longer = [der.as_slice(), b"\0"].concat();
        for bytes in [b"".as_slice(), b"x", &der[..der.len() - 1], &longer] {
            assert_eq!(validity(bytes), Err(NotACertificate));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            proptest::prop_assert!(validity(&bytes).is_err());
        }
    }
}
