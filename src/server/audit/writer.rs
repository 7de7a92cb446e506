//! The lines that wait, and the thread that writes them.
//!
//! A request only adds to a buffer. Lines that cannot be written stay and are tried again; what the
//! buffer has no room for is lost, and counted.

use crate::server::audit::sink::Sink;
use prometheus::IntCounter;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Bytes that may wait: about 10 000 lines.
pub(super) const ROOM: usize = 8 * 1024 * 1024;
/// How long the first line of a batch waits for others.
const LINGER: Duration = Duration::from_millis(2);
/// How long to wait after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    /// Lines, of those that were queued.
    pub(super) written: u64,
    /// Whether the last try failed.
    pub(super) broken: bool,
}

/// The lines that wait.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    progress: watch::Sender<Progress>,
    failures: IntCounter,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Lines ever queued.
    queued: u64,
    /// Lines for which there was no room, since that was last told.
    lost: u64,
    /// Somebody waits for the lines to be written.
    urgent: bool,
    /// What failed is to be tried at once.
    again: bool,
    /// No more lines will come.
    closed: bool,
}

/// Lines that are being written.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// How many of them were.
    written: usize,
}

// === impl Queue ===

impl Queue {
    /// Starts the thread that writes to `sink`; it ends after [`Self::close`]. `failures` counts tries that
    /// failed, and lines that were lost.
    pub(super) fn start(sink: Sink, failures: IntCounter) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            waiting: Mutex::default(),
            changed: Condvar::new(),
            progress: watch::Sender::default(),
            failures,
        });
        let writer = Arc::clone(&queue);
        let named = std::thread::Builder::new().name("audit".to_owned());
        drop(named.spawn(move || writer.write_all(sink))?);
        Ok(queue)
    }

    /// Adds a line, which must end with a newline; its number among all lines, or none if there was no room.
    pub(super) fn push(&self, line: &[u8], urgent: bool) -> Option<u64> {
        let mut waiting = self.lock();
        if waiting.bytes.len().saturating_add(line.len()) > ROOM {
            waiting.lost = waiting.lost.saturating_add(1);
            drop(waiting);
            self.failures.inc();
            return None;
        }
        let wake = waiting.bytes.is_empty() || urgent && !waiting.urgent;
        waiting.bytes.extend_from_slice(line);
        waiting.queued = waiting.queued.saturating_add(1);
        waiting.urgent |= urgent;
        let number = waiting.queued;
        drop(waiting);
        if wake {
            self.changed.notify_one();
        }
        Some(number)
    }

    /// Asks for what waits to be written at once; the number of the last line.
    pub(super) fn hurry(&self) -> u64 {
        let mut waiting = self.lock();
        waiting.urgent = true;
        waiting.again = true;
        let number = waiting.queued;
        drop(waiting);
        self.changed.notify_one();
        number
    }

    /// The thread ends when what waits is written, or cannot be.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// What was written, now and from now on.
    pub(super) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Whether the last try failed.
    pub(super) fn is_broken(&self) -> bool {
        self.progress.borrow().broken
    }

    fn write_all(&self, mut sink: Sink) {
        let mut batch = Batch::default();
        while let Some(last) = self.take(&mut batch) {
            while let Err(error) = batch.write(&mut sink) {
                if !self.failed(&error) {
                    return;
                }
            }
            self.succeeded(last);
        }
    }

    /// Waits for lines, and moves them into `batch`; the number of the last one. None at the end.
    fn take(&self, batch: &mut Batch) -> Option<u64> {
        let waiting = self.lock();
        let nothing = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.closed;
        let waiting = self
            .changed
            .wait_while(waiting, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        let more = |waiting: &mut Waiting| !waiting.urgent && !waiting.closed;
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(waiting, LINGER, more)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.urgent = false;
        waiting.again = false;
        batch.written = 0;
        batch.bytes.clear();
        std::mem::swap(&mut batch.bytes, &mut waiting.bytes);
        (!batch.bytes.is_empty()).then_some(waiting.queued)
    }

    /// Tells of a failure and waits for the next try; whether there is to be one.
    fn failed(&self, error: &io::Error) -> bool {
        self.failures.inc();
        let first = self.progress.send_if_modified(|progress| {
            let first = !progress.broken;
            progress.broken = true;
            first
        });
        if first {
            tracing::error!(%error, "cannot write the audit log");
        }
        let more = |waiting: &mut Waiting| !waiting.again && !waiting.closed;
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(self.lock(), RETRY, more)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.again = false;
        !waiting.closed
    }

    fn succeeded(&self, last: u64) {
        let missed = std::mem::take(&mut self.lock().lost);
        let mut recovered = false;
        self.progress.send_modify(|progress| {
            recovered = std::mem::take(&mut progress.broken);
            progress.written = last;
        });
        if recovered || missed > 0 {
            tracing::warn!(lost = missed, "the audit log is written again");
        }
    }

    /// Every change under the lock is a single step, so that a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Batch ===

impl Batch {
    /// Writes what is left. A line that was begun in a file that is gone is whole in the new one.
    fn write(&mut self, sink: &mut Sink) -> io::Result<()> {
        if sink.renew()? {
            let done = self.bytes.get(..self.written).unwrap_or_default();
            let whole = done.iter().rposition(|byte| *byte == b'\n');
            self.written = whole.map_or(0, |end| end.saturating_add(1));
        }
        let (written, outcome) = sink.write(self.bytes.get(self.written..).unwrap_or_default());
        self.written = self.written.saturating_add(written);
        outcome
    }
}

#[cfg(test)]
mod tests;
