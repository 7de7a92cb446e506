//! Whether a client that trusts a bundle accepts a serving certificate (RFC 5280 §6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::server::ParsedCertificate;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::fmt::Write as _;
use std::time::Duration;

/// The certificates in `pem`, all of which can be trusted by a client; none if there is none, or any cannot be read.
pub fn anchors(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    let mut store = RootCertStore::empty();
    let all = certificates
        .iter()
        .all(|certificate| store.add(certificate.clone()).is_ok());
    (all && !certificates.is_empty()).then_some(certificates)
}

/// Whether `certificate` verifies at `now` for whoever trusts `bundle`; its names are not looked at.
pub fn verifies(certificate: &CertificateDer<'_>, bundle: &[CertificateDer<'_>], now: Timestamp) -> bool {
    let mut store = RootCertStore::empty();
    let (_, refused) = store.add_parsable_certificates(bundle.iter().map(|der| der.clone().into_owned()));
    let (Ok(parsed), Ok(seconds)) = (
        ParsedCertificate::try_from(certificate),
        u64::try_from(now.as_second()),
    ) else {
        return false;
    };
    let moment = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
    refused == 0
        && verify_server_cert_signed_by_trust_anchor(&parsed, &store, &[], moment, algorithms.all).is_ok()
}

/// Certificates as PEM (RFC 7468 §5), and nothing else that stood beside them.
pub fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        let body = STANDARD.encode(certificate);
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            writeln!(text, "{}", String::from_utf8_lossy(line)).unwrap_or_default();
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
