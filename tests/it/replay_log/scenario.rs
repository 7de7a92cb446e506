//! What a scenario is told, and what it tells.

use super::checker::{Verdict, Violation};
use super::site::Site;
use crate::support::announce;
use std::time::{Duration, Instant};

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
    /// Of a scenario that has begun.
    pub(super) fn new(name: &'static str, begun: Instant) -> Self {
        Self {
            name,
            took: Duration::ZERO,
            verdict: Verdict::default(),
            notes: Vec::new(),
            begun,
        }
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

    /// Notes a broken promise if a running replica has refused anything for another reason than these:
    /// the error codes of a replay are those of other refusals, too.
    pub(super) async fn expect_reasons(&mut self, site: &Site, expected: &[&str]) {
        for (reason, count) in site.reasons().await {
            self.promise(
                expected.contains(&reason.as_str()),
                format!("{count} refusals because of {reason}"),
            );
        }
    }

    /// Shows the figures, and fails the test if anything was not as it must be.
    #[track_caller]
    pub(super) fn assert_lawful(mut self) {
        self.took = self.begun.elapsed();
        announce(format_args!(
            "replay log: {}: {:.1?}: {}",
            self.name, self.took, self.verdict
        ));
        for note in &self.notes {
            announce(format_args!("replay log:   {note}"));
        }
        self.verdict.assert_lawful();
    }
}
