//! What the parts of the log's edge share.

use super::LogOptions;
use super::metrics::LogMetrics;
use crate::cluster::api_clock::ApiClock;
use crate::core::clock::Clock;
use crate::replay::pace::Pace;
use crate::replay::replica::{Moment, Replica};
use crate::replay::{Outcome, Standing, Verdict};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tracing::Span;

/// Tells a request what became of it.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) verdict: oneshot::Sender<Outcome>,
    /// What the request waits in.
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: LogOptions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) api_clock: ApiClock,
    pub(super) metrics: LogMetrics,
    started: Instant,
    state: Mutex<State>,
    /// There is something to write, or the writer may go on.
    pub(super) work: Notify,
    /// Nobody waits any more for the append that is on its way.
    pub(super) abandoned: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) replica: Replica<Ticket>,
    pub(super) pace: Pace,
    /// Since when the log is complete; nothing before it was read.
    pub(super) birth: Option<Timestamp>,
    /// There is an older log of the same issuer.
    pub(super) second_log: bool,
    /// Says which bucket a client falls into; nobody without access to the release namespace knows it.
    pub(super) salt: String,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(
        options: LogOptions,
        life: String,
        clock: Arc<dyn Clock>,
        api_clock: ApiClock,
        metrics: LogMetrics,
    ) -> Self {
        metrics.capacity(options.capacity);
        let state = State {
            replica: Replica::new(options.capacity),
            pace: Pace::new(options.append_rate, life),
            birth: None,
            second_log: false,
            salt: String::new(),
        };
        Self {
            options,
            clock,
            api_clock,
            metrics,
            started: Instant::now(),
            state: Mutex::new(state),
            work: Notify::new(),
            abandoned: Notify::new(),
        }
    }

    /// Nothing under this lock waits, and every change is whole: a panic elsewhere leaves nothing half done.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn moment(&self) -> Moment {
        Moment {
            wall: self.clock.now(),
            steady: self.steady(),
        }
    }

    /// Whether requests can be answered.
    pub(super) fn standing(&self) -> Standing {
        let apart = self
            .api_clock
            .ahead()
            .is_some_and(|ahead| ahead.is_apart(self.options.skew));
        let state = self.state();
        match state.birth {
            None => Standing::NotRead,
            Some(_) if state.second_log => Standing::SecondLog,
            Some(_) if apart => Standing::ClocksApart,
            Some(birth) => Standing::Complete(Some(birth)),
        }
    }

    /// The time since the start.
    pub(super) fn steady(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Tells everybody.
pub(super) fn tell(verdicts: Vec<Verdict<Ticket>>) {
    for (ticket, outcome) in verdicts {
        if ticket.verdict.send(outcome).is_err() {
            tracing::debug!("a caller went away before its assertion was settled");
        }
    }
}
