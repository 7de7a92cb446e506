//! The strict JOSE layer: JSON, JWS, JWT claims and JWK as RFC 7515, 7517, 7518, 7519, 7638, 8037, 8725 and 9864
//! have them, without the parts that broke others.
//!
//! What it guarantees:
//! - one token has one spelling and one meaning: canonical base64url, no duplicate member at any depth;
//! - a key verifies with exactly one algorithm, which the key decides and never the token;
//! - what a token says before [`UnverifiedJws::verify`] can only be read under a name that says so;
//! - one bad key never breaks a key set.
//!
//! Pure: no clock and no I/O. Whether a time has passed, an issuer is trusted or an audience is ours is for
//! the caller to decide; the faults here are neutral, and the caller maps them to an OAuth code.

mod algorithm;
mod base64url;
mod claims;
mod der;
mod dummy;
mod ed25519;
mod header;
mod json;
mod jws;
mod key_fault;
mod key_set;
mod numeric_date;
mod pem;
mod public_key;
mod rsa;
mod signing_key;
mod verification_key;

pub use algorithm::{Algorithm, KeyType, UnknownAlgorithm};
pub use claims::{Audience, ClaimFault, Claims, MAX_JWT_ID, MAX_NAME};
pub use header::{HeaderFault, MAX_TYP};
pub use json::{JsonFault, MAX_DEPTH, MAX_MEMBERS, parse_object};
pub use jws::{JwsFault, MAX_TOKEN, Segment, UnverifiedJws};
pub use key_fault::KeyFault;
pub use key_set::{
    Judged, MAX_DOCUMENT, MAX_KEYS, NoKey, RefusedKey, SetFault, judge_document, judge_jwks,
    judge_jwks_value, judge_pem, select,
};
pub use signing_key::{SigningFault, SigningKey};
pub use verification_key::{BadSignature, MAX_KID, VerificationKey};

#[cfg(test)]
mod catalogue;
#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
mod testing;
