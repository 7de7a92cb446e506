//! The claims set of a JWT (RFC 7519 §4), read by name and type.
//!
//! A claim is what its accessor says or a fault, never "absent" because it had the wrong type.

use super::numeric_date;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt;
use thiserror::Error;

/// How long `iss`, `sub` and each value of `aud` may be, in bytes.
pub const MAX_NAME: usize = 2048;
/// How long `jti` may be, in bytes.
pub const MAX_JWT_ID: usize = 256;

/// The members of a claims set.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

/// Whom a token is for (RFC 7519 §4.1.3): one string, or an array of at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'c> {
    /// A string.
    One(&'c str),
    /// An array of strings, never empty.
    Many(Vec<&'c str>),
}

/// Why a claim is not acceptable. The claim's name is in it, its value never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimFault {
    /// A required claim is absent.
    #[error("the claim '{0}' is missing")]
    Missing(&'static str),
    /// Not of the type, the length or the range that its definition asks for.
    #[error("the claim '{0}' is malformed")]
    Malformed(&'static str),
}

// === impl Claims ===

impl Claims {
    /// A claims set with these members.
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// `iss`: who made the token. Required; compare it byte for byte.
    pub fn issuer(&self) -> Result<&str, ClaimFault> {
        self.name("iss")
    }

    /// `sub`: whom it is about. Required; compare it byte for byte.
    pub fn subject(&self) -> Result<&str, ClaimFault> {
        self.name("sub")
    }

    /// `aud`: whom it is for. Required, and at least one value.
    pub fn audience(&self) -> Result<Audience<'_>, ClaimFault> {
        match self.0.get("aud") {
            None => Err(ClaimFault::Missing("aud")),
            Some(Value::Array(values)) if values.is_empty() => Err(ClaimFault::Malformed("aud")),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| read_name("aud", value))
                .collect::<Result<_, _>>()
                .map(Audience::Many),
            Some(value) => read_name("aud", value).map(Audience::One),
        }
    }

    /// `exp`: from when on it must not be accepted. Required.
    pub fn expiry(&self) -> Result<Timestamp, ClaimFault> {
        self.date("exp")?.ok_or(ClaimFault::Missing("exp"))
    }

    /// `nbf`: before when it must not be accepted.
    pub fn not_before(&self) -> Result<Option<Timestamp>, ClaimFault> {
        self.date("nbf")
    }

    /// `iat`: when it was made.
    pub fn issued_at(&self) -> Result<Option<Timestamp>, ClaimFault> {
        self.date("iat")
    }

    /// `jti`: its own name, 1 to [`MAX_JWT_ID`] bytes. Opaque: hash it, never build a name from it.
    pub fn jwt_id(&self) -> Result<Option<&str>, ClaimFault> {
        match self.0.get("jti") {
            None => Ok(None),
            Some(Value::String(id)) if (1..=MAX_JWT_ID).contains(&id.len()) => Ok(Some(id)),
            Some(_) => Err(ClaimFault::Malformed("jti")),
        }
    }

    /// Any claim, as it was written.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn name(&self, claim: &'static str) -> Result<&str, ClaimFault> {
        let value = self.0.get(claim).ok_or(ClaimFault::Missing(claim))?;
        read_name(claim, value)
    }

    fn date(&self, claim: &'static str) -> Result<Option<Timestamp>, ClaimFault> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Value::Number(number)) => numeric_date::read(number)
                .map(Some)
                .ok_or(ClaimFault::Malformed(claim)),
            Some(_) => Err(ClaimFault::Malformed(claim)),
        }
    }
}

/// Shows the names of the claims and no value.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims")
            .field(&self.0.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A name that can be shown and compared: not blank, no control character, at most [`MAX_NAME`] bytes.
fn read_name<'c>(claim: &'static str, value: &'c Value) -> Result<&'c str, ClaimFault> {
    value
        .as_str()
        .filter(|name| name.len() <= MAX_NAME && !name.trim().is_empty())
        .filter(|name| !name.chars().any(char::is_control))
        .ok_or(ClaimFault::Malformed(claim))
}

// === impl Audience ===

impl<'c> Audience<'c> {
    /// Every value, in order.
    pub fn values(&self) -> impl Iterator<Item = &'c str> + '_ {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .copied()
    }

    /// The value, if there is exactly one: a string, or an array with one element.
    pub fn sole(&self) -> Option<&'c str> {
        let mut values = self.values();
        values.next().filter(|_| values.next().is_none())
    }
}

#[cfg(test)]
mod tests;
