//! The server's metrics, in a registry of its own.

use crate::grants::assertion::Addressed;
use crate::grants::{AssertionFault, Reason};
use crate::oauth::request::GrantType;
use crate::server::answer::Answer;
use crate::server::audit::Record;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

/// What the token endpoint counts. Every label has a bounded set of values.
#[derive(Debug)]
pub struct ServerMetrics {
    requests: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
    refusals: IntCounterVec,
    replays: IntCounter,
    endpoint_audiences: IntCounter,
    shared_audiences: IntCounter,
}

/// Counts a request as in flight until it is dropped.
#[derive(Debug)]
pub struct InFlight(IntGauge);

// === impl ServerMetrics ===

impl ServerMetrics {
    /// Metrics in `registry`; fails if they are registered there already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new(
                    "countersign_token_requests_total",
                    "Requests to the token endpoint.",
                ),
                &["grant_type", "outcome", "error"],
            )?,
            duration: HistogramVec::new(
                HistogramOpts::new(
                    "countersign_token_request_duration_seconds",
                    "Time to answer a token request.",
                )
                .buckets(vec![
                    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5,
                ]),
                &["grant_type"],
            )?,
            in_flight: IntGauge::new(
                "countersign_token_requests_in_flight",
                "Token requests being answered.",
            )?,
            refusals: IntCounterVec::new(
                Opts::new(
                    "countersign_refusals_total",
                    "Refused token requests by precise reason.",
                ),
                &["reason"],
            )?,
            replays: IntCounter::new(
                "countersign_replay_rejected_total",
                "Assertions refused because they were used before.",
            )?,
            endpoint_audiences: IntCounter::new(
                "countersign_endpoint_audience_total",
                "Accepted assertions whose audience was the token endpoint; with audience Strict they would be refused.",
            )?,
            shared_audiences: IntCounter::new(
                "countersign_shared_audience_total",
                "Accepted assertions whose audience named others beside us; only audience Compat takes them.",
            )?,
        };
        registry.register(Box::new(metrics.shared_audiences.clone()))?;
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.duration.clone()))?;
        registry.register(Box::new(metrics.in_flight.clone()))?;
        registry.register(Box::new(metrics.refusals.clone()))?;
        registry.register(Box::new(metrics.replays.clone()))?;
        registry.register(Box::new(metrics.endpoint_audiences.clone()))?;
        Ok(metrics)
    }

    /// Counts a request as in flight.
    pub fn in_flight(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer.
    pub fn observe(&self, answer: &Answer, record: &Record, took: Duration) {
        let grant = record.grant.map_or("none", |grant| match grant {
            GrantType::ClientCredentials => "client_credentials",
            GrantType::JwtBearer => "jwt_bearer",
        });
        let error = answer.error();
        let outcome = if error.is_some() { "denied" } else { "granted" };
        self.requests
            .with_label_values(&[grant, outcome, error.map_or("", |error| error.as_str())])
            .inc();
        self.duration
            .with_label_values(&[grant])
            .observe(took.as_secs_f64());
        match record.addressed {
            Some(Addressed::Endpoint) => self.endpoint_audiences.inc(),
            Some(Addressed::Shared) => self.shared_audiences.inc(),
            Some(Addressed::Issuer) | None => {}
        }
        match answer {
            Answer::Token(_) => {}
            Answer::NotARequest(fault) => self.refusals.with_label_values(&[fault.code().as_str()]).inc(),
            Answer::Refused(refusal) => {
                self.refusals
                    .with_label_values(&[refusal.reason.code().as_str()])
                    .inc();
                if matches!(
                    refusal.reason,
                    Reason::Assertion {
                        fault: AssertionFault::Replayed,
                        ..
                    }
                ) {
                    self.replays.inc();
                }
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Registers what every process tells about itself: `countersign_build_info` and `process_*`.
pub fn register_process(registry: &Registry) -> Result<(), prometheus::Error> {
    let build = prometheus::IntGaugeVec::new(
        Opts::new("countersign_build_info", "The version that runs; always 1."),
        &["version"],
    )?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(build))?;
    registry.register(Box::new(
        prometheus::process_collector::ProcessCollector::for_self(),
    ))
}
