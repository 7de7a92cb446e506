//! What the store answers, beside events.

use thiserror::Error;

/// What is known of a write after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answered {
    /// It was stored. The event still decides.
    Stored,
    /// It was refused before it was stored: its keys may be written again.
    Refused,
    /// Nobody can say.
    Unknown,
}

/// A list is older than what is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the API server's list is older than what is known already")]
pub struct OlderList;
