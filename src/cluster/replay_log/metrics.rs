//! What the replay log counts.

use crate::metrics::{REMOTE, counters, gauge, histogram, whole_gauge};
use crate::replay::Capacity;
use prometheus::{Error, Gauge, Histogram, IntCounterVec, IntGauge, Registry};
use std::time::Duration;

/// The metrics of a server's part in the replay log; the values of every label are from a fixed set.
#[derive(Debug, Clone)]
pub struct LogMetrics {
    duration: Histogram,
    batch: Histogram,
    appends: IntCounterVec,
    keys: IntGauge,
    capacity: IntGauge,
    segments: IntGauge,
    lag: Gauge,
    resyncs: IntCounterVec,
    clock_offset: Gauge,
}

/// What the answer to an append said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AppendOutcome {
    Stored,
    Refused,
    Unknown,
}

/// Why the log is read anew from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resync {
    /// The process has started.
    Start,
    /// The watch could not go on where it was.
    Gone,
    /// The watch could not be opened again.
    Unreachable,
    /// An append was not seen in time.
    Stalled,
    /// What the watch showed made no sense.
    Fault,
    /// The anchor is gone.
    Anchor,
}

// === impl LogMetrics ===

impl LogMetrics {
    /// Metrics in `registry`; fails if they are registered there already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let metrics = Self {
            duration: histogram(
                registry,
                "countersign_replay_append_duration_seconds",
                "Time from sending an append to seeing it on the watch.",
                REMOTE,
            )?,
            batch: histogram(
                registry,
                "countersign_replay_append_keys",
                "Keys that one append adds.",
                &[1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0],
            )?,
            appends: counters(
                registry,
                "countersign_replay_appends_total",
                "Appends sent to the API server, by what its answer said.",
                &["outcome"],
            )?,
            keys: whole_gauge(
                registry,
                "countersign_replay_keys",
                "Live keys in the replay log.",
            )?,
            capacity: whole_gauge(
                registry,
                "countersign_replay_keys_limit",
                "Live keys that the replay log holds at the most, as --replay-capacity says.",
            )?,
            segments: whole_gauge(
                registry,
                "countersign_replay_segments",
                "Live segments of the replay log.",
            )?,
            lag: gauge(
                registry,
                "countersign_replay_watch_silence_seconds",
                "Time since the watch of the replay log last showed anything; a quiet one does every minute.",
            )?,
            resyncs: counters(
                registry,
                "countersign_replay_resyncs_total",
                "Times at which the replay log was read anew from a list, by reason.",
                &["reason"],
            )?,
            clock_offset: gauge(
                registry,
                "countersign_clock_offset_seconds",
                "How far this server's clock is ahead of the API server's, to about a second.",
            )?,
        };
        for outcome in AppendOutcome::ALL {
            metrics.appends.with_label_values(&[outcome.as_str()]).reset();
        }
        for reason in Resync::ALL {
            metrics.resyncs.with_label_values(&[reason.as_str()]).reset();
        }
        Ok(metrics)
    }

    /// How much the log may hold.
    pub(super) fn capacity(&self, capacity: Capacity) {
        self.capacity.set(whole(capacity.keys));
    }

    /// An append with so many keys is sent.
    pub(super) fn sent(&self, keys: usize) {
        // A batch has 2,048 keys at the most.
        self.batch
            .observe(u32::try_from(keys).map_or(f64::INFINITY, f64::from));
    }

    pub(super) fn answered(&self, outcome: AppendOutcome) {
        self.appends.with_label_values(&[outcome.as_str()]).inc();
    }

    /// An append was seen, so long after it was sent.
    pub(super) fn seen(&self, after: Duration) {
        self.duration.observe(after.as_secs_f64());
    }

    pub(super) fn resync(&self, reason: Resync) {
        self.resyncs.with_label_values(&[reason.as_str()]).inc();
    }

    /// What is there now, and how long the watch has been silent.
    pub(super) fn now(&self, keys: usize, segments: usize, silence: Duration) {
        self.keys.set(whole(keys));
        self.segments.set(whole(segments));
        self.lag.set(silence.as_secs_f64());
    }

    pub(super) fn clock_offset(&self, seconds: f64) {
        self.clock_offset.set(seconds);
    }
}

// === impl AppendOutcome ===

impl AppendOutcome {
    const ALL: [Self; 3] = [Self::Stored, Self::Refused, Self::Unknown];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

// === impl Resync ===

impl Resync {
    const ALL: [Self; 6] = [
        Self::Start,
        Self::Gone,
        Self::Unreachable,
        Self::Stalled,
        Self::Fault,
        Self::Anchor,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Gone => "gone",
            Self::Unreachable => "unreachable",
            Self::Stalled => "stalled",
            Self::Fault => "fault",
            Self::Anchor => "anchor",
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
