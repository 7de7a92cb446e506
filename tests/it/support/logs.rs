//! Reading what a process wrote, for waiting on a line and for the message of a failure.

use std::fs;
use std::path::Path;

/// How many lines of a log a failure message holds.
const TAIL: usize = 30;

/// Everything in `path`, or nothing if it cannot be read. Bytes that are not UTF-8 are replaced.
pub(crate) fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// The last lines of `path`, under a heading with its name.
pub(crate) fn tail(path: &Path) -> String {
    let text = text(path);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
    format!(
        "--- {} (the last {} of {} lines)\n{}",
        path.display(),
        last.len(),
        lines.len(),
        last.join("\n")
    )
}
