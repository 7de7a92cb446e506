//! Public keys in PEM: `PUBLIC KEY` blocks (RFC 5280 SubjectPublicKeyInfo).

use crate::jose::KeyType;
use crate::jose::key_fault::KeyFault;
use crate::jose::public_key::PublicKey;
use aws_lc_rs::rsa;
use rustls_pki_types::pem::{PemObject, SectionKind};

/// What the DER of an elliptic key begins with, up to its point; the rest is the point.
const EC_PREFIXES: [(KeyType, &[u8]); 3] = [
    (
        KeyType::P256,
        &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ],
    ),
    (
        KeyType::P384,
        &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
            0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
        ],
    ),
    (
        KeyType::P521,
        &[
            0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
            0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
        ],
    ),
];
const ED25519_PREFIX: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Every key block of a PEM text, in order; `None` if the text is not PEM. Blocks of other kinds are
/// passed over.
pub(crate) fn blocks(text: &[u8]) -> Option<Vec<Result<PublicKey, KeyFault>>> {
    let mut found = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, der) = section.ok()?;
        match kind {
            SectionKind::PublicKey => found.push(public_key(&der)),
            SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey => {
                found.push(Err(KeyFault::Private));
            }
            _ => {}
        }
    }
    Some(found)
}

fn public_key(der: &[u8]) -> Result<PublicKey, KeyFault> {
    for (curve, prefix) in EC_PREFIXES {
        if let Some(point) = der.strip_prefix(prefix) {
            let (x, y) = point.split_at_checked(point.len() / 2).unwrap_or_default();
            return Ok(PublicKey::Ec {
                curve,
                x: x.to_vec(),
                y: y.to_vec(),
            });
        }
    }
    if let Some(x) = der.strip_prefix(ED25519_PREFIX) {
        return Ok(PublicKey::Ed25519 { x: x.to_vec() });
    }
    let key = rsa::PublicKey::from_der(der).map_err(|_| KeyFault::Unsupported)?;
    Ok(PublicKey::Rsa {
        n: key.modulus().big_endian_without_leading_zero().to_vec(),
        e: key.exponent().big_endian_without_leading_zero().to_vec(),
    })
}
