//! Figures that every run shows.

use std::fmt::Display;
use std::io::Write as _;

/// Writes a line past the capture of passing tests: `cargo test` shows it.
pub(crate) fn announce(line: impl Display) {
    writeln!(std::io::stderr(), "{line}").unwrap_or_default();
}
