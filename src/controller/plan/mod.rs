//! What the status of a client should say, decided from values alone.
//!
//! The conditions answer three questions:
//!
//! - `Accepted`: is the spec valid?
//! - `KeysSynced`: is every key of every source published, from a fresh reading?
//! - `Ready`: can the client be used as its spec says? False if one of the identities that it names
//!   cannot be used at all: the spec is faulty, the client is suspended, or a source has no usable key.
//!   While each source still has a usable key, a refused one beside it or a host that does not answer for
//!   a while shows in `KeysSynced` and in the reason of `Ready`, and takes nobody out of service.

pub mod conditions;
pub mod keys;
pub mod problem;
pub mod state;

use super::observed::Observed;
use crate::api::accept::{AcceptedSpec, accept};
use crate::api::fault::Fault;
use crate::api::installation::Installation;
use crate::api::v1alpha1::{ConditionType, OAuthClientStatus, PublishedKey};
use crate::core::client::AudiencePolicy;
use crate::core::ids::ClientId;
use crate::core::source::KeySource;
use conditions::{Announcement, Judgement, Status, announcements};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use keys::Found;
use problem::{joined, summary};
use state::SourceState;
use std::collections::BTreeSet;

/// What to do about one client.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The status that it should have.
    pub status: OAuthClientStatus,
    /// Whether that is another than it has.
    pub changed: bool,
    /// What changed for its owner.
    pub announcements: Vec<Announcement>,
    /// When to look again even if nothing happens: the next time at which a key ends.
    pub again: Option<Timestamp>,
    /// Whether everything that the plan rests on was tried at least once.
    pub settled: bool,
}

/// The sources that `observed` refers to: those of an accepted spec, and none of another.
pub fn sources(observed: &Observed) -> BTreeSet<KeySource> {
    match verdict(observed) {
        Verdict::Accepted(spec) => spec.sources,
        Verdict::Malformed(_) | Verdict::Faulty(_) => BTreeSet::new(),
    }
}

/// Plans the status of `observed`, whose own status is what was last written.
pub fn plan(
    observed: &Observed,
    state: &dyn Fn(&KeySource) -> SourceState,
    home: &Installation,
    now: Timestamp,
) -> Plan {
    let namespace = observed.metadata.namespace.as_deref().unwrap_or_default();
    let name = observed.metadata.name.as_deref().unwrap_or_default();
    let generation = observed.metadata.generation;
    let before = observed.status.clone().unwrap_or_default();

    let (keys, judgements, settled) = match verdict(observed) {
        Verdict::Malformed(why) => refused("Malformed", &format!("spec cannot be decoded: {why}")),
        Verdict::Faulty(faults) => {
            let reason = faults.first().map_or("Invalid", |fault| fault.cause.reason());
            let sentences: Vec<String> = faults.iter().map(ToString::to_string).collect();
            refused(reason, &joined(sentences.into_iter()))
        }
        Verdict::Accepted(spec) => {
            let found = keys::find(&spec, state, &before.keys, now);
            let settled = found.pending.is_empty();
            let synced = synced(&spec, &found, &before.conditions, generation, namespace, home);
            let ready = ready(&spec, &found, &synced);
            (found.keys, [accepted(&spec), synced, ready], settled)
        }
    };

    let conditions: Vec<Condition> = judgements
        .iter()
        .map(|judgement| judgement.condition(&before.conditions, generation, now))
        .collect();
    let again = keys
        .iter()
        .filter_map(|key| key.not_after.as_ref())
        .map(|time| time.0)
        .min();
    let status = OAuthClientStatus {
        client_id: ClientId::new(namespace, name).ok().map(|id| id.to_string()),
        observed_generation: generation,
        keys,
        conditions,
    };
    Plan {
        announcements: announcements(&judgements, &before.conditions),
        changed: differs(&status, &before),
        status,
        again,
        settled,
    }
}

enum Verdict {
    Malformed(String),
    Faulty(Vec<Fault>),
    Accepted(Box<AcceptedSpec>),
}

type Outcome = (Vec<PublishedKey>, [Judgement; 3], bool);

fn verdict(observed: &Observed) -> Verdict {
    match observed.object() {
        Err(why) => Verdict::Malformed(why.to_owned()),
        Ok(object) => match accept(&object) {
            Ok(spec) => Verdict::Accepted(Box::new(spec)),
            Err(faults) => Verdict::Faulty(faults),
        },
    }
}

/// Of a spec that is not accepted no key is published: nobody knows what its owner means.
fn refused(reason: &str, message: &str) -> Outcome {
    let judgements = [
        judge(ConditionType::Accepted, Status::False, reason, message),
        judge(
            ConditionType::KeysSynced,
            Status::Unknown,
            "NotAccepted",
            "no keys are looked for while the spec is not accepted",
        ),
        judge(ConditionType::Ready, Status::False, reason, message),
    ];
    (Vec::new(), judgements, true)
}

/// A policy that only old libraries need is told where somebody sees it.
fn accepted(spec: &AcceptedSpec) -> Judgement {
    let accepted = |reason, message| judge(ConditionType::Accepted, Status::True, reason, message);
    match spec.assertion.audience {
        AudiencePolicy::Compat => accepted(
            "CompatAudience",
            "the spec is valid, but with audience Compat others that an assertion names could use it, too: use Standard or Strict",
        )
        .with_caution(),
        AudiencePolicy::Standard | AudiencePolicy::Strict | AudiencePolicy::Fapi => {
            accepted("Accepted", "the spec is valid")
        }
    }
}

fn synced(
    spec: &AcceptedSpec,
    found: &Found,
    before: &[Condition],
    generation: Option<i64>,
    namespace: &str,
    home: &Installation,
) -> Judgement {
    const ASPECT: ConditionType = ConditionType::KeysSynced;
    if !found.pending.is_empty() {
        // A controller that has just started says nothing new before it has looked.
        return Judgement::standing(ASPECT, before, generation).unwrap_or_else(|| {
            let waiting: Vec<String> = found.pending.iter().map(ToString::to_string).collect();
            let message = format!("waiting for {}", waiting.join(", "));
            judge(ASPECT, Status::Unknown, "Pending", &message)
        });
    }
    if let Some((reason, message)) = summary(found.problems.clone(), namespace, home) {
        return judge(ASPECT, Status::False, reason, &message);
    }
    if spec.inline.is_empty() && spec.sources.is_empty() {
        return judge(ASPECT, Status::True, "NotRequired", "no identity uses keys");
    }
    let count = found.keys.len();
    let noun = if count == 1 { "key is" } else { "keys are" };
    judge(
        ASPECT,
        Status::True,
        "Synced",
        &format!("{count} {noun} published"),
    )
}

fn ready(spec: &AcceptedSpec, found: &Found, synced: &Judgement) -> Judgement {
    const ASPECT: ConditionType = ConditionType::Ready;
    if spec.suspended {
        return judge(
            ASPECT,
            Status::False,
            "Suspended",
            "spec.suspended is true: the client gets no token",
        );
    }
    match synced.status {
        Status::True => judge(ASPECT, Status::True, "Ready", "the client can be used"),
        Status::Unknown => judge(ASPECT, Status::Unknown, &synced.reason, &synced.message),
        Status::False if found.barren => judge(ASPECT, Status::False, &synced.reason, &synced.message),
        Status::False => judge(
            ASPECT,
            Status::True,
            &synced.reason,
            &format!("the client can be used, but: {}", synced.message),
        ),
    }
}

fn judge(aspect: ConditionType, status: Status, reason: &str, message: &str) -> Judgement {
    Judgement::new(aspect, status, reason, message)
}

/// Whether writing `next` would change anything in `before`, conditions of others aside.
fn differs(next: &OAuthClientStatus, before: &OAuthClientStatus) -> bool {
    next.client_id != before.client_id
        || next.observed_generation != before.observed_generation
        || next.keys != before.keys
        || next
            .conditions
            .iter()
            .any(|condition| !before.conditions.contains(condition))
}

#[cfg(test)]
mod tests;
