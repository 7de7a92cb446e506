//! What a row of the corpus is, and the corpus as a whole.

use super::{claims, form, header, json, kubernetes, signature};
use crate::matrix::slot::Slot;
use crate::matrix::token::{Draft, Signer};
use countersign::oauth::reason::ReasonCode;

/// One way to spoil a good JWT; `None` where it does not apply to the signer or the slot.
type Spoil = Box<dyn Fn(Draft, Slot) -> Option<String>>;

/// A JWT with one thing wrong.
pub(super) struct Malformed {
    pub(super) name: String,
    pub(super) make: Spoil,
    /// What the audit log may say of it.
    pub(super) reasons: &'static [ReasonCode],
}

impl Malformed {
    /// Spoilt in every slot, whoever signs.
    pub(super) fn new(name: impl Into<String>, make: impl Fn(Draft) -> String + 'static) -> Self {
        Self::some(name, move |draft, _| Some(make(draft)))
    }

    /// Spoilt where `make` says so.
    pub(super) fn some(
        name: impl Into<String>,
        make: impl Fn(Draft, Slot) -> Option<String> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            make: Box::new(make),
            reasons: &[],
        }
    }

    /// Spoilt where a client signs.
    pub(super) fn client(name: impl Into<String>, make: impl Fn(Draft) -> String + 'static) -> Self {
        Self::some(name, move |draft, _| {
            draft.signer.is_client().then(|| make(draft))
        })
    }

    /// Spoilt where the cluster signs.
    pub(super) fn cluster(name: impl Into<String>, make: impl Fn(Draft) -> String + 'static) -> Self {
        Self::some(name, move |draft, _| {
            (draft.signer == Signer::Cluster).then(|| make(draft))
        })
    }
}

/// The same rows, refused for one of these reasons.
pub(super) fn because(
    reasons: &'static [ReasonCode],
    rows: impl IntoIterator<Item = Malformed>,
) -> impl Iterator<Item = Malformed> {
    rows.into_iter().map(move |row| Malformed { reasons, ..row })
}

/// Everything, each under a name of its own.
pub(super) fn corpus() -> Vec<Malformed> {
    [
        form::corpus(),
        json::corpus(),
        header::corpus(),
        claims::corpus(),
        kubernetes::corpus(),
        signature::corpus(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
