//! The parts of a public key, checked: what cannot be a good key of its type cannot be held here.
//!
//! Whether an EC point lies on its curve is checked where the key is made ready for use.

use super::algorithm::{Algorithm, KeyType};
use super::key_fault::KeyFault;
use super::{base64url, ed25519, rsa};
use aws_lc_rs::signature::{self as lc, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use serde_json::{Map, Value};

/// A public key without name, use or algorithm.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point: `04 || x || y`.
    Ec { curve: KeyType, point: Vec<u8> },
    /// The encoded point.
    Ed25519 { point: Vec<u8> },
}

/// The length of a coordinate in bytes (RFC 7518 §6.2.1.2); nothing for keys without coordinates.
fn coordinate_length(curve: KeyType) -> Option<usize> {
    match curve {
        KeyType::P256 => Some(32),
        KeyType::P384 => Some(48),
        KeyType::P521 => Some(66),
        KeyType::Rsa | KeyType::Ed25519 => None,
    }
}

// === impl PublicKey ===

impl PublicKey {
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyFault> {
        rsa::check(n, e)?;
        Ok(Self::Rsa {
            n: n.to_vec(),
            e: e.to_vec(),
        })
    }

    pub(super) fn ec(curve: KeyType, x: &[u8], y: &[u8]) -> Result<Self, KeyFault> {
        let length = coordinate_length(curve).ok_or(KeyFault::Unsupported)?;
        for (name, coordinate) in [("x", x), ("y", y)] {
            if coordinate.len() != length {
                return Err(KeyFault::Malformed(name));
            }
        }
        let point = [&[4], x, y].concat();
        Ok(Self::Ec { curve, point })
    }

    pub(super) fn ed25519(point: &[u8]) -> Result<Self, KeyFault> {
        let bytes = <&[u8; 32]>::try_from(point).map_err(|_| KeyFault::Malformed("x"))?;
        ed25519::check(bytes)?;
        Ok(Self::Ed25519 {
            point: point.to_vec(),
        })
    }

    /// Reads `kty`, `crv` and the public members (RFC 7518 §6, RFC 8037 §2) and nothing else.
    pub(super) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyFault> {
        match member(jwk, "kty")? {
            "RSA" => {
                if jwk.contains_key("x5c") && !jwk.contains_key("n") {
                    return Err(KeyFault::CertificateOnly);
                }
                Self::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?)
            }
            "EC" => {
                let curve = match member(jwk, "crv")? {
                    "P-256" => KeyType::P256,
                    "P-384" => KeyType::P384,
                    "P-521" => KeyType::P521,
                    _ => return Err(KeyFault::Unsupported),
                };
                if jwk.contains_key("x5c") && !jwk.contains_key("x") {
                    return Err(KeyFault::CertificateOnly);
                }
                Self::ec(curve, &bytes(jwk, "x")?, &bytes(jwk, "y")?)
            }
            "OKP" => match member(jwk, "crv")? {
                "Ed25519" => Self::ed25519(&bytes(jwk, "x")?),
                _ => Err(KeyFault::Unsupported),
            },
            _ => Err(KeyFault::Unsupported),
        }
    }

    pub(super) fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::Ec { curve, .. } => *curve,
            Self::Ed25519 { .. } => KeyType::Ed25519,
        }
    }

    /// The members that make the key, in the order in which RFC 7638 §3.2 hashes them.
    pub(super) fn required_members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa { n, e } => vec![
                ("e", base64url::encode(e)),
                ("kty", "RSA".to_owned()),
                ("n", base64url::encode(n)),
            ],
            Self::Ec { curve, point } => {
                let coordinates = point.get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at(coordinates.len().div_euclid(2));
                let crv = match curve {
                    KeyType::P384 => "P-384",
                    KeyType::P521 => "P-521",
                    KeyType::P256 | KeyType::Rsa | KeyType::Ed25519 => "P-256",
                };
                vec![
                    ("crv", crv.to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", base64url::encode(x)),
                    ("y", base64url::encode(y)),
                ]
            }
            Self::Ed25519 { point } => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", base64url::encode(point)),
            ],
        }
    }

    /// Makes the key ready to verify signatures of `algorithm`, which must go with its type.
    pub(super) fn prepare(&self, algorithm: Algorithm) -> Result<ParsedPublicKey, KeyFault> {
        match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => prepare_rsa(n, e, &lc::RSA_PKCS1_2048_8192_SHA256),
            (Self::Rsa { n, e }, Algorithm::Rs384) => prepare_rsa(n, e, &lc::RSA_PKCS1_2048_8192_SHA384),
            (Self::Rsa { n, e }, Algorithm::Rs512) => prepare_rsa(n, e, &lc::RSA_PKCS1_2048_8192_SHA512),
            (Self::Rsa { n, e }, Algorithm::Ps256) => prepare_rsa(n, e, &lc::RSA_PSS_2048_8192_SHA256),
            (Self::Rsa { n, e }, Algorithm::Ps384) => prepare_rsa(n, e, &lc::RSA_PSS_2048_8192_SHA384),
            (Self::Rsa { n, e }, Algorithm::Ps512) => prepare_rsa(n, e, &lc::RSA_PSS_2048_8192_SHA512),
            (
                Self::Ec {
                    curve: KeyType::P256,
                    point,
                },
                Algorithm::Es256,
            ) => ParsedPublicKey::new(&lc::ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyFault::NotOnCurve),
            (
                Self::Ec {
                    curve: KeyType::P384,
                    point,
                },
                Algorithm::Es384,
            ) => ParsedPublicKey::new(&lc::ECDSA_P384_SHA384_FIXED, point).map_err(|_| KeyFault::NotOnCurve),
            (
                Self::Ec {
                    curve: KeyType::P521,
                    point,
                },
                Algorithm::Es512,
            ) => ParsedPublicKey::new(&lc::ECDSA_P521_SHA512_FIXED, point).map_err(|_| KeyFault::NotOnCurve),
            (Self::Ed25519 { point }, Algorithm::EdDsa) => {
                ParsedPublicKey::new(&lc::ED25519, point).map_err(|_| KeyFault::NotOnCurve)
            }
            (Self::Rsa { .. } | Self::Ec { .. } | Self::Ed25519 { .. }, _) => {
                Err(KeyFault::AlgorithmMismatch)
            }
        }
    }
}

fn prepare_rsa(n: &[u8], e: &[u8], parameters: &'static RsaParameters) -> Result<ParsedPublicKey, KeyFault> {
    RsaPublicKeyComponents { n, e }
        .to_parsed_public_key(parameters)
        .map_err(|_| KeyFault::Malformed("n"))
}

/// A member that must be there and be a string.
pub(super) fn member<'j>(jwk: &'j Map<String, Value>, name: &'static str) -> Result<&'j str, KeyFault> {
    jwk.get(name)
        .and_then(Value::as_str)
        .ok_or(KeyFault::Malformed(name))
}

/// A member of bytes; an integer (`n`, `e`) has no leading zero (RFC 7518 §2).
fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, KeyFault> {
    let integer = matches!(name, "n" | "e");
    base64url::decode(member(jwk, name)?)
        .filter(|bytes| !integer || bytes.first().is_some_and(|b| *b != 0))
        .ok_or(KeyFault::Malformed(name))
}
