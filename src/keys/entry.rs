//! One signing key and its times.

use crate::jose::{Algorithm, SigningKey};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A key and the times that decide its state. All of them are whole seconds.
#[derive(Clone)]
pub struct KeyEntry {
    pub(super) key: Arc<SigningKey>,
    pub(super) created: Timestamp,
    pub(super) active_from: Timestamp,
    pub(super) retirement: Option<Retirement>,
}

/// The end of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retirement {
    /// It signs before this moment only.
    pub at: Timestamp,
    /// It is in the JWKS before this moment only. Fixed when the retirement is: a shorter token lifetime
    /// that is configured later does not shorten the tokens that were signed already.
    pub expires: Timestamp,
}

/// What a key is good for at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// In the JWKS, and does not sign yet.
    Published,
    /// In the JWKS, and signs.
    Active,
    /// In the JWKS, for the tokens that it signed.
    Retiring,
    /// No longer in the JWKS.
    Gone,
}

// === impl KeyEntry ===

impl KeyEntry {
    /// The key itself.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The algorithm it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// When it was made.
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// From when on it may sign.
    pub const fn active_from(&self) -> Timestamp {
        self.active_from
    }

    /// Its end, once that is known.
    pub const fn retirement(&self) -> Option<Retirement> {
        self.retirement
    }

    /// Its state at `now`.
    ///
    /// A key that was active from its creation is never merely published: nothing was there before it, so
    /// that a clock behind the one of its creation must not find nothing to sign with.
    pub fn state(&self, now: Timestamp) -> KeyState {
        match self.retirement {
            Some(end) if now >= end.expires => KeyState::Gone,
            Some(end) if now >= end.at => KeyState::Retiring,
            _ if now >= self.active_from || self.active_from <= self.created => KeyState::Active,
            _ => KeyState::Published,
        }
    }
}

impl fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyEntry")
            .field("kid", &self.key.kid())
            .field("algorithm", &self.algorithm())
            .field("created", &self.created)
            .field("active_from", &self.active_from)
            .field("retirement", &self.retirement)
            .finish_non_exhaustive()
    }
}

/// A key is its `kid`: the thumbprint of the public half.
impl PartialEq for KeyEntry {
    fn eq(&self, other: &Self) -> bool {
        self.key.kid() == other.key.kid()
            && self.algorithm() == other.algorithm()
            && self.created == other.created
            && self.active_from == other.active_from
            && self.retirement == other.retirement
    }
}
