//! What is measured, from the command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Measures the replay log in a real API server on this machine (Linux with two processors and
/// taskset): goal, measured, ratio.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Options {
    /// The parts to measure, in this order.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Part::ALL)]
    pub(crate) only: Vec<Part>,
    /// Runs, each with control planes of its own; the table shows medians.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(crate) runs: u8,
    /// Full lengths: five minutes for the growth of etcd, ten for a trickle of tokens.
    #[arg(long)]
    pub(crate) long: bool,
    /// How long each loop of requests lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=30))]
    seconds: u8,
    /// Connections of the closed loops: enough for many requests in each append.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=2048))]
    pub(crate) connections: u16,
    /// The processor of the server.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_processor: u16,
    /// The processor of etcd, the API server and the controller.
    #[arg(long, default_value_t = 1)]
    pub(crate) cluster_processor: u16,
    /// The processor that the requests come from; that of the cluster, if not given.
    #[arg(long)]
    load_processor: Option<u16>,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// One writer that appends and waits for its own watch.
    Append,
    /// Tokens per second, beside the log in memory.
    Throughput,
    /// How long requests take.
    Latency,
    /// Appends and segments of one server.
    Rate,
    /// Tokens, appends and segments of three servers.
    Replicas,
    /// One object for each assertion.
    Naive,
    /// One client that sends far more than its share.
    Flood,
    /// What etcd grows by.
    Growth,
    /// A start with a million live keys.
    Restart,
}

// === impl Options ===

impl Options {
    /// The processor that the requests come from.
    pub(crate) fn load_processor(&self) -> u16 {
        self.load_processor.unwrap_or(self.cluster_processor)
    }

    /// How long each loop of requests lasts.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }
}

// === impl Part ===

impl Part {
    const ALL: [Self; 9] = [
        Self::Append,
        Self::Latency,
        Self::Throughput,
        Self::Rate,
        Self::Replicas,
        Self::Naive,
        Self::Flood,
        Self::Growth,
        Self::Restart,
    ];

    /// What it is, for who waits.
    pub(crate) const fn told(self) -> &'static str {
        match self {
            Self::Append => "bare appends",
            Self::Latency => "how long requests take",
            Self::Rate => "appends and segments of one server",
            Self::Replicas => "three servers",
            Self::Throughput => "tokens per second",
            Self::Flood => "a flood",
            Self::Growth => "what etcd grows by",
            Self::Restart => "a start with a million live keys",
            Self::Naive => "one object for each assertion",
        }
    }
}
