//! What a server counts, and what it shows of its state.

mod issued;
mod refusals;
mod requests;
pub mod state;

pub use requests::InFlight;

use crate::jose::Algorithm;
use crate::metrics::counters;
use crate::oauth::error::ErrorCode;
use crate::server::answer::Answer;
use crate::server::audit::Record;
use http::StatusCode;
use issued::Issued;
use prometheus::{Error, IntCounterVec, Registry};
use refusals::Refusals;
use requests::Requests;
use std::time::Duration;

/// What the public port counts. Every label has a bounded set of values, all of which are there from the start.
#[derive(Debug)]
pub struct ServerMetrics {
    requests: Requests,
    issued: Issued,
    refusals: Refusals,
}

/// What the key set counts.
#[derive(Debug)]
pub struct JwksMetrics(IntCounterVec);

/// How a token request ended, for those who are responsible for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A token.
    Granted,
    /// A verdict on the request.
    Denied,
    /// No verdict: we, or what we depend on, did not work.
    Failed,
}

// === impl ServerMetrics ===

impl ServerMetrics {
    /// Metrics in `registry` of a server that signs with `signing`; fails if they are registered there already.
    pub fn new(registry: &Registry, signing: &[Algorithm]) -> Result<Self, Error> {
        Ok(Self {
            requests: Requests::new(registry)?,
            issued: Issued::new(registry, signing)?,
            refusals: Refusals::new(registry)?,
        })
    }

    /// Counts a request as in flight until the value is dropped.
    pub fn in_flight(&self) -> InFlight {
        self.requests.in_flight()
    }

    /// Counts an answer.
    pub fn observe(&self, answer: &Answer, record: &Record, took: Duration) {
        self.requests.observe(answer.error(), record, took);
        self.issued.observe(answer, record);
        self.refusals.observe(answer);
    }
}

// === impl JwksMetrics ===

impl JwksMetrics {
    /// Metrics in `registry`; fails if they are registered there already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let requests = counters(
            registry,
            "countersign_jwks_requests_total",
            "Requests for the key set, by status: 304 is answered to those who have it already.",
            &["code"],
        )?;
        for status in [StatusCode::OK, StatusCode::NOT_MODIFIED] {
            requests
                .get_metric_with_label_values(&[status.as_str()])
                .map(drop)?;
        }
        Ok(Self(requests))
    }

    /// Counts an answer.
    pub fn observe(&self, status: StatusCode) {
        self.0.with_label_values(&[status.as_str()]).inc();
    }
}

// === impl Outcome ===

impl Outcome {
    fn of(error: Option<ErrorCode>) -> Self {
        match error {
            None => Self::Granted,
            Some(error) if error.status() >= 500 => Self::Failed,
            Some(_) => Self::Denied,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
