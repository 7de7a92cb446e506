//! What the controller tells of certificates.

use super::managed::CertificateEvent;
use jiff::Timestamp;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// The metrics of certificates; the values of every label are from a fixed set.
#[derive(Debug, Clone)]
pub struct CertificateMetrics {
    renewals: IntCounterVec,
    /// Without a value before the authority is known: a replica that does not lead knows of none.
    not_after: IntGaugeVec,
}

// === impl CertificateMetrics ===

impl CertificateMetrics {
    /// The metrics, registered with `registry`. Fails if they are there already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            renewals: IntCounterVec::new(
                Opts::new(
                    "countersign_certificate_renewals_total",
                    "Attempts to write the authority or the serving certificate, by result.",
                ),
                &["result"],
            )?,
            not_after: IntGaugeVec::new(
                Opts::new(
                    "countersign_ca_not_after_timestamp_seconds",
                    "When the authority in use ends; of given certificates, when the last one of the bundle ends.",
                ),
                &[],
            )?,
        };
        for result in ["success", "conflict", "failure"] {
            metrics.renewals.with_label_values(&[result]).reset();
        }
        registry.register(Box::new(metrics.renewals.clone()))?;
        registry.register(Box::new(metrics.not_after.clone()))?;
        Ok(metrics)
    }

    /// Counts what happened.
    pub fn count(&self, event: CertificateEvent) {
        let result = match event {
            CertificateEvent::AuthorityWritten
            | CertificateEvent::AuthorityRestored
            | CertificateEvent::ServingWritten(_) => "success",
            CertificateEvent::Conflict => "conflict",
            CertificateEvent::Failed | CertificateEvent::Unreadable(_) | CertificateEvent::Foreign => {
                "failure"
            }
            CertificateEvent::Owned => return,
        };
        self.renewals.with_label_values(&[result]).inc();
    }

    /// Shows when the authority ends.
    pub fn ends(&self, not_after: Timestamp) {
        let labels: [&str; 0] = [];
        self.not_after
            .with_label_values(&labels)
            .set(not_after.as_second());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_shown_once_it_is_known() {
        let registry = Registry::new();
        let metrics = CertificateMetrics::new(&registry).unwrap();
        let text = || {
            prometheus::TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap()
        };
        assert!(!text().contains("countersign_ca_not_after"));
        metrics.ends(Timestamp::from_second(1_800_000_000).unwrap());
        metrics.count(CertificateEvent::AuthorityWritten);
        metrics.count(CertificateEvent::Owned);
        metrics.count(CertificateEvent::Foreign);
        for line in [
            "countersign_ca_not_after_timestamp_seconds 1800000000",
            "countersign_certificate_renewals_total{result=\"success\"} 1",
            "countersign_certificate_renewals_total{result=\"conflict\"} 0",
            "countersign_certificate_renewals_total{result=\"failure\"} 1",
        ] {
            assert!(text().lines().any(|shown| shown == line), "{line}: {}", text());
        }
    }
}
