//! Logs: one line per event, on standard output.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// For people.
    Text,
}

/// Sends the logs of this process to standard output from now on. `filter` is a comma-separated
/// list of directives such as `info` or `countersign=debug,kube_runtime=error`.
///
/// A second call changes nothing.
pub fn init(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)?;
    let builder = fmt().with_env_filter(filter).with_target(true);
    let outcome = match format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
    if outcome.is_err() {
        tracing::debug!("logging is set up already");
    }
    Ok(())
}
