//! What is to be done to the authorities and to the serving certificate now.

use super::authority::Authority;
use super::material::{Material, MaterialFault};
use super::names::Names;
use super::ring::{Authorities, RingFault};
use super::serving::Serving;
use crate::core::clock::after;
use jiff::{SignedDuration, Timestamp};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long an authority lives.
pub const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long before its end its successor is made and published.
pub const SUCCEED_BEFORE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long a successor is in the bundle before it signs: clients that read a bundle only once a week follow.
pub const PUBLISH_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a serving certificate lives. It is renewed when two thirds of its life are over.
pub const SERVING_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long before it is made a certificate begins, for clocks that are behind.
pub const BACKDATE: SignedDuration = SignedDuration::from_hours(1);

/// What is to be done about the authorities.
#[derive(Debug)]
pub enum Plan {
    /// Nothing before this moment.
    Nothing {
        /// When to look again. An earlier look finds nothing to do, unless the clock was set back.
        until: Timestamp,
    },
    /// The authorities are to be replaced by these.
    Write(Draft),
}

/// The next authorities, but for the one that has to be made.
#[derive(Debug)]
pub struct Draft {
    kept: Vec<Authority>,
    birth: Option<Timestamp>,
    created: Timestamp,
}

/// What is to be done about the serving certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing before this moment, unless the authority in use or the names change.
    Keep {
        /// When it is due.
        until: Timestamp,
    },
    /// A new one is to be made.
    Issue(Reason),
}

/// Why a serving certificate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    First,
    /// It is for other names.
    Names,
    /// The authority in use is another one, or it does not hold now.
    Authority,
    /// Two thirds of its life are over.
    Age,
}

/// Decides what is to be done to the authorities at `now`.
///
/// - None that holds: one is made that signs at once, for nothing that is served verifies anyway.
/// - The one in use ends within [`SUCCEED_BEFORE`] and no other follows it: its successor is made, and signs
///   [`PUBLISH_BEFORE`] from now, or earlier if the present one has less than that left.
/// - Those that have ended are dropped.
///
/// One that does not hold yet was made with a clock that ran ahead. It stays, and signs nothing until then.
pub fn plan(ring: &Authorities, now: Timestamp) -> Plan {
    let now = whole_seconds(now);
    let kept: Vec<Authority> = ring.living(now).cloned().collect();
    let birth = match ring.in_use(now) {
        None => Some(now),
        Some(current) => {
            let follows = |other: &&Authority| {
                other.validity().holds(now) && other.validity().not_after > current.validity().not_after
            };
            let due = now >= succession(current) && !ring.living(now).any(|other| follows(&other));
            due.then(|| {
                let last = back(current.validity().not_after, BACKDATE);
                after(now, PUBLISH_BEFORE).min(last).max(now)
            })
        }
    };
    if birth.is_none() && kept == ring.entries() {
        let changes = kept.iter().flat_map(|entry| {
            let end = after(entry.validity().not_after, SignedDuration::from_secs(1));
            let succession = succession(entry);
            [entry.signs_from(), succession, end]
                .into_iter()
                .filter(|moment| *moment > now)
        });
        let until = changes.min().unwrap_or(Timestamp::MAX);
        return Plan::Nothing { until };
    }
    Plan::Write(Draft {
        kept,
        birth,
        created: now,
    })
}

/// Decides what is to be done about the certificate that stands there, if any does, at `now`; nothing can be made
/// without an authority that holds.
pub fn renewal(
    ring: &Authorities,
    serving: Option<&Serving>,
    names: &Names,
    now: Timestamp,
) -> Option<Renewal> {
    let now = whole_seconds(now);
    let authority = ring.in_use(now)?;
    let Some(serving) = serving else {
        return Some(Renewal::Issue(Reason::First));
    };
    let until = two_thirds(serving);
    Some(if !names.are(&serving.names) {
        Renewal::Issue(Reason::Names)
    } else if !serving.is_of(authority, now) {
        Renewal::Issue(Reason::Authority)
    } else if now >= until {
        Renewal::Issue(Reason::Age)
    } else {
        Renewal::Keep { until }
    })
}

/// When the successor of `authority` has to be written.
fn succession(authority: &Authority) -> Timestamp {
    back(authority.validity().not_after, SUCCEED_BEFORE)
}

/// When two thirds of a serving certificate's life are over. One that its authority cut short to less than a day
/// cannot be made better.
fn two_thirds(serving: &Serving) -> Timestamp {
    let made = after(serving.validity.not_before, BACKDATE);
    let life = serving.validity.not_after.duration_since(made);
    if life < DAY {
        return Timestamp::MAX;
    }
    let third = SignedDuration::from_secs(life.as_secs().div_euclid(3));
    back(serving.validity.not_after, third)
}

/// Times are kept in whole seconds, as certificates have them.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn back(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_sub(duration).unwrap_or(Timestamp::MIN)
}

// === impl Draft ===

impl Draft {
    /// Whether an authority has to be made.
    pub const fn makes_one(&self) -> bool {
        self.birth.is_some()
    }

    /// The next authorities, with one of `make` if one has to be made.
    pub fn complete<E: From<RingFault> + From<MaterialFault>>(
        self,
        make: impl FnOnce() -> Result<Material, E>,
    ) -> Result<Authorities, E> {
        let mut entries = self.kept;
        if let Some(signs_from) = self.birth {
            entries.push(Authority::make(make()?, self.created, signs_from)?);
        }
        Ok(Authorities::new(entries)?)
    }
}
