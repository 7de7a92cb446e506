//! A signed JWT in compact serialisation (RFC 7515 §7.1), before and after its verification.

use crate::jose::Algorithm;
use crate::jose::base64url;
use crate::jose::claims::Claims;
use crate::jose::dummy;
use crate::jose::json::{JsonFault, parse_object};
use crate::jose::verification_key::VerificationKey;
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest token in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;
/// The longest `kid` in bytes.
const MAX_KID: usize = 256;

/// A JWT that nobody has vouched for yet. What it says may select a key, and nothing else.
pub struct UnverifiedJws<'t> {
    signing_input: &'t str,
    signature: Vec<u8>,
    header: Header,
    claims: Claims,
}

#[derive(Debug)]
struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
}

/// Why a token is not an acceptable JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwsFault {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url characters: among others a JWE, or a JWS in JSON (RFC 8725 §3).
    #[error("not a JWS in compact serialization")]
    NotCompact,
    /// A part is not base64url as JOSE has it.
    #[error("a part of the token is not base64url")]
    Base64,
    /// The header.
    #[error("the header is {0}")]
    Header(JsonFault),
    /// The claims.
    #[error("the claims are {0}")]
    Claims(JsonFault),
    /// `alg` is missing, not a string, or not the name of an algorithm that exists here.
    #[error("the alg header is missing or not supported")]
    Algorithm,
    /// A header parameter that is never accepted: an embedded or referenced key, `crit`, `b64`, compression or encryption.
    #[error("the header parameter '{0}' is not accepted")]
    Parameter(&'static str),
    /// `kid` is not a string of 1 to 256 bytes.
    #[error("the kid header is malformed")]
    Kid,
    /// `typ` is not a string.
    #[error("the typ header is malformed")]
    Typ,
    /// Signed with another algorithm than the key is for.
    #[error("the token's algorithm is not the key's")]
    AlgorithmMismatch,
    /// The signature is wrong.
    #[error("the signature does not verify")]
    Signature,
}

/// Header parameters that are refused, whatever their value.
const REFUSED: [&str; 9] = ["crit", "b64", "jku", "x5u", "jwk", "x5c", "zip", "enc", "p2c"];

// === impl UnverifiedJws ===

impl<'t> UnverifiedJws<'t> {
    /// Takes a token apart. Everything that needs no key is checked here.
    pub fn parse(token: &'t str) -> Result<Self, JwsFault> {
        if token.len() > MAX_TOKEN {
            return Err(JwsFault::TooLong);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !token.bytes().all(allowed) {
            return Err(JwsFault::NotCompact);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsFault::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsFault::NotCompact)?;
        if payload.contains('.') || header.is_empty() || payload.is_empty() || signature.is_empty() {
            return Err(JwsFault::NotCompact);
        }
        let decode = |part: &str| base64url::decode(part).ok_or(JwsFault::Base64);
        let header = Header::read(&parse_object(&decode(header)?).map_err(JwsFault::Header)?)?;
        let signature = decode(signature)?;
        let claims = Claims::new(parse_object(&decode(payload)?).map_err(JwsFault::Claims)?);
        Ok(Self {
            signing_input,
            signature,
            header,
            claims,
        })
    }

    /// `alg`.
    pub const fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// `typ` in lower case and without `application/`, as media types are compared (RFC 7515 §4.1.9).
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The claims, which anybody may have written.
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims, once the signature holds under `key`, with the algorithm of `key`.
    pub fn verify(self, key: &VerificationKey) -> Result<Claims, JwsFault> {
        if key.algorithm() != self.header.algorithm {
            return Err(JwsFault::AlgorithmMismatch);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature)
            .map_err(|_| JwsFault::Signature)?;
        Ok(self.claims)
    }

    /// Spends the time of a verification when there is no key to verify with, so that an unknown
    /// client takes as long to refuse as a wrong signature.
    pub fn verify_nothing(&self) {
        dummy::verify(
            self.header.algorithm,
            self.signing_input.as_bytes(),
            &self.signature,
        );
    }
}

impl std::fmt::Debug for UnverifiedJws<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedJws")
            .field("algorithm", &self.header.algorithm)
            .finish_non_exhaustive()
    }
}

// === impl Header ===

impl Header {
    fn read(members: &Map<String, Value>) -> Result<Self, JwsFault> {
        if let Some(refused) = REFUSED.into_iter().find(|name| members.contains_key(*name)) {
            return Err(JwsFault::Parameter(refused));
        }
        let algorithm = members
            .get("alg")
            .and_then(Value::as_str)
            .and_then(|name| name.parse().ok());
        let kid = match members.get("kid") {
            None => None,
            Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= MAX_KID => Some(kid.clone()),
            Some(_) => return Err(JwsFault::Kid),
        };
        let typ = match members.get("typ") {
            None => None,
            Some(Value::String(typ)) => Some(media_type(typ)),
            Some(_) => return Err(JwsFault::Typ),
        };
        // A nested JWT would have to be unwrapped, and never is.
        if members
            .get("cty")
            .is_some_and(|cty| cty.as_str().is_none_or(|cty| media_type(cty) == "jwt"))
        {
            return Err(JwsFault::Parameter("cty"));
        }
        Ok(Self {
            algorithm: algorithm.ok_or(JwsFault::Algorithm)?,
            kid,
            typ,
        })
    }
}

fn media_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("application/") {
        Some(rest) => rest.to_owned(),
        None => lower,
    }
}
