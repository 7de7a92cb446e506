//! Medians, and times on the processor.

use anyhow::Context;
use std::path::Path;
use std::time::Duration;

/// The median of figures in any order; zero of none.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<_> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// How many there are, for divisions.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The time that the thread behind `task` (a folder in `/proc`) has been on a processor. Other than
/// the time of day, it does not count what others take of a busy machine.
pub(crate) fn on_processor(task: &Path) -> anyhow::Result<Duration> {
    let path = task.join("schedstat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let nanoseconds = text.split_whitespace().next().context("an empty schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// The time that this thread has been on a processor.
pub(crate) fn own_time() -> anyhow::Result<Duration> {
    // The kernel brings the account of a running thread up to date when it is rescheduled.
    std::thread::yield_now();
    on_processor(Path::new("/proc/thread-self"))
}
