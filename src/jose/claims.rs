//! The claims of a JWT, type-checked when they are read (RFC 7519 §4).

use jiff::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

/// The last second that a NumericDate may name: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;
/// The longest `iss`, `sub` or `aud` value in bytes.
const MAX_NAME: usize = 2048;
/// The longest `jti` in bytes.
const MAX_JWT_ID: usize = 256;

/// The claims set of a JWT. Unknown claims are kept and mean nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

/// The value of `aud`: one string, or an array of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'c> {
    /// A string.
    One(&'c str),
    /// An array of at least one string.
    Many(Vec<&'c str>),
}

/// A registered claim that is missing or of the wrong type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimFault {
    /// It is required.
    #[error("the claim '{0}' is missing")]
    Missing(&'static str),
    /// Not of the type, or out of the range, that its definition asks for.
    #[error("the claim '{0}' is malformed")]
    Malformed(&'static str),
}

// === impl Audience ===

impl<'c> Audience<'c> {
    /// Every value.
    pub fn values(&self) -> impl Iterator<Item = &'c str> + '_ {
        let (one, many) = match self {
            Self::One(value) => (Some(*value), [].as_slice()),
            Self::Many(values) => (None, values.as_slice()),
        };
        one.into_iter().chain(many.iter().copied())
    }

    /// The value, if there is exactly one, in an array or not.
    pub fn sole(&self) -> Option<&'c str> {
        let mut values = self.values();
        values.next().filter(|_| values.next().is_none())
    }
}

// === impl Claims ===

impl Claims {
    pub(crate) const fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// A claim by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// `iss`, required (RFC 7523 §3 rule 1).
    pub fn issuer(&self) -> Result<&str, ClaimFault> {
        self.name("iss")
    }

    /// `sub`, required (RFC 7523 §3 rule 2).
    pub fn subject(&self) -> Result<&str, ClaimFault> {
        self.name("sub")
    }

    /// `aud`, required (RFC 7523 §3 rule 3).
    pub fn audience(&self) -> Result<Audience<'_>, ClaimFault> {
        let fault = ClaimFault::Malformed("aud");
        match self.0.get("aud") {
            None => Err(ClaimFault::Missing("aud")),
            Some(Value::String(one)) if acceptable(one) => Ok(Audience::One(one)),
            Some(Value::Array(values)) if !values.is_empty() => {
                let strings = values
                    .iter()
                    .map(|value| value.as_str().filter(|text| acceptable(text)).ok_or(fault));
                strings.collect::<Result<_, _>>().map(Audience::Many)
            }
            Some(_) => Err(fault),
        }
    }

    /// `exp`, required (RFC 7523 §3 rule 4).
    pub fn expiry(&self) -> Result<Timestamp, ClaimFault> {
        self.numeric_date("exp")?.ok_or(ClaimFault::Missing("exp"))
    }

    /// `nbf`.
    pub fn not_before(&self) -> Result<Option<Timestamp>, ClaimFault> {
        self.numeric_date("nbf")
    }

    /// `iat`.
    pub fn issued_at(&self) -> Result<Option<Timestamp>, ClaimFault> {
        self.numeric_date("iat")
    }

    /// `jti`: 1 to 256 bytes.
    pub fn jwt_id(&self) -> Result<Option<&str>, ClaimFault> {
        match self.0.get("jti") {
            None => Ok(None),
            Some(Value::String(id)) if !id.is_empty() && id.len() <= MAX_JWT_ID => Ok(Some(id)),
            Some(_) => Err(ClaimFault::Malformed("jti")),
        }
    }

    fn name(&self, claim: &'static str) -> Result<&str, ClaimFault> {
        match self.0.get(claim) {
            None => Err(ClaimFault::Missing(claim)),
            Some(Value::String(text)) if acceptable(text) => Ok(text),
            Some(_) => Err(ClaimFault::Malformed(claim)),
        }
    }

    /// A NumericDate (RFC 7519 §2): any JSON number from 1970 to 9999; fractions are legal, and
    /// what is finer than a nanosecond is dropped.
    fn numeric_date(&self, claim: &'static str) -> Result<Option<Timestamp>, ClaimFault> {
        let fault = ClaimFault::Malformed(claim);
        let number = match self.0.get(claim) {
            None => return Ok(None),
            Some(Value::Number(number)) => number,
            Some(_) => return Err(fault),
        };
        let timestamp = match (number.as_i64(), number.as_f64()) {
            (Some(seconds), _) if (0..=LAST_SECOND).contains(&seconds) => {
                Timestamp::from_second(seconds).ok()
            }
            (None, Some(seconds)) if number.is_f64() && (0.0..=253_402_300_799.0).contains(&seconds) => {
                jiff::SignedDuration::try_from_secs_f64(seconds)
                    .ok()
                    .and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok())
            }
            _ => None,
        };
        timestamp.map(Some).ok_or(fault)
    }
}

fn acceptable(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}
