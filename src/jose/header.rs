//! The JOSE header of a JWS (RFC 7515 §4), with everything refused that could move trust into the token.

use super::algorithm::Algorithm;
use super::verification_key::MAX_KID;
use serde_json::{Map, Value};
use thiserror::Error;

/// Members that are refused whatever they hold: they bring a key or an address along (S-7515-02, -03), change
/// how the payload is read (RFC 7797), or belong to encryption (RFC 7516).
///
/// `x5t` and `x5t#S256` only name a certificate, and common issuers send them: they are ignored like any
/// other unknown member (S-JOSE-09).
const REFUSED: [&str; 7] = ["jku", "x5u", "jwk", "x5c", "b64", "zip", "enc"];

/// How long `typ` may be, in bytes.
pub const MAX_TYP: usize = 128;

/// What a header says, checked for form.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// In lower case, without the prefix `application/`.
    pub(super) typ: Option<String>,
}

/// Why a JOSE header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeaderFault {
    /// `alg` is absent or not a string.
    #[error("`alg` is missing or not a string")]
    NoAlgorithm,
    /// `alg` is none that we support; `none` and the symmetric ones are among those.
    #[error("`alg` is not a supported signature algorithm")]
    UnknownAlgorithm,
    /// `crit` is present: we implement no extension, and an ill-formed one must be refused too (RFC 7515 §4.1.11).
    #[error("`crit` names extensions that are not supported")]
    Critical,
    /// A member that must not occur in a signed assertion.
    #[error("the member `{0}` is not accepted")]
    Refused(&'static str),
    /// `kid` is not a string of 1 to 256 bytes.
    #[error("`kid` must be a string of 1 to 256 bytes")]
    Kid,
    /// `typ` is not a media type.
    #[error("`typ` must be a media type")]
    Typ,
    /// `cty` is not a string, or says that the payload is a JWT again (RFC 7519 §5.2).
    #[error("`cty` is not a string, or announces a nested JWT")]
    Nested,
}

// === impl Header ===

impl Header {
    /// Checks the members of a header. Unknown ones are ignored.
    pub(super) fn from_members(mut members: Map<String, Value>) -> Result<Self, HeaderFault> {
        let algorithm = match members.get("alg") {
            Some(Value::String(name)) => name.parse().map_err(|_| HeaderFault::UnknownAlgorithm)?,
            _ => return Err(HeaderFault::NoAlgorithm),
        };
        if members.contains_key("crit") {
            return Err(HeaderFault::Critical);
        }
        if let Some(name) = REFUSED.iter().find(|name| members.contains_key(**name)) {
            return Err(HeaderFault::Refused(name));
        }
        match members.get("cty") {
            None => {}
            Some(Value::String(cty)) if media_type(cty.clone()).is_none_or(|cty| cty != "jwt") => {}
            Some(_) => return Err(HeaderFault::Nested),
        }
        let kid = match members.remove("kid") {
            None => None,
            Some(Value::String(kid)) if (1..=MAX_KID).contains(&kid.len()) => Some(kid),
            Some(_) => return Err(HeaderFault::Kid),
        };
        let typ = match members.remove("typ") {
            None => None,
            Some(Value::String(typ)) => Some(media_type(typ).ok_or(HeaderFault::Typ)?),
            Some(_) => return Err(HeaderFault::Typ),
        };
        Ok(Self { algorithm, kid, typ })
    }
}

/// A media type in lower case, without `application/` in front (RFC 7515 §4.1.9): `type/subtype` or `subtype`
/// of the characters that RFC 6838 §4.2 allows, without parameters.
pub(super) fn media_type(mut text: String) -> Option<String> {
    text.make_ascii_lowercase();
    let name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let good = text.len() <= MAX_TYP
        && match text.split_once('/') {
            None => name(&text),
            Some((kind, subtype)) => name(kind) && name(subtype),
        };
    if !good {
        return None;
    }
    match text.strip_prefix("application/") {
        Some(subtype) => Some(subtype.to_owned()),
        None => Some(text),
    }
}
