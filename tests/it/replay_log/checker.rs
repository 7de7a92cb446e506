//! Whether a history could be that of one log in which each assertion is honoured at most once.

#[path = "checker/tests.rs"]
mod tests;

use super::history::{Attempt, Outcome};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Violations that are shown; all are counted.
const SHOWN: usize = 5;

/// What was done to the system while the history was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Faults {
    /// Nothing: every request is decided.
    None,
    /// Something: requests may be refused as undecided, or get no answer.
    Some,
}

/// Something that must not be in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Violation {
    /// One assertion, several tokens.
    GrantedTwice { key: u64, grants: Vec<Attempt> },
    /// A replay was seen of what nothing could have recorded by then.
    FalseReplay(Attempt),
    /// An answer that does not belong here.
    Unexpected(Attempt),
    /// Something that a scenario found by itself.
    Promise(String),
}

/// What a history amounts to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) attempts: usize,
    pub(super) keys: usize,
    pub(super) outcomes: BTreeMap<Outcome, usize>,
    /// Of all violations the first.
    pub(super) shown: Vec<Violation>,
    /// All violations.
    pub(super) violations: usize,
}

/// Judges a history, in whatever order.
pub(super) fn check(history: &[Attempt], faults: Faults) -> Verdict {
    let mut verdict = Verdict {
        attempts: history.len(),
        ..Verdict::default()
    };
    let mut keys: BTreeMap<u64, Vec<&Attempt>> = BTreeMap::new();
    for attempt in history {
        *verdict.outcomes.entry(attempt.outcome).or_default() += 1;
        keys.entry(attempt.key).or_default().push(attempt);
        if !is_expected(attempt.outcome, faults) {
            verdict.add(Violation::Unexpected(*attempt));
        }
    }
    verdict.keys = keys.len();
    for (key, attempts) in keys {
        verdict.check_key(key, &attempts);
    }
    verdict
}

fn is_expected(outcome: Outcome, faults: Faults) -> bool {
    match outcome {
        Outcome::Granted | Outcome::Replay | Outcome::Expired => true,
        Outcome::Unavailable | Outcome::Broken => faults == Faults::Some,
        Outcome::TooMany | Outcome::Other => false,
    }
}

/// When the first attempt was sent that the log may know of. A replay proves nothing about itself: the
/// log took no note of it, or somebody was before it.
fn known_since(attempts: &[&Attempt]) -> Option<Duration> {
    let recorded = attempts.iter().filter(|attempt| match attempt.outcome {
        Outcome::Granted | Outcome::Unavailable | Outcome::Broken | Outcome::Expired => true,
        Outcome::Replay | Outcome::TooMany | Outcome::Other => false,
    });
    recorded.map(|attempt| attempt.started).min()
}

// === impl Verdict ===

impl Verdict {
    fn check_key(&mut self, key: u64, attempts: &[&Attempt]) {
        let of = |outcome| attempts.iter().filter(move |attempt| attempt.outcome == outcome);
        let grants: Vec<Attempt> = of(Outcome::Granted).map(|attempt| **attempt).collect();
        if grants.len() > 1 {
            self.add(Violation::GrantedTwice { key, grants });
        }
        let since = known_since(attempts);
        for replay in of(Outcome::Replay) {
            if since.is_none_or(|since| since >= replay.ended) {
                self.add(Violation::FalseReplay(**replay));
            }
        }
    }

    /// Adds what a scenario found by itself.
    pub(super) fn add(&mut self, violation: Violation) {
        self.violations += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(violation);
        }
    }

    /// Adds another verdict, on other assertions.
    pub(super) fn join(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.keys += other.keys;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.violations += other.violations;
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
    }

    /// How many attempts had this outcome.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// Fails the test if the history is not lawful.
    #[track_caller]
    pub(super) fn assert_lawful(&self) {
        let shown: Vec<_> = self
            .shown
            .iter()
            .map(|violation| format!("{violation:?}"))
            .collect();
        assert!(self.violations == 0, "{self}\n{}", shown.join("\n"));
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} attempts with {} assertions", self.attempts, self.keys)?;
        for outcome in Outcome::ALL {
            match self.count(outcome) {
                0 => {}
                count => write!(f, ", {count} {}", outcome.name())?,
            }
        }
        write!(f, "; {} violations", self.violations)
    }
}
