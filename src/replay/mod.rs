//! Replay protection: each self-signed assertion is honoured at most once.
//!
//! The pipeline knows only the [`ReplayLog`] interface. What one process remembers is
//! [`memory::MemoryLog`]; it serves `dev`, `demo`, the tests and a server with a single replica.

pub mod key;
pub mod memory;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of them are first uses, and they are this request's alone.
    Owned,
    /// The use at this position was made before: a replay. None of the uses may be granted.
    Replayed(usize),
    /// The client has used up its share of what the log can hold.
    ClientFull,
    /// Nothing can be said now (the log is full, or its store does not answer). Whether the uses were
    /// recorded is unknown: they must not be granted, and not be called replays.
    Unavailable,
}

/// A record of assertions that were used.
pub trait ReplayLog: Send + Sync + std::fmt::Debug {
    /// Records all `uses` of one request, or none that could be granted. For one key,
    /// [`Outcome::Owned`] is answered at most once until its `until` has passed.
    ///
    /// It is called last, after every other check, and right before signing.
    fn record(&self, uses: Vec<Use>, now: Timestamp) -> BoxFuture<'_, Outcome>;

    /// Since when the log has been complete. An assertion that could have been used before is not
    /// decidable and must be refused as such; `None` if nothing can have been used before.
    fn birth(&self) -> Option<Timestamp>;
}
