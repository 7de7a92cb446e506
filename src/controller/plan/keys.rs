//! Which keys of a client are published, from what its sources hold.
//!
//! Pure. Bad keys are refused one by one. The keys of a source that cannot be read stay for an hour after
//! its last good reading and not longer: a controller that starts anew believes the times that stand in
//! the status, and never moves one into the future.

use super::problem::{Problem, What};
use super::state::{Document, SourceState};
use crate::api::accept::AcceptedSpec;
use crate::api::v1alpha1::{PublicJwk, PublishedKey};
use crate::core::source::KeySource;
use crate::jose::{Algorithm, Judged, VerificationKey, judge_document, judge_jwks};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

/// How long keys outlive the last good reading of their source.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// The most keys of referenced sources that one client may have. Inline keys are bounded by the spec.
pub const MAX_REFERENCED: usize = 64;

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// The keys to publish: inline ones first, then by source.
    pub keys: Vec<PublishedKey>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The sources that were not tried yet.
    pub pending: Vec<KeySource>,
    /// Whether a source that was tried has no usable key.
    pub barren: bool,
}

/// What one source gives.
#[derive(Default)]
struct Harvest {
    keys: Vec<PublishedKey>,
    problems: Vec<Problem>,
    fresh: bool,
    pending: bool,
}

/// Finds the keys of an accepted client. `standing` are the keys that its status shows.
pub fn find(
    spec: &AcceptedSpec,
    state: &dyn Fn(&KeySource) -> SourceState,
    standing: &[PublishedKey],
    now: Timestamp,
) -> Found {
    let mut found = Found::default();
    for set in &spec.inline {
        let keys: Vec<PublishedKey> = published(&set.judged, &KeySource::Inline, None);
        found.barren |= keys.is_empty();
        found.problems.extend(refusals(&set.judged, &set.path));
        for key in keys {
            // A key that stands in the spec twice is shown once.
            if !found.keys.iter().any(|other| same(other, &key)) {
                found.take(key, &set.path);
            }
        }
    }

    let allowed = &spec.assertion.algorithms;
    let harvests: Vec<(&KeySource, Harvest)> = spec
        .sources
        .iter()
        .map(|source| {
            let before: Vec<PublishedKey> = standing
                .iter()
                .filter(|key| key.source == source.to_string())
                .cloned()
                .collect();
            (source, harvest(source, state(source), before, allowed, now))
        })
        .collect();
    // Where two sources disagree about a kid, one that was read prevails over one that was not.
    let (fresh, unread): (Vec<_>, Vec<_>) = harvests.into_iter().partition(|(_, harvest)| harvest.fresh);
    let inline = found.keys.len();
    for (source, harvest) in fresh.into_iter().chain(unread) {
        found.barren |= harvest.keys.is_empty() && !harvest.pending;
        found.problems.extend(harvest.problems);
        if harvest.pending {
            found.pending.push(source.clone());
        }
        let mut dropped: usize = 0;
        for key in harvest.keys {
            if found.keys.len().saturating_sub(inline) < MAX_REFERENCED {
                found.take(key, &source.to_string());
            } else {
                dropped = dropped.saturating_add(1);
            }
        }
        if dropped > 0 {
            found.problems.push(Problem::with(source, What::TooMany(dropped)));
        }
    }
    if let Some(referenced) = found.keys.get_mut(inline..) {
        referenced.sort_by(|a, b| a.source.cmp(&b.source));
    }
    found.problems.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

// === impl Found ===

impl Found {
    /// Publishes `key`, unless a token could mean another key by the same name.
    ///
    /// The very same key from two sources stands twice: each source vouches for it by itself.
    fn take(&mut self, key: PublishedKey, place: &str) {
        let clash = self
            .keys
            .iter()
            .any(|other| other.kid == key.kid && other.alg == key.alg && other.thumbprint != key.thumbprint);
        if clash {
            self.problems.push(Problem {
                place: place.to_owned(),
                what: What::Clash(key.kid.unwrap_or_default()),
            });
        } else {
            self.keys.push(key);
        }
    }
}

fn harvest(
    source: &KeySource,
    state: SourceState,
    before: Vec<PublishedKey>,
    allowed: &[Algorithm],
    now: Timestamp,
) -> Harvest {
    match state {
        SourceState::Pending => Harvest {
            keys: still_good(before, None, allowed, now),
            pending: true,
            ..Harvest::default()
        },
        SourceState::Missing(why) => Harvest::problem(source, What::Missing(why)),
        SourceState::Read(document) => match judge(source, &document, allowed) {
            Err(fault) => Harvest::problem(source, What::Malformed(fault)),
            Ok(judged) => {
                let mut problems: Vec<Problem> = refusals(&judged, &source.to_string()).collect();
                if judged.keys.is_empty() && judged.refused.is_empty() {
                    problems.push(Problem::with(source, What::NoKeys));
                }
                Harvest {
                    keys: published(&judged, source, None),
                    problems,
                    fresh: true,
                    pending: false,
                }
            }
        },
        SourceState::Unreadable {
            why,
            since,
            last_good,
        } => {
            let keys = match last_good {
                Some((document, at)) => judge(source, &document, allowed)
                    .map(|judged| published(&judged, source, Some(deadline(at))))
                    .unwrap_or_default(),
                None => before,
            };
            let keys = still_good(keys, Some(deadline(since)), allowed, now);
            let until = keys.iter().filter_map(|key| key.not_after.as_ref()).min();
            let what = What::Unreadable(why, until.map(|time| time.0));
            Harvest {
                keys,
                ..Harvest::problem(source, what)
            }
        }
    }
}

// === impl Harvest ===

impl Harvest {
    fn problem(source: &KeySource, what: What) -> Self {
        Self {
            problems: vec![Problem::with(source, what)],
            ..Self::default()
        }
    }
}

/// A URL gives JSON only; objects of the cluster may hold PEM too.
fn judge(
    source: &KeySource,
    document: &Document,
    allowed: &[Algorithm],
) -> Result<Judged, crate::jose::SetFault> {
    match source {
        KeySource::Uri(_) => judge_jwks(&document.0, allowed),
        KeySource::Inline | KeySource::Secret { .. } | KeySource::ConfigMap { .. } => {
            judge_document(&document.0, allowed)
        }
    }
}

/// The end of the grace after `moment`, in whole seconds and never late.
fn deadline(moment: Timestamp) -> Timestamp {
    let end = moment.saturating_add(GRACE).unwrap_or(moment);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

/// Those of `keys` that may still be used at `now`; those without an end get the one given.
fn still_good(
    keys: Vec<PublishedKey>,
    end: Option<Timestamp>,
    allowed: &[Algorithm],
    now: Timestamp,
) -> Vec<PublishedKey> {
    keys.into_iter()
        .filter(|key| VerificationKey::from_jwk(&key.public_jwk.to_members(), allowed).is_ok())
        .map(|mut key| {
            key.not_after = key.not_after.or(end.map(Time));
            key
        })
        .filter(|key| key.not_after.as_ref().is_none_or(|time| time.0 > now))
        .collect()
}

fn published(judged: &Judged, source: &KeySource, end: Option<Timestamp>) -> Vec<PublishedKey> {
    judged
        .keys
        .iter()
        .filter_map(|key| {
            let members = Value::Object(key.public_jwk());
            Some(PublishedKey {
                kid: Some(key.kid().to_owned()),
                alg: Some(key.algorithm().to_string()),
                thumbprint: key.thumbprint().to_owned(),
                source: source.to_string(),
                public_jwk: serde_json::from_value::<PublicJwk>(members).ok()?,
                not_after: end.map(Time),
            })
        })
        .collect()
}

fn refusals<'a>(judged: &'a Judged, place: &'a str) -> impl Iterator<Item = Problem> + 'a {
    judged.refused.iter().map(|refused| Problem {
        place: place.to_owned(),
        what: What::Refused(refused.clone()),
    })
}

fn same(one: &PublishedKey, other: &PublishedKey) -> bool {
    one.kid == other.kid && one.alg == other.alg && one.thumbprint == other.thumbprint
}
