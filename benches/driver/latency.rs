//! Latencies of one loop.

use super::drive::Seen;
use std::collections::BTreeMap;
use std::time::Duration;

/// The usual percentiles.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
    pub(crate) max: Duration,
    /// The median of the 99th percentiles of each second: a machine that stalls once spoils one second
    /// and not the figure.
    pub(crate) p99_of_seconds: Duration,
}

// === impl Latency ===

impl Latency {
    /// What `seen` says.
    pub(crate) fn of(seen: &Seen) -> Self {
        let mut seconds = BTreeMap::<u64, Vec<Duration>>::new();
        for (at, took) in &seen.tokens {
            seconds.entry(at.as_secs()).or_default().push(*took);
        }
        let mut all: Vec<_> = seen.tokens.iter().map(|(_, took)| *took).collect();
        all.sort_unstable();
        let p99s = seconds.into_values().map(|mut second| {
            second.sort_unstable();
            percentile(&second, 99.0)
        });
        let mut p99s: Vec<_> = p99s.collect();
        p99s.sort_unstable();
        Self {
            p50: percentile(&all, 50.0),
            p99: percentile(&all, 99.0),
            p999: percentile(&all, 99.9),
            max: percentile(&all, 100.0),
            p99_of_seconds: percentile(&p99s, 50.0),
        }
    }
}

/// The element of `sorted` that `percent` of all are not above; zero of nothing.
pub(crate) fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let rank = Duration::from_secs(u64::try_from(last).unwrap_or(0)).mul_f64(percent / 100.0);
    let rank = usize::try_from(rank.as_secs()).unwrap_or(last);
    sorted.get(rank).copied().unwrap_or_default()
}
