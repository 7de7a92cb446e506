//! What the controller counts.

use super::signing_keys::RotationEvent;
use crate::fetch::fault::FetchFault;
use crate::metrics::upstream::{Code, Upstream, UpstreamMetrics};
use crate::metrics::{REMOTE, counters, gauges, histograms, whole_gauge};
use http::StatusCode;
use prometheus::{Error, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Registry};
use std::collections::BTreeMap;
use std::time::Duration;

/// The controller's metrics; the values of every label are from a fixed set.
#[derive(Debug, Clone)]
pub struct ControllerMetrics {
    reconciles: IntCounterVec,
    reconcile_duration: HistogramVec,
    depth: IntGaugeVec,
    clients: IntGaugeVec,
    fetches: IntCounterVec,
    rotations: IntCounterVec,
    leader: IntGauge,
    upstream: UpstreamMetrics,
}

/// The time in which this replica leads.
#[derive(Debug)]
pub(crate) struct Leading<'m>(&'m ControllerMetrics);

/// The loop that looks at clients, as a value of the label `controller`.
const CLIENTS: &str = "oauthclient";

const ROTATIONS: [&str; 7] = [
    "created",
    "rotated",
    "restored",
    "owned",
    "unreadable",
    "conflict",
    "failed",
];

// === impl ControllerMetrics ===

impl ControllerMetrics {
    /// The metrics, registered with `registry`, and those of fetches in `upstream`. Fails if they are there already.
    pub fn new(registry: &Registry, upstream: UpstreamMetrics) -> Result<Self, Error> {
        let metrics = Self {
            reconciles: counters(
                registry,
                "countersign_reconcile_total",
                "Objects looked at by the controller, by result.",
                &["controller", "result"],
            )?,
            reconcile_duration: histograms(
                registry,
                "countersign_reconcile_duration_seconds",
                "How long it took to look at an object and write its status.",
                REMOTE,
                &["controller"],
            )?,
            depth: gauges(
                registry,
                "countersign_workqueue_depth",
                "Objects that are due and wait for their turn, counted up to 1,000.",
                &["controller"],
            )?,
            clients: gauges(
                registry,
                "countersign_oauthclients",
                "Clients that exist, by the status of their condition Ready. Only the leader counts them.",
                &["ready"],
            )?,
            fetches: counters(
                registry,
                "countersign_jwks_fetch_total",
                "Fetches of key sets, by result; whatever is not ok stands in the status of the clients that name it.",
                &["result"],
            )?,
            rotations: counters(
                registry,
                "countersign_signing_key_rotations_total",
                "What was done to the Secret of the signing keys, or why it was not.",
                &["result"],
            )?,
            leader: whole_gauge(
                registry,
                "countersign_leader",
                "Whether this replica of the controller leads (1) or waits (0).",
            )?,
            upstream,
        };
        metrics.show_zeros();
        Ok(metrics)
    }

    /// Whatever a rate may be taken of is there from the start.
    fn show_zeros(&self) {
        for result in ["ok", "error"] {
            self.reconciles.with_label_values(&[CLIENTS, result]).reset();
        }
        self.depth.with_label_values(&[CLIENTS]).set(0);
        for ready in ["True", "False", "Unknown"] {
            self.clients.with_label_values(&[ready]).set(0);
        }
        // A histogram exists as soon as it was asked for.
        drop(self.reconcile_duration.with_label_values(&[CLIENTS]));
        for result in FetchFault::CODES.into_iter().chain(["ok"]) {
            self.fetches.with_label_values(&[result]).reset();
        }
        for result in ROTATIONS {
            self.rotations.with_label_values(&[result]).reset();
        }
    }

    /// Counts one look at a client.
    pub(crate) fn reconciled(&self, result: &'static str, took: Duration) {
        self.reconciles.with_label_values(&[CLIENTS, result]).inc();
        self.reconcile_duration
            .with_label_values(&[CLIENTS])
            .observe(took.as_secs_f64());
    }

    /// Shows how many clients are due and wait.
    pub(crate) fn waiting(&self, clients: usize) {
        let clients = i64::try_from(clients).unwrap_or(i64::MAX);
        self.depth.with_label_values(&[CLIENTS]).set(clients);
    }

    /// Counts one fetch.
    pub(crate) fn fetched<T>(&self, result: &Result<T, FetchFault>, took: Duration) {
        let outcome = result.as_ref().map_or_else(FetchFault::code, |_| "ok");
        self.fetches.with_label_values(&[outcome]).inc();
        if let Some(code) = code(result) {
            self.upstream.observe(Upstream::Jwks, code, took);
        }
    }

    /// Counts what happened to the signing keys.
    pub fn rotated(&self, event: RotationEvent) {
        let result = match event {
            RotationEvent::Created => "created",
            RotationEvent::Rotated => "rotated",
            RotationEvent::Restored => "restored",
            RotationEvent::Owned => "owned",
            RotationEvent::Unreadable(_) => "unreadable",
            RotationEvent::Conflict => "conflict",
            RotationEvent::Failed => "failed",
        };
        self.rotations.with_label_values(&[result]).inc();
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

/// What a fetch came to on the wire; `None` if nothing was sent.
fn code<T>(result: &Result<T, FetchFault>) -> Option<Code> {
    let status = |status: u16| StatusCode::from_u16(status).map_or(Code::None, Code::Status);
    match result {
        Err(FetchFault::Redirect(code) | FetchFault::Status(code)) => Some(status(*code)),
        Ok(_)
        | Err(
            FetchFault::ContentType
            | FetchFault::Encoded
            | FetchFault::TooLarge(_)
            | FetchFault::NotJwks
            | FetchFault::TooManyKeys(_),
        ) => Some(Code::Status(StatusCode::OK)),
        Err(
            FetchFault::Unresolved
            | FetchFault::Unreachable
            | FetchFault::Tls(_)
            | FetchFault::Timeout(_)
            | FetchFault::Broken,
        ) => Some(Code::None),
        Err(
            FetchFault::NotUrl
            | FetchFault::NotHttps
            | FetchFault::UserInfo
            | FetchFault::Port
            | FetchFault::Address
            | FetchFault::NoRoots,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::secret::SecretFault;

    fn values(registry: &Registry) -> Vec<(String, Vec<String>, f64)> {
        let mut values = Vec::new();
        for family in registry.gather() {
            for metric in family.get_metric() {
                let labels = metric.get_label().iter().map(|pair| pair.value().to_owned());
                let samples = u32::try_from(metric.get_histogram().get_sample_count()).unwrap();
                let value =
                    metric.get_counter().get_value() + metric.get_gauge().get_value() + f64::from(samples);
                values.push((family.name().to_owned(), labels.collect(), value));
            }
        }
        values
    }

    #[test]
    fn everything_is_there_from_the_start_and_counted_once() {
        let registry = Registry::new();
        let upstream = UpstreamMetrics::new(&registry, &[Upstream::Jwks]).unwrap();
        let metrics = ControllerMetrics::new(&registry, upstream.clone()).unwrap();
        let before = values(&registry);
        metrics.reconciled("ok", Duration::from_millis(2));
        metrics.waiting(3);
        metrics.fetched::<()>(&Err(FetchFault::Address), Duration::from_millis(2));
        metrics.fetched::<()>(&Err(FetchFault::Status(502)), Duration::from_millis(2));
        metrics.fetched(&Ok(()), Duration::from_millis(2));
        metrics.counted(&BTreeMap::from([("True", 2)]));
        metrics.rotated(RotationEvent::Unreadable(SecretFault::Missing));
        let leading = metrics.lead();
        let counted: Vec<String> = values(&registry)
            .into_iter()
            .filter(|(.., value)| *value > 0.0)
            .map(|(name, labels, value)| format!("{name} {} {value}", labels.join(",")))
            .collect();
        let expected = [
            "countersign_jwks_fetch_total address 1",
            "countersign_jwks_fetch_total ok 1",
            "countersign_jwks_fetch_total status 1",
            "countersign_leader  1",
            "countersign_oauthclients True 2",
            "countersign_reconcile_duration_seconds oauthclient 1",
            "countersign_reconcile_total oauthclient,ok 1",
            "countersign_signing_key_rotations_total unreadable 1",
            "countersign_upstream_request_duration_seconds 2xx,jwks 1",
            "countersign_upstream_request_duration_seconds 5xx,jwks 1",
            "countersign_workqueue_depth oauthclient 3",
        ];
        assert_eq!(counted, expected);
        drop(leading);
        assert_eq!(metrics.leader.get(), 0);
        let series = |values: Vec<(String, Vec<String>, f64)>| -> Vec<_> {
            values
                .into_iter()
                .map(|(name, labels, _)| (name, labels))
                .collect()
        };
        let new = series(values(&registry));
        let old = series(before);
        assert_eq!(new, old, "no series came");
        assert!(ControllerMetrics::new(&registry, upstream).is_err());
    }
}
