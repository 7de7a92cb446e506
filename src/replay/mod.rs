//! Replay protection: each self-signed assertion is honoured at most once.
//!
//! The pipeline knows only the [`ReplayLog`] interface. What one process remembers is [`memory::MemoryLog`]; it serves
//! `dev`, `demo` and tests. The log that the servers of a cluster share is a protocol over an ordered store: its decisions
//! are here ([`ledger`], [`replica`]), and its edge to Kubernetes is in `cluster::replay_log`.

pub mod key;
pub mod ledger;
pub mod memory;
#[cfg(test)]
mod model;
pub mod pace;
pub mod replica;
pub mod retention;
pub mod segment;
pub mod version;

use crate::core::ids::ClientId;
use futures::future::BoxFuture;
use jiff::Timestamp;
use key::ReplayKey;

/// One use of an assertion, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What is used.
    pub key: ReplayKey,
    /// The client whose share of the log it counts against.
    pub client: ClientId,
    /// From this moment on the assertion is refused as expired anyway (leeway included), so that it
    /// may be forgotten.
    pub until: Timestamp,
}

/// What became of a request's uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All of them are first uses, and they are this request's alone.
    Owned,
    /// The use at this position was made before: a replay. None of the uses may be granted.
    Replayed(usize),
    /// The client has used up its share of what the log can hold. Nothing was recorded.
    ClientFull,
    /// The log holds all it can. Nothing was recorded.
    LogFull,
    /// Nothing can be said now: the store does not answer. Nothing was recorded.
    Unavailable,
    /// Whether the uses were recorded is unknown: they must not be granted, and not be called replays. They may
    /// turn out to be replays when they are tried again.
    Unknown,
}

/// What waited, and what became of it.
pub type Verdict<T> = (T, Outcome);

/// How much a log may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Live keys in all.
    pub keys: usize,
    /// Live keys of one client.
    pub keys_per_client: usize,
}

/// Whether a log can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can. It has been complete since this moment: an assertion that could have been used before is not decidable
    /// and must be refused as such. `None` if nothing can have been used before.
    Complete(Option<Timestamp>),
    /// It has not been read yet.
    NotRead,
    /// This process's clock and the store's differ by more than the skew, so that times mean nothing.
    ClocksApart,
    /// There is another log for the same issuer. Neither knows what the other honours.
    SecondLog,
}

/// A record of assertions that were used.
pub trait ReplayLog: Send + Sync + std::fmt::Debug {
    /// Records all `uses` of one request, or none that could be granted. For one key,
    /// [`Outcome::Owned`] is answered at most once until its `until` has passed.
    ///
    /// It is called last, after every other check, and right before signing.
    fn record(&self, uses: Vec<Use>, now: Timestamp) -> BoxFuture<'_, Outcome>;

    /// Whether the log can decide now. If it cannot, no request is to be answered.
    fn standing(&self) -> Standing;
}

// === impl Capacity ===

impl Default for Capacity {
    /// A million live keys, of which one client may hold a twentieth.
    fn default() -> Self {
        Self::of(1_000_000)
    }
}

impl Capacity {
    /// So many live keys in all, of which one client may hold a twentieth.
    pub fn of(keys: usize) -> Self {
        Self {
            keys,
            keys_per_client: keys.checked_div(20).unwrap_or_default().max(1),
        }
    }
}
