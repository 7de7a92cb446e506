//! The handle of the stream.

use crate::server::audit::destination::{Destination, Form};
use crate::server::audit::line::Line;
use crate::server::audit::sink::Sink;
use crate::server::audit::text;
use crate::server::audit::writer::Queue;
use anyhow::Context;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prometheus::{IntCounter, Registry};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

/// How long an answer waits for its line, where it must be written first.
const PATIENCE: Duration = Duration::from_secs(2);

/// The audit stream; clones share it. It ends with the last of them.
#[derive(Debug, Clone)]
pub struct AuditLog(Option<Arc<Open>>);

#[derive(Debug)]
struct Open {
    queue: Arc<Queue>,
    form: Form,
    required: bool,
    /// Tells the events of this process from others.
    life: String,
    events: AtomicU64,
}

/// A line that had to be written and was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the audit log cannot be written")]
pub struct NotWritten;

// === impl AuditLog ===

impl AuditLog {
    /// Opens the stream. If `required`, no answer goes out whose line is not written.
    ///
    /// `countersign_audit_write_failures_total` in `registry` counts tries to write that failed, and lines that
    /// were lost.
    ///
    /// # Errors
    /// The file cannot be opened, or the metric is registered already.
    pub fn open(
        destination: &Destination,
        form: Form,
        required: bool,
        registry: &Registry,
    ) -> anyhow::Result<Self> {
        let sink = match destination {
            Destination::Off => return Ok(Self::off()),
            Destination::Stdout => Sink::Stdout,
            Destination::File(path) => Sink::file(path.clone())
                .with_context(|| format!("cannot write the audit log to {}", path.display()))?,
        };
        Self::start(sink, form, required, registry)
    }

    /// A stream of JSON that goes to `writer`.
    ///
    /// # Errors
    /// The metric is registered already.
    pub fn to(
        writer: impl Write + Send + 'static,
        required: bool,
        registry: &Registry,
    ) -> anyhow::Result<Self> {
        Self::start(Sink::Other(Box::new(writer)), Form::Json, required, registry)
    }

    /// No stream.
    pub const fn off() -> Self {
        Self(None)
    }

    fn start(sink: Sink, form: Form, required: bool, registry: &Registry) -> anyhow::Result<Self> {
        let failures = IntCounter::new(
            "countersign_audit_write_failures_total",
            "Tries to write the audit log that failed, and lines of it that were lost.",
        )?;
        registry.register(Box::new(failures.clone()))?;
        let mut life = [0; 12];
        rand::fill(&mut life).ok().context("no randomness")?;
        Ok(Self(Some(Arc::new(Open {
            queue: Queue::start(sink, failures).context("cannot start a thread")?,
            form,
            required,
            life: URL_SAFE_NO_PAD.encode(life),
            events: AtomicU64::new(0),
        }))))
    }

    /// Whether requests can be decided.
    ///
    /// # Errors
    /// Lines are required and cannot be written now.
    pub fn admit(&self) -> Result<(), NotWritten> {
        match &self.0 {
            Some(open) if open.required && open.queue.is_broken() => Err(NotWritten),
            _ => Ok(()),
        }
    }

    /// Queues the line that `make` makes with its event id; its number, if there is room for it.
    pub(super) fn push<'a>(&self, make: impl FnOnce(String) -> Line<'a>) -> Option<u64> {
        let open = self.0.as_ref()?;
        let number = open.events.fetch_add(1, Ordering::Relaxed);
        let mut bytes = Vec::with_capacity(1024);
        serde_json::to_writer(&mut bytes, &make(format!("{}-{number:x}", open.life))).ok()?;
        match open.form {
            Form::Json => bytes.push(b'\n'),
            Form::Text => bytes = text::of(&bytes)?.into_bytes(),
        }
        open.queue.push(&bytes, open.required)
    }

    /// Waits until the line with this number is written, if it has to be.
    pub(super) async fn written(&self, line: Option<u64>) -> Result<(), NotWritten> {
        let Some(open) = self.0.as_ref().filter(|open| open.required) else {
            return Ok(());
        };
        let line = line.ok_or(NotWritten)?;
        let mut progress = open.queue.progress();
        let done = progress.wait_for(|progress| progress.written >= line || progress.broken);
        match timeout(PATIENCE, done).await {
            Ok(Ok(progress)) if progress.written >= line => Ok(()),
            _ => Err(NotWritten),
        }
    }

    /// Waits until every line so far is written, for at most `within`; whether they are.
    pub async fn flush(&self, within: Duration) -> bool {
        let Some(open) = &self.0 else {
            return true;
        };
        let mut progress = open.queue.progress();
        let last = open.queue.hurry();
        let done = progress.wait_for(|progress| progress.written >= last);
        matches!(timeout(within, done).await, Ok(Ok(_)))
    }
}

// === impl Open ===

impl Drop for Open {
    fn drop(&mut self) {
        self.queue.close();
    }
}
