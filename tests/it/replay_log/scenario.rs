//! What a scenario is told, and what it tells.

use super::checker::{Verdict, Violation};
use super::site::Site;
use crate::support::announce;
use std::time::{Duration, Instant};

/// The reasons for refusals that no scenario is surprised by: the replay, and those that are answered with
/// 503 and 429, which the checker judges; a server that has just started gives several of them.
const EXPECTED: [&str; 7] = [
    "assertion_replayed",
    "assertion_before_the_log",
    "clients_not_read",
    "replay_log_unavailable",
    "replay_outcome_unknown",
    "replay_log_client_share",
    "signing_key_missing",
];

/// How much of a scenario is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Seconds, in every run of the tests.
    Short,
    /// Minutes, for the report.
    Long,
}

/// What came of a scenario.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) name: &'static str,
    pub(super) took: Duration,
    pub(super) verdict: Verdict,
    /// How long it took after each fault until every replica granted.
    pub(super) recoveries: Vec<Duration>,
    /// What was measured besides.
    pub(super) notes: Vec<String>,
    begun: Instant,
}

// === impl Extent ===

impl Extent {
    /// The one or the other.
    pub(super) fn choose<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

// === impl Summary ===

impl Summary {
    /// Of a scenario that begins now.
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            took: Duration::ZERO,
            verdict: Verdict::default(),
            recoveries: Vec::new(),
            notes: Vec::new(),
            begun: Instant::now(),
        }
    }

    /// Adds how long it took after a fault until every replica granted.
    pub(super) fn recovered_after(&mut self, took: Duration) {
        self.recoveries.push(took);
    }

    /// Adds what was measured.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Notes a broken promise unless `kept`.
    pub(super) fn promise(&mut self, kept: bool, what: impl Into<String>) {
        if !kept {
            self.verdict.add(Violation::Promise(what.into()));
        }
    }

    /// Notes a broken promise if a running replica has called something a replay that was refused for
    /// another reason: the error codes are the same.
    pub(super) async fn expect_replays(&mut self, site: &Site) {
        for (reason, count) in site.reasons().await {
            let expected = EXPECTED.contains(&reason.as_str());
            self.promise(expected, format!("{count} refusals because of {reason}"));
        }
    }

    /// Ends the scenario, and shows the figures.
    pub(super) fn end(&mut self) {
        self.took = self.begun.elapsed();
        let (name, took, verdict) = (self.name, self.took, &self.verdict);
        announce(format_args!("replay log: {name}: {took:.1?}: {verdict}"));
        if let Some(longest) = self.recoveries.iter().max() {
            let times = self.recoveries.len();
            announce(format_args!(
                "replay log:   {times} recoveries, the longest {longest:.1?}"
            ));
        }
        for note in &self.notes {
            announce(format_args!("replay log:   {note}"));
        }
    }

    /// Ends the scenario, and fails the test if anything was not as it must be.
    #[track_caller]
    pub(super) fn assert_lawful(mut self) {
        self.end();
        self.verdict.assert_lawful();
    }
}
