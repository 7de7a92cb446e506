//! Logs: one line per event, on standard output.

mod fields;
mod json;
mod text;

use super::traces::is_ours;
use clap::ValueEnum;
use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// For people.
    Text,
}

/// What writes the lines that `filter` lets through to what `writer` makes.
pub(super) fn layer<S, W>(format: LogFormat, filter: EnvFilter, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    // Spans are for the collector: without one, nobody asks for them.
    let filter = filter.and(filter_fn(|metadata| !is_ours(metadata)));
    match format {
        LogFormat::Json => layer.event_format(json::Json).with_filter(filter).boxed(),
        LogFormat::Text => layer.event_format(text::Text).with_filter(filter).boxed(),
    }
}
