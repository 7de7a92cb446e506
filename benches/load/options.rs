//! What is measured, from the command line.

use crate::shared::kind::Kind;
use clap::{Parser, ValueEnum};
use std::time::Duration;

/// The most tokens that one life of the server is asked for: its replay log holds a million.
pub(crate) const MOST: usize = 900_000;

/// Measures a server on this machine: tokens per second, latency, processor time and memory, beside
/// the limit that cryptography sets.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Options {
    /// How long each loop lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=30))]
    seconds: u8,
    /// Open connections.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    /// Requests per second of the open loop; half of what the closed loop reached, if not given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub(crate) rate: Option<u32>,
    /// The closed loop finds the most tokens per second, the open loop the latency at a given rate.
    #[arg(long, value_enum, default_value = "both")]
    mode: Mode,
    /// The exchanges.
    #[arg(long, value_delimiter = ',', value_parser = kind, default_value = "rs256-es256,sa-es256,es256-es256")]
    pub(crate) kinds: Vec<Named>,
    /// Runs of each exchange, one after the other in turn; the table shows medians.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub(crate) runs: u8,
    /// The processor of the server; the requests come from another.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_processor: u16,
    /// The processor that the requests come from.
    #[arg(long, default_value_t = 1)]
    pub(crate) load_processor: u16,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Which loops run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Closed,
    Open,
    Both,
}

/// An exchange and its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    /// The name.
    pub(crate) name: &'static str,
    /// The exchange.
    pub(crate) kind: Kind,
}

// === impl Options ===

impl Options {
    /// How long each loop lasts.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }

    /// Whether the closed loop runs: the open loop without a rate needs it.
    pub(crate) fn closed(&self) -> bool {
        self.mode != Mode::Open || self.rate.is_none()
    }

    /// Whether the open loop runs.
    pub(crate) fn open(&self) -> bool {
        self.mode != Mode::Closed
    }
}

fn kind(name: &str) -> Result<Named, String> {
    // `dev` signs with ES256 only.
    let offered = Kind::ALL.into_iter().filter(|(name, _)| name.ends_with("-es256"));
    let found = offered.clone().find(|(known, _)| *known == name);
    found.map(|(name, kind)| Named { name, kind }).ok_or_else(|| {
        let names: Vec<_> = offered.map(|(name, _)| name).collect();
        format!("must be one of {}", names.join(", "))
    })
}
