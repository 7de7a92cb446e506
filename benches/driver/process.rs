//! What the operating system knows of a process.

use crate::shared::figures::on_processor;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The processor time of all threads of this process.
pub(crate) fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(proc(id, "task"))? {
        sum = sum.saturating_add(on_processor(&thread?.path())?);
    }
    Ok(sum)
}

/// The resident memory of this process in bytes.
pub(crate) fn memory(id: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(proc(id, "status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: f64 = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmRSS")?
        .parse()?;
    Ok(kibibytes * 1024.0)
}

fn proc(id: u32, what: &str) -> PathBuf {
    Path::new("/proc").join(id.to_string()).join(what)
}
