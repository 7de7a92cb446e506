//! What the replay log counts.

use prometheus::{Gauge, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

/// The metrics of a server's part in the replay log; the values of every label are from a fixed set.
#[derive(Debug, Clone)]
pub struct LogMetrics {
    duration: Histogram,
    batch: Histogram,
    appends: IntCounterVec,
    keys: IntGauge,
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
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            duration: Histogram::with_opts(
                HistogramOpts::new(
                    "countersign_replay_append_duration_seconds",
                    "Time from sending an append to seeing it on the watch.",
                )
                .buckets(vec![
                    0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.125, 0.25, 0.5, 1.0, 2.5, 5.0,
                ]),
            )?,
            batch: Histogram::with_opts(
                HistogramOpts::new("countersign_replay_append_keys", "Keys that one append adds.")
                    .buckets(vec![1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0]),
            )?,
            appends: IntCounterVec::new(
                Opts::new(
                    "countersign_replay_appends_total",
                    "Appends sent to the API server, by what its answer said.",
                ),
                &["outcome"],
            )?,
            keys: IntGauge::new("countersign_replay_keys", "Live keys in the replay log.")?,
            segments: IntGauge::new("countersign_replay_segments", "Live segments of the replay log.")?,
            lag: Gauge::new(
                "countersign_replay_watch_silence_seconds",
                "Time since the watch of the replay log last showed anything; a quiet one does every minute.",
            )?,
            resyncs: IntCounterVec::new(
                Opts::new(
                    "countersign_replay_resyncs_total",
                    "Times at which the replay log was read anew from a list, by reason.",
                ),
                &["reason"],
            )?,
            clock_offset: Gauge::new(
                "countersign_clock_offset_seconds",
                "How far this server's clock is ahead of the API server's, to about a second.",
            )?,
        };
        registry.register(Box::new(metrics.duration.clone()))?;
        registry.register(Box::new(metrics.batch.clone()))?;
        registry.register(Box::new(metrics.appends.clone()))?;
        registry.register(Box::new(metrics.keys.clone()))?;
        registry.register(Box::new(metrics.segments.clone()))?;
        registry.register(Box::new(metrics.lag.clone()))?;
        registry.register(Box::new(metrics.resyncs.clone()))?;
        registry.register(Box::new(metrics.clock_offset.clone()))?;
        Ok(metrics)
    }

    /// An append with so many keys is sent.
    pub(super) fn sent(&self, keys: usize) {
        // A batch has 2,048 keys at the most.
        self.batch
            .observe(u32::try_from(keys).map_or(f64::INFINITY, f64::from));
    }

    pub(super) fn answered(&self, outcome: AppendOutcome) {
        let outcome = match outcome {
            AppendOutcome::Stored => "stored",
            AppendOutcome::Refused => "refused",
            AppendOutcome::Unknown => "unknown",
        };
        self.appends.with_label_values(&[outcome]).inc();
    }

    /// An append was seen, so long after it was sent.
    pub(super) fn seen(&self, after: Duration) {
        self.duration.observe(after.as_secs_f64());
    }

    pub(super) fn resync(&self, reason: Resync) {
        let reason = match reason {
            Resync::Start => "start",
            Resync::Gone => "gone",
            Resync::Unreachable => "unreachable",
            Resync::Stalled => "stalled",
            Resync::Fault => "fault",
            Resync::Anchor => "anchor",
        };
        self.resyncs.with_label_values(&[reason]).inc();
    }

    /// What is there now, and how long the watch has been silent.
    pub(super) fn now(&self, keys: usize, segments: usize, silence: Duration) {
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
        self.segments.set(i64::try_from(segments).unwrap_or(i64::MAX));
        self.lag.set(silence.as_secs_f64());
    }

    pub(super) fn clock_offset(&self, seconds: f64) {
        self.clock_offset.set(seconds);
    }
}
