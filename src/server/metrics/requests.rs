//! Rate, errors and duration of the token endpoint.

use super::Outcome;
use crate::metrics::{FAST, counters, histograms, whole_gauge};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::GrantType;
use crate::server::audit::Record;
use prometheus::{Error, HistogramVec, IntCounterVec, IntGauge, Registry};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Requests {
    answered: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
}

/// Counts a request as in flight until it is dropped.
#[derive(Debug)]
pub struct InFlight(IntGauge);

const GRANTS: [Option<GrantType>; 3] = [
    Some(GrantType::ClientCredentials),
    Some(GrantType::JwtBearer),
    None,
];

// === impl Requests ===

impl Requests {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let answered = counters(
            registry,
            "countersign_token_requests_total",
            "Requests to the token endpoint. The outcome is a token (granted), a verdict on the request (denied), or a failure of ours (failed).",
            &["grant_type", "outcome", "error"],
        )?;
        let duration = histograms(
            registry,
            "countersign_token_request_duration_seconds",
            "Time to answer a token request, by whether an assertion had to be recorded in the replay log first.",
            FAST,
            &["grant_type", "recorded"],
        )?;
        for grant in GRANTS {
            for error in ErrorCode::ALL {
                answered
                    .get_metric_with_label_values(&labels(grant, Some(error)))
                    .map(drop)?;
            }
            duration
                .get_metric_with_label_values(&[name(grant), "false"])
                .map(drop)?;
            if grant.is_some() {
                answered
                    .get_metric_with_label_values(&labels(grant, None))
                    .map(drop)?;
                duration
                    .get_metric_with_label_values(&[name(grant), "true"])
                    .map(drop)?;
            }
        }
        let in_flight = whole_gauge(
            registry,
            "countersign_token_requests_in_flight",
            "Token requests being answered.",
        )?;
        Ok(Self {
            answered,
            duration,
            in_flight,
        })
    }

    pub(super) fn in_flight(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    pub(super) fn observe(&self, error: Option<ErrorCode>, record: &Record, took: Duration) {
        self.answered
            .with_label_values(&labels(record.grant, error))
            .inc();
        let recorded = if record.recorded { "true" } else { "false" };
        self.duration
            .with_label_values(&[name(record.grant), recorded])
            .observe(took.as_secs_f64());
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn labels(grant: Option<GrantType>, error: Option<ErrorCode>) -> [&'static str; 3] {
    [
        name(grant),
        Outcome::of(error).as_str(),
        error.map_or("", ErrorCode::as_str),
    ]
}

/// `none`: the request did not come so far that it had a grant.
const fn name(grant: Option<GrantType>) -> &'static str {
    match grant {
        Some(GrantType::ClientCredentials) => "client_credentials",
        Some(GrantType::JwtBearer) => "jwt_bearer",
        None => "none",
    }
}
