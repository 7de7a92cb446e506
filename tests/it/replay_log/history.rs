//! What was sent, where, when, and what came back.

use std::time::Duration;

/// One request with one assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Which assertion: the number in its `jti`.
    pub(super) key: u64,
    /// Which replica.
    pub(super) replica: usize,
    /// When it was sent, from the start of the history.
    pub(super) started: Duration,
    /// When its answer was there, or nothing more could come.
    pub(super) ended: Duration,
    pub(super) outcome: Outcome,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Outcome {
    /// A token.
    Granted,
    /// The refusal of a used assertion in the slot it was in.
    Replay,
    /// 503: it may have been recorded as used.
    Unavailable,
    /// 429.
    TooMany,
    /// No answer: it may have been granted.
    Broken,
    /// The refusal of an assertion that expired while the request waited: it may have been recorded as used.
    Expired,
    /// Any other answer.
    Other,
}

/// The parameter that an assertion is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// `client_assertion`, with the grant `client_credentials`.
    Client,
    /// `assertion`, the grant itself.
    Grant,
}

// === impl Outcome ===

impl Outcome {
    pub(super) const ALL: [Self; 7] = [
        Self::Granted,
        Self::Replay,
        Self::Unavailable,
        Self::TooMany,
        Self::Broken,
        Self::Expired,
        Self::Other,
    ];

    /// What an answer with this status and `error` to an assertion in `slot` says.
    pub(super) fn of(status: u16, error: &str, slot: Slot) -> Self {
        match (status, error) {
            (200, "") => Self::Granted,
            (400, code) if code == slot.refused() => Self::Replay,
            (503, "temporarily_unavailable") => Self::Unavailable,
            (429, "slow_down") => Self::TooMany,
            _ => Self::Other,
        }
    }

    /// In a table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Replay => "replay",
            Self::Unavailable => "503",
            Self::TooMany => "429",
            Self::Broken => "broken",
            Self::Expired => "expired",
            Self::Other => "other",
        }
    }
}

// === impl Slot ===

impl Slot {
    /// The error code of a bad assertion in this slot.
    const fn refused(self) -> &'static str {
        match self {
            Self::Client => "invalid_client",
            Self::Grant => "invalid_grant",
        }
    }
}

#[test]
fn an_answer_is_what_its_status_and_its_error_say_in_its_slot() {
    for (status, error, slot, outcome) in [
        (200, "", Slot::Client, Outcome::Granted),
        (200, "invalid_client", Slot::Client, Outcome::Other),
        (400, "invalid_client", Slot::Client, Outcome::Replay),
        (400, "invalid_grant", Slot::Client, Outcome::Other),
        (400, "invalid_grant", Slot::Grant, Outcome::Replay),
        (400, "invalid_client", Slot::Grant, Outcome::Other),
        (401, "invalid_client", Slot::Client, Outcome::Other),
        (503, "temporarily_unavailable", Slot::Grant, Outcome::Unavailable),
        (503, "", Slot::Grant, Outcome::Other),
        (429, "slow_down", Slot::Client, Outcome::TooMany),
        (500, "server_error", Slot::Client, Outcome::Other),
    ] {
        assert_eq!(
            Outcome::of(status, error, slot),
            outcome,
            "{status} {error} {slot:?}"
        );
    }
}
