//! How the processes are measured: metrics in a registry of their own, never in a global one.
//!
//! The values of every label are from a fixed set, or of what an installation has few of (signing keys): no
//! caller can make a time series. What rules and rates depend on exists from the start, with the value 0.

mod at_scrape;
mod make;
pub mod process;
pub mod upstream;

pub(crate) use at_scrape::AtScrape;
pub(crate) use make::{counter, counters, gauge, gauges, histogram, histograms, whole_gauge};

/// How long something took that is answered from memory, or by the replay log: bounds in seconds. 1, 10, 25 and
/// 100 ms are bounds because objectives are.
pub const FAST: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// How long something took that waits for another host: bounds in seconds.
pub const REMOTE: &[f64] = &[
    0.001, 0.002_5, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
