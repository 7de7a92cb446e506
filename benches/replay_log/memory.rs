//! The same server with its log in memory: `countersign server` as the released program puts it together, but
//! for the log.

use clap::Parser;
use countersign::cli::Cli;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::replay::Capacity;
use countersign::replay::memory::MemoryLog;
use std::ffi::OsString;
use std::sync::Arc;

/// The argument by which this program becomes that server; what follows are the server's own.
pub(crate) const COMMAND: &str = "server-with-its-log-in-memory";
/// More live keys than any run makes.
const CAPACITY: usize = 10_000_000;

/// Serves until it is told to end.
pub(crate) fn serve(arguments: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let before = ["countersign", "server"].map(OsString::from);
    let cli = Cli::try_parse_from(before.into_iter().chain(arguments))?;
    cli.serve_with(Arc::new(MemoryLog::new(
        Some(SystemClock.now()),
        Capacity::of(CAPACITY),
    )))
}
