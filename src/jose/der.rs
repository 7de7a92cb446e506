//! Just enough DER to take a public key out of its envelope (X.690, RFC 5280 §4.1, RFC 8017 App. A.1.1).
//!
//! Only definite, minimal lengths are read; nothing may follow what is expected.

use super::algorithm::KeyType;
use super::key_fault::KeyFault;
use super::public_key::PublicKey;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const ED25519: &[u8] = b"\x2b\x65\x70";
const SECP256R1: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const SECP384R1: &[u8] = b"\x2b\x81\x04\x00\x22";
const SECP521R1: &[u8] = b"\x2b\x81\x04\x00\x23";

/// Reads a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
pub(super) fn subject_public_key_info(der: &[u8]) -> Result<PublicKey, KeyFault> {
    let (algorithm, parameters, key) = split_info(der).ok_or(KeyFault::MalformedPem)?;
    match algorithm {
        RSA_ENCRYPTION if parameters.only(NULL) == Some(&[]) => rsa_public_key(key),
        EC_PUBLIC_KEY => {
            let curve = match parameters.only(OBJECT_IDENTIFIER) {
                Some(SECP256R1) => KeyType::P256,
                Some(SECP384R1) => KeyType::P384,
                Some(SECP521R1) => KeyType::P521,
                Some(_) => return Err(KeyFault::Unsupported),
                None => return Err(KeyFault::MalformedPem),
            };
            ec_point(curve, key)
        }
        ED25519 if parameters.is_empty() => PublicKey::ed25519(key),
        RSA_ENCRYPTION | ED25519 => Err(KeyFault::MalformedPem),
        _ => Err(KeyFault::Unsupported),
    }
}

/// Reads an `RSAPublicKey` (RFC 8017 App. A.1.1).
pub(super) fn rsa_public_key(der: &[u8]) -> Result<PublicKey, KeyFault> {
    let (n, e) = split_rsa(der).ok_or(KeyFault::MalformedPem)?;
    PublicKey::rsa(n, e)
}

/// Reads an uncompressed point (SEC 1 §2.3.3).
pub(super) fn ec_point(curve: KeyType, point: &[u8]) -> Result<PublicKey, KeyFault> {
    let (form, coordinates) = point.split_first().ok_or(KeyFault::MalformedPem)?;
    let half = coordinates.len().div_euclid(2);
    match (form, coordinates.split_at_checked(half)) {
        (4, Some((x, y))) => PublicKey::ec(curve, x, y),
        _ => Err(KeyFault::MalformedPem),
    }
}

fn split_info(der: &[u8]) -> Option<(&[u8], Reader<'_>, &[u8])> {
    let mut info = Reader(Reader(der).only(SEQUENCE)?);
    let mut identifier = Reader(info.read(SEQUENCE)?);
    let algorithm = identifier.read(OBJECT_IDENTIFIER)?;
    let (unused_bits, key) = info.only(BIT_STRING)?.split_first()?;
    (*unused_bits == 0).then_some((algorithm, identifier, key))
}

fn split_rsa(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key = Reader(Reader(der).only(SEQUENCE)?);
    let n = key.read_positive()?;
    let mut rest = Reader(key.0);
    let e = rest.read_positive()?;
    rest.is_empty().then_some((n, e))
}

/// What is still unread of a constructed value.
#[derive(Clone, Copy)]
struct Reader<'d>(&'d [u8]);

// === impl Reader ===

impl<'d> Reader<'d> {
    fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The content of the next element, which must have this tag.
    fn read(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, rest) = self.0.split_first()?;
        if *found != tag {
            return None;
        }
        let (length, rest) = read_length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The content of the one element that is left, which must have this tag.
    fn only(mut self, tag: u8) -> Option<&'d [u8]> {
        let content = self.read(tag)?;
        self.is_empty().then_some(content)
    }

    /// A positive INTEGER as big-endian bytes without a leading zero.
    fn read_positive(&mut self) -> Option<&'d [u8]> {
        match self.read(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|b| *b >= 0x80) => Some(rest),
            bytes if bytes.first().is_some_and(|b| (1..0x80).contains(b)) => Some(bytes),
            _ => None,
        }
    }
}

/// A definite length in its shortest form, up to 65535, and what follows it.
fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [length @ 0..=0x7f, rest @ ..] | [0x81, length @ 0x80..=0xff, rest @ ..] => {
            Some((usize::from(*length), rest))
        }
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
