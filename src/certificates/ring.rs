//! All authorities of an installation.

use super::authority::Authority;
use super::verify::pem;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use std::collections::BTreeSet;
use thiserror::Error;

/// The authorities, in the order in which they sign.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Authorities {
    entries: Vec<Authority>,
}

/// Authorities that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RingFault {
    /// A client could not tell them apart.
    #[error("two authorities have the same name")]
    SameName,
}

// === impl Authorities ===

impl Authorities {
    /// Puts the authorities in order, or says how they contradict each other.
    pub fn new(mut entries: Vec<Authority>) -> Result<Self, RingFault> {
        entries.sort_by(|a, b| (a.signs_from(), a.subject()).cmp(&(b.signs_from(), b.subject())));
        let names: BTreeSet<&str> = entries.iter().map(Authority::subject).collect();
        if names.len() != entries.len() {
            return Err(RingFault::SameName);
        }
        Ok(Self { entries })
    }

    /// The authorities, in the order in which they sign.
    pub fn entries(&self) -> &[Authority] {
        &self.entries
    }

    /// Those that have not ended at `now`.
    pub fn living(&self, now: Timestamp) -> impl Iterator<Item = &Authority> {
        self.entries
            .iter()
            .filter(move |entry| now <= entry.validity().not_after)
    }

    /// The one that signs at `now`: of those that hold, the last whose turn has come; or the first, if a clock is
    /// behind the one that planned its turn.
    pub fn in_use(&self, now: Timestamp) -> Option<&Authority> {
        let mut holding = self
            .living(now)
            .filter(|entry| entry.validity().holds(now))
            .peekable();
        let first = holding.peek().copied();
        holding
            .take_while(|entry| entry.signs_from() <= now)
            .last()
            .or(first)
    }

    /// The certificates that clients are to trust at `now`.
    pub fn bundle(&self, now: Timestamp) -> Vec<CertificateDer<'static>> {
        self.living(now)
            .map(|entry| entry.certificate().clone())
            .collect()
    }

    /// The same as PEM.
    pub fn bundle_pem(&self, now: Timestamp) -> String {
        pem(&self.bundle(now))
    }
}
