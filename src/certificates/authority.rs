//! One authority: a key that signs serving certificates, and the certificate that clients trust.

use super::facts::{Facts, Validity, read};
use super::material::{Material, MaterialFault};
use super::names::Names;
use super::plan::{AUTHORITY_LIFETIME, BACKDATE, SERVING_LIFETIME};
use super::serving::Issued;
use crate::core::clock::after;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use zeroize::Zeroizing;

/// What the names of our authorities begin with; the rest is random, so that no two have the same.
const SUBJECT: &str = "Countersign CA ";

/// An authority, and from when on it signs.
#[derive(Clone)]
pub struct Authority {
    key: Arc<KeyPair>,
    certificate: CertificateDer<'static>,
    subject: String,
    validity: Validity,
    signs_from: Timestamp,
}

// === impl Authority ===

impl Authority {
    /// A new authority, as of `now`, that signs from `signs_from` on.
    pub(super) fn make(
        material: Material,
        now: Timestamp,
        signs_from: Timestamp,
    ) -> Result<Self, MaterialFault> {
        let serial = material.serial();
        let subject = format!("{SUBJECT}{:016x}", u128::from_be_bytes(serial).wrapping_shr(64));
        let mut params = self_description(&subject);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let validity = Validity {
            not_before: before(now),
            not_after: after(now, AUTHORITY_LIFETIME),
        };
        hold(&mut params, validity)?;
        let certificate = params
            .self_signed(&material.key)
            .map_err(|_| MaterialFault::Certificate)?;
        Ok(Self {
            key: Arc::new(material.key),
            certificate: certificate.into(),
            subject,
            validity,
            signs_from,
        })
    }

    /// The authority of this certificate and this PKCS#8 key, if they belong together and are of the kind that
    /// [`Authority::make`] makes.
    pub(super) fn read(certificate: Vec<u8>, pkcs8: &[u8], signs_from: Timestamp) -> Option<Self> {
        let key = KeyPair::try_from(pkcs8).ok()?;
        let Facts {
            validity,
            public_key,
            common_name,
            is_authority,
            ..
        } = read(&certificate).ok()?;
        let subject = common_name.filter(|name| name.starts_with(SUBJECT))?;
        let ours = is_authority && key.subject_public_key_info() == public_key;
        let in_order = validity.not_before <= signs_from && signs_from < validity.not_after;
        (ours && in_order).then(|| Self {
            key: Arc::new(key),
            certificate: certificate.into(),
            subject,
            validity,
            signs_from,
        })
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Its name, which no other authority has.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When its certificate holds.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// From when on it signs.
    pub const fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    pub(super) fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.serialize_der())
    }

    /// A serving certificate for `names`, as of `now`. It does not outlive this authority.
    pub fn issue(&self, names: &Names, now: Timestamp, material: &Material) -> Result<Issued, MaterialFault> {
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(texts).map_err(|_| MaterialFault::Certificate)?;
        params.distinguished_name = DistinguishedName::new();
        params.serial_number = Some(SerialNumber::from_slice(&material.serial()));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let validity = Validity {
            not_before: before(now).max(self.validity.not_before),
            not_after: after(now, SERVING_LIFETIME).min(self.validity.not_after),
        };
        hold(&mut params, validity)?;
        let issuer = Issuer::new(self_description(&self.subject), &*self.key);
        let made = params.signed_by(&material.key, &issuer);
        let certificate = made.map_err(|_| MaterialFault::Certificate)?;
        Ok(Issued {
            chain: certificate.pem(),
            key: Zeroizing::new(material.key.serialize_pem()),
        })
    }
}

/// What is the same in an authority's certificate whenever it is written.
fn self_description(subject: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn before(now: Timestamp) -> Timestamp {
    now.saturating_sub(BACKDATE).unwrap_or(Timestamp::MIN)
}

/// Writes the validity; certificates know whole seconds, and ours none before 1970.
fn hold(params: &mut CertificateParams, validity: Validity) -> Result<(), MaterialFault> {
    let moment = |time: Timestamp| {
        let seconds = u64::try_from(time.as_second()).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    };
    let [from, to] = [validity.not_before, validity.not_after].map(moment);
    params.not_before = from.ok_or(MaterialFault::Certificate)?.into();
    params.not_after = to.ok_or(MaterialFault::Certificate)?.into();
    Ok(())
}

/// An authority is its certificate.
impl PartialEq for Authority {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate && self.signs_from == other.signs_from
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("subject", &self.subject)
            .field("validity", &self.validity)
            .field("signs_from", &self.signs_from)
            .finish_non_exhaustive()
    }
}
