//! The public members of a key (RFC 7518 §6, RFC 8037 §2), checked, and its thumbprint (RFC 7638).

use crate::jose::KeyType;
use crate::jose::base64url;
use crate::jose::key_fault::KeyFault;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

/// A public key, by its members; each of the length that its type prescribes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { curve: KeyType, x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

// === impl PublicKey ===

impl PublicKey {
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyFault> {
        let kty = jwk
            .get("kty")
            .and_then(Value::as_str)
            .ok_or(KeyFault::Malformed("kty"))?;
        let crv = jwk.get("crv").and_then(Value::as_str);
        let key = match (kty, crv) {
            ("oct", _) => return Err(KeyFault::Symmetric),
            ("RSA", _) => Self::Rsa {
                n: member(jwk, "n")?,
                e: member(jwk, "e")?,
            },
            ("EC", Some("P-256")) => Self::ec(KeyType::P256, jwk)?,
            ("EC", Some("P-384")) => Self::ec(KeyType::P384, jwk)?,
            ("EC", Some("P-521")) => Self::ec(KeyType::P521, jwk)?,
            ("OKP", Some("Ed25519")) => Self::Ed25519 { x: member(jwk, "x")? },
            ("EC" | "OKP", None) => return Err(KeyFault::Malformed("crv")),
            _ => return Err(KeyFault::Unsupported),
        };
        key.check()?;
        Ok(key)
    }

    fn ec(curve: KeyType, jwk: &Map<String, Value>) -> Result<Self, KeyFault> {
        Ok(Self::Ec {
            curve,
            x: member(jwk, "x")?,
            y: member(jwk, "y")?,
        })
    }

    /// The rules that need no cryptography; whether a point is on its curve, the primitive says.
    pub(crate) fn check(&self) -> Result<(), KeyFault> {
        match self {
            Self::Rsa { n, e } => check_rsa(n, e),
            Self::Ec { curve, x, y } => {
                let size = coordinate(*curve);
                if x.len() != size {
                    Err(KeyFault::Malformed("x"))
                } else if y.len() != size {
                    Err(KeyFault::Malformed("y"))
                } else {
                    Ok(())
                }
            }
            Self::Ed25519 { x } if x.len() == 32 => Ok(()),
            Self::Ed25519 { .. } => Err(KeyFault::Malformed("x")),
        }
    }

    pub(crate) const fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::Ec { curve, .. } => *curve,
            Self::Ed25519 { .. } => KeyType::Ed25519,
        }
    }

    /// The required members, in alphabetical order: what RFC 7638 hashes.
    pub(crate) fn required_members(&self) -> Value {
        let text = |bytes: &[u8]| base64url::encode(bytes);
        match self {
            Self::Rsa { n, e } => json!({ "e": text(e), "kty": "RSA", "n": text(n) }),
            Self::Ec { curve, x, y } => {
                json!({ "crv": curve_name(*curve), "kty": "EC", "x": text(x), "y": text(y) })
            }
            Self::Ed25519 { x } => json!({ "crv": "Ed25519", "kty": "OKP", "x": text(x) }),
        }
    }

    /// The SHA-256 thumbprint (RFC 7638 §3) in base64url.
    pub(crate) fn thumbprint(&self) -> String {
        base64url::encode(digest(&SHA256, self.required_members().to_string().as_bytes()).as_ref())
    }
}

fn member(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, KeyFault> {
    let text = jwk
        .get(name)
        .and_then(Value::as_str)
        .ok_or(KeyFault::Malformed(name))?;
    base64url::decode(text)
        .filter(|bytes| !bytes.is_empty())
        .ok_or(KeyFault::Malformed(name))
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyFault> {
    let (Some(first), Some(last)) = (n.first(), n.last()) else {
        return Err(KeyFault::Malformed("n"));
    };
    if *first == 0 {
        return Err(KeyFault::Malformed("n"));
    }
    if e.first().is_none_or(|first| *first == 0) {
        return Err(KeyFault::Malformed("e"));
    }
    let leading = usize::try_from(first.leading_zeros()).unwrap_or_default();
    let bits = n.len().saturating_mul(8).saturating_sub(leading);
    if bits < 2048 {
        return Err(KeyFault::ModulusTooShort);
    }
    if bits > 4096 {
        return Err(KeyFault::ModulusTooLong);
    }
    let exponent = e.iter().try_fold(0_u64, |value, byte| {
        value.checked_mul(256)?.checked_add(u64::from(*byte))
    });
    let sound = exponent.is_some_and(|e| (65_537..=1 << 33).contains(&e) && e % 2 == 1);
    if sound && last % 2 == 1 {
        Ok(())
    } else {
        Err(KeyFault::WeakRsa)
    }
}

const fn coordinate(curve: KeyType) -> usize {
    match curve {
        KeyType::P384 => 48,
        KeyType::P521 => 66,
        KeyType::P256 | KeyType::Rsa | KeyType::Ed25519 => 32,
    }
}

const fn curve_name(curve: KeyType) -> &'static str {
    match curve {
        KeyType::P384 => "P-384",
        KeyType::P521 => "P-521",
        KeyType::P256 | KeyType::Rsa | KeyType::Ed25519 => "P-256",
    }
}
