//! A request whose line is written whatever happens to it.

use crate::core::clock::Clock;
use crate::server::answer::Answer;
use crate::server::audit::line::{Line, Request};
use crate::server::audit::log::{AuditLog, NotWritten};
use crate::server::audit::record::Record;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A request under way. Its line is written by [`Case::close`]; or when it is dropped, because the caller is
/// gone.
#[derive(Debug)]
pub struct Case<'a> {
    /// What becomes known of it.
    pub record: Record,
    /// Its id.
    pub request_id: String,
    /// Its trace, if it has one.
    pub trace_id: Option<String>,
    /// The other end of its connection.
    pub remote: Option<SocketAddr>,
    log: &'a AuditLog,
    clock: &'a dyn Clock,
    began: Instant,
    open: bool,
}

// === impl Case ===

impl<'a> Case<'a> {
    /// One that begins now.
    pub fn begin(log: &'a AuditLog, clock: &'a dyn Clock, request_id: String) -> Self {
        Self {
            record: Record::default(),
            request_id,
            trace_id: None,
            remote: None,
            log,
            clock,
            began: Instant::now(),
            open: true,
        }
    }

    /// How long it has taken so far.
    pub fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// Writes the line about a request that ends with `answer`.
    ///
    /// # Errors
    /// The line must be written before the answer goes out, and was not.
    pub async fn close(&mut self, answer: &Answer) -> Result<(), NotWritten> {
        let line = self.push(Some(answer));
        self.open = false;
        self.log.written(line).await
    }

    /// Adds a line for an answer that goes out in the place of the one that the request was closed with.
    pub fn amend(&self, answer: &Answer) {
        self.push(Some(answer));
    }

    fn push(&self, answer: Option<&Answer>) -> Option<u64> {
        let request = Request {
            id: &self.request_id,
            trace_id: self.trace_id.as_deref(),
            remote: self.remote,
            took: self.took(),
        };
        let now = self.clock.now();
        self.log
            .push(|event_id| Line::new(event_id, now, request, &self.record, answer))
    }
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if self.open {
            self.push(None);
        }
    }
}
