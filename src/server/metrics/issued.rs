//! What was issued, and on what.

use crate::grants::assertion::Addressed;
use crate::jose::Algorithm;
use crate::metrics::{counter, counters};
use crate::server::answer::Answer;
use crate::server::audit::Record;
use prometheus::{Error, IntCounter, IntCounterVec, Registry};

#[derive(Debug)]
pub(super) struct Issued {
    tokens: IntCounterVec,
    endpoint_audiences: IntCounter,
    shared_audiences: IntCounter,
}

// === impl Issued ===

impl Issued {
    pub(super) fn new(registry: &Registry, signing: &[Algorithm]) -> Result<Self, Error> {
        let tokens = counters(
            registry,
            "countersign_tokens_issued_total",
            "Access tokens that were issued, by the algorithm of their signature.",
            &["alg"],
        )?;
        for algorithm in signing {
            tokens
                .get_metric_with_label_values(&[algorithm.as_str()])
                .map(drop)?;
        }
        Ok(Self {
            tokens,
            endpoint_audiences: counter(
                registry,
                "countersign_endpoint_audience_total",
                "Accepted assertions whose audience was the token endpoint; with audience Strict they would be refused.",
            )?,
            shared_audiences: counter(
                registry,
                "countersign_shared_audience_total",
                "Accepted assertions whose audience named others beside us; only audience Compat takes them.",
            )?,
        })
    }

    pub(super) fn observe(&self, answer: &Answer, record: &Record) {
        if let (Answer::Token(_), Some(algorithm)) = (answer, record.algorithm) {
            self.tokens.with_label_values(&[algorithm.as_str()]).inc();
        }
        match record.addressed {
            Some(Addressed::Endpoint) => self.endpoint_audiences.inc(),
            Some(Addressed::Shared) => self.shared_audiences.inc(),
            Some(Addressed::Issuer) | None => {}
        }
    }
}
