//! Compact JWS (RFC 7515 §7.1) with a JWT claims set as payload.
//!
//! An [`UnverifiedJws`] has the right form and proves nothing; [`UnverifiedJws::verify`] gives the claims away
//! once the signature holds under a key whose own algorithm the header names. Times, issuer and audience are
//! not checked here.

use super::algorithm::Algorithm;
use super::base64url;
use super::claims::Claims;
use super::dummy;
use super::header::{Header, HeaderFault};
use super::json::{self, JsonFault};
use super::verification_key::VerificationKey;
use std::fmt;
use thiserror::Error;

/// How long a token may be, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

/// A well-formed token that nobody has vouched for yet.
pub struct UnverifiedJws<'t> {
    signing_input: &'t str,
    header: Header,
    claims: Claims,
    signature: Vec<u8>,
}

/// A segment of a compact JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims set.
    Payload,
    /// The signature.
    Signature,
}

/// Why a string is not an acceptable signed token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwsFault {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token is longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// A character outside base64url and `.`: padding, white space, JSON serialisation.
    #[error("the token has a character outside A-Z a-z 0-9 - _ .")]
    Character,
    /// Not three segments.
    #[error("the token does not have three segments")]
    Segments,
    /// Five segments: an encrypted token (RFC 7516).
    #[error("the token is encrypted, which is not supported")]
    Encrypted,
    /// A segment is not canonical base64url.
    #[error("the {0} is not canonical base64url")]
    Base64(Segment),
    /// The header is not an acceptable JSON object.
    #[error("the header is not acceptable JSON: {0}")]
    Header(JsonFault),
    /// The claims are not an acceptable JSON object.
    #[error("the claims are not acceptable JSON: {0}")]
    Claims(JsonFault),
    /// The header says something that is refused.
    #[error("the header is refused: {0}")]
    Parameter(HeaderFault),
    /// The signature is empty.
    #[error("the token is not signed")]
    NotSigned,
    /// The key is for another algorithm than the header names.
    #[error("the key is not for the algorithm that the token names")]
    AlgorithmMismatch,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

// === impl UnverifiedJws ===

impl<'t> UnverifiedJws<'t> {
    /// Reads a compact JWS whose payload is a JSON object.
    ///
    /// The cheapest checks come first: length, characters, number of segments, header, claims, and the form of
    /// the signature.
    pub fn parse(token: &'t str) -> Result<Self, JwsFault> {
        if token.len() > MAX_TOKEN {
            return Err(JwsFault::TooLong);
        }
        let known = |b: u8| b.is_ascii_alphanumeric() | matches!(b, b'-' | b'_' | b'.');
        // No early exit: this way the compiler looks at many bytes at a time.
        if !token.bytes().fold(true, |all, b| all & known(b)) {
            return Err(JwsFault::Character);
        }
        let mut segments = token.split('.');
        let (Some(header), Some(payload), Some(signature)) =
            (segments.next(), segments.next(), segments.next())
        else {
            return Err(JwsFault::Segments);
        };
        match segments.count() {
            0 => {}
            2 => return Err(JwsFault::Encrypted),
            _ => return Err(JwsFault::Segments),
        }
        let signing_input = token
            .strip_suffix(signature)
            .and_then(|rest| rest.strip_suffix('.'))
            .ok_or(JwsFault::Segments)?;

        let mut buffer = Vec::with_capacity(token.len());
        base64url::decode_into(header, &mut buffer).ok_or(JwsFault::Base64(Segment::Header))?;
        let members = json::parse_object(&buffer).map_err(JwsFault::Header)?;
        let header = Header::from_members(members).map_err(JwsFault::Parameter)?;

        base64url::decode_into(payload, &mut buffer).ok_or(JwsFault::Base64(Segment::Payload))?;
        let members = json::parse_object(&buffer).map_err(JwsFault::Claims)?;

        base64url::decode_into(signature, &mut buffer).ok_or(JwsFault::Base64(Segment::Signature))?;
        if buffer.is_empty() {
            return Err(JwsFault::NotSigned);
        }
        Ok(Self {
            signing_input,
            header,
            claims: Claims::new(members),
            signature: buffer,
        })
    }

    /// The algorithm that the header names. To be compared with the key's, never to choose how to verify.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// The key that the header names: an opaque string, only to look a key up by.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The media type that the header declares, in lower case and without `application/`: `jwt`,
    /// `client-authentication+jwt`.
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The claims as the sender wrote them. Good for one thing: to find the keys to verify with.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims, once the signature holds under `key`, whose algorithm must be the one that the header names.
    pub fn verify(self, key: &VerificationKey) -> Result<Claims, JwsFault> {
        if key.algorithm() != self.header.algorithm {
            return Err(JwsFault::AlgorithmMismatch);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature)
            .map_err(|_| JwsFault::Signature)?;
        Ok(self.claims)
    }

    /// Spends the time of a verification when there is no key to verify with, so that an unknown client or
    /// key takes as long to refuse as a wrong signature.
    pub fn verify_nothing(&self) {
        dummy::verify(
            self.header.algorithm,
            self.signing_input.as_bytes(),
            &self.signature,
        );
    }
}

impl fmt::Debug for UnverifiedJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedJws")
            .field("algorithm", &self.header.algorithm)
            .finish_non_exhaustive()
    }
}

// === impl Segment ===

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

#[cfg(test)]
mod tests;
