//! JSON Object Signing and Encryption, as strict as the standards allow (RFC 7515 to 7519, 8725, 9864).
//!
//! Pure. The primitive is aws-lc-rs; everything around it (form, header, claims, key selection) is
//! decided here. A token is [`UnverifiedJws`] until [`UnverifiedJws::verify`] has held it against a
//! key, with the key's algorithm and never the token's.

mod algorithm;
mod base64url;
mod claims;
mod dummy;
mod json;
mod jws;
mod key_fault;
mod key_set;
mod pem;
mod public_key;
mod signing_key;
mod verification_key;

pub use algorithm::{Algorithm, KeyType, UnknownAlgorithm};
pub use claims::{Audience, ClaimFault, Claims};
pub use json::{JsonFault, parse_object};
pub use jws::{JwsFault, MAX_TOKEN, UnverifiedJws};
pub use key_fault::KeyFault;
pub use key_set::{
    Judged, MAX_DOCUMENT, MAX_KEYS, NoKey, RefusedKey, SetFault, judge_document, judge_jwks,
    judge_jwks_value, judge_pem, select,
};
pub use signing_key::{SigningFault, SigningKey};
pub use verification_key::{BadSignature, VerificationKey};

#[cfg(test)]
mod tests;
