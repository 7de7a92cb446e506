//! What the controller counts.

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::collections::BTreeMap;

/// The controller's metrics; the values of every label are from a fixed set.
#[derive(Debug, Clone)]
pub struct ControllerMetrics {
    reconciles: IntCounterVec,
    reconcile_duration: Histogram,
    clients: IntGaugeVec,
    fetches: IntCounterVec,
    leader: IntGauge,
}

/// The time in which this replica leads.
#[derive(Debug)]
pub(crate) struct Leading<'m>(&'m ControllerMetrics);

// === impl ControllerMetrics ===

impl ControllerMetrics {
    /// The metrics, registered with `registry`. Fails if they are there already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            reconciles: IntCounterVec::new(
                Opts::new(
                    "countersign_reconcile_total",
                    "Clients looked at by the controller, by result.",
                ),
                &["result"],
            )?,
            reconcile_duration: Histogram::with_opts(
                HistogramOpts::new(
                    "countersign_reconcile_duration_seconds",
                    "How long it took to look at a client and write its status.",
                )
                .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]),
            )?,
            clients: IntGaugeVec::new(
                Opts::new(
                    "countersign_oauthclients",
                    "Clients that exist, by the status of their condition Ready.",
                ),
                &["ready"],
            )?,
            fetches: IntCounterVec::new(
                Opts::new("countersign_jwks_fetch_total", "Fetches of JWK sets, by result."),
                &["result"],
            )?,
            leader: IntGauge::new(
                "countersign_leader",
                "Whether this replica of the controller leads (1) or waits (0).",
            )?,
        };
        registry.register(Box::new(metrics.reconciles.clone()))?;
        registry.register(Box::new(metrics.reconcile_duration.clone()))?;
        registry.register(Box::new(metrics.clients.clone()))?;
        registry.register(Box::new(metrics.fetches.clone()))?;
        registry.register(Box::new(metrics.leader.clone()))?;
        Ok(metrics)
    }

    /// Counts one look at a client.
    pub(crate) fn reconciled(&self, result: &'static str, took: std::time::Duration) {
        self.reconciles.with_label_values(&[result]).inc();
        self.reconcile_duration.observe(took.as_secs_f64());
    }

    /// Counts one fetch.
    pub(crate) fn fetched(&self, result: &'static str) {
        self.fetches.with_label_values(&[result]).inc();
    }

    /// Shows how many clients there are.
    pub(crate) fn counted(&self, ready: &BTreeMap<&'static str, usize>) {
        for (status, count) in ready {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.clients.with_label_values(&[status]).set(count);
        }
    }

    /// Shows that this replica leads, for as long as the value lives.
    pub(crate) fn lead(&self) -> Leading<'_> {
        self.leader.set(1);
        Leading(self)
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.0.leader.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_are_shown_once() {
        let registry = Registry::new();
        let metrics = ControllerMetrics::new(&registry).unwrap();
        metrics.reconciled("ok", std::time::Duration::from_millis(2));
        metrics.fetched("tls");
        metrics.counted(&BTreeMap::from([("True", 2)]));
        let leading = metrics.lead();
        assert_eq!(metrics.leader.get(), 1);
        drop(leading);
        assert_eq!(metrics.leader.get(), 0);
        let families = registry.gather();
        let names: Vec<&str> = families
            .iter()
            .map(prometheus::proto::MetricFamily::name)
            .collect();
        assert_eq!(
            names,
            [
                "countersign_jwks_fetch_total",
                "countersign_leader",
                "countersign_oauthclients",
                "countersign_reconcile_duration_seconds",
                "countersign_reconcile_total"
            ]
        );
        assert!(ControllerMetrics::new(&registry).is_err());
    }
}
