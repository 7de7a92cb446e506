//! What the collection counts.

use crate::metrics::{counter, whole_gauge};
use prometheus::{Error, IntCounter, IntGauge, Registry};

/// The metrics of the collection of the replay log.
#[derive(Debug, Clone)]
pub struct CollectionMetrics {
    pub(super) collected: IntCounter,
    pub(super) failures: IntCounter,
    pub(super) left: IntGauge,
}

// === impl CollectionMetrics ===

impl CollectionMetrics {
    /// The metrics, registered with `registry`. Fails if they are there already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            collected: counter(
                registry,
                "countersign_replay_segments_collected_total",
                "Segments of the replay log that were deleted because nothing in them is honoured any more.",
            )?,
            failures: counter(
                registry,
                "countersign_replay_collection_failures_total",
                "Requests of the collection of the replay log that failed, or whose answer had no usable date.",
            )?,
            left: whole_gauge(
                registry,
                "countersign_replay_collection_segments",
                "Segments of the replay log that were there after it was last looked through, but for anchors.",
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_are_shown_once() {
        let registry = Registry::new();
        let metrics = CollectionMetrics::new(&registry).unwrap();
        metrics.left.set(3);
        let families = registry.gather();
        let names: Vec<&str> = families
            .iter()
            .map(prometheus::proto::MetricFamily::name)
            .collect();
        assert_eq!(
            names,
            [
                "countersign_replay_collection_failures_total",
                "countersign_replay_collection_segments",
                "countersign_replay_segments_collected_total",
            ]
        );
        assert!(CollectionMetrics::new(&registry).is_err());
    }
}
