//! Gauges that are read when somebody asks, so that they are never older than the answer.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Error, GaugeVec, Opts, Registry};

/// A gauge whose series are made anew for each scrape: what is gone has none.
pub(crate) struct AtScrape {
    options: Opts,
    labels: &'static [&'static str],
    described: GaugeVec,
    read: Box<dyn Fn(&GaugeVec) + Send + Sync>,
}

// === impl AtScrape ===

impl AtScrape {
    /// Registers a gauge with these labels; `read` sets what is there now. Fails if the name is taken.
    pub(crate) fn register(
        registry: &Registry,
        (name, help): (&str, &str),
        labels: &'static [&'static str],
        read: impl Fn(&GaugeVec) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let options = Opts::new(name, help);
        registry.register(Box::new(Self {
            described: GaugeVec::new(options.clone(), labels)?,
            options,
            labels,
            read: Box::new(read),
        }))
    }

    /// The same for a gauge without labels.
    pub(crate) fn register_one(
        registry: &Registry,
        described: (&str, &str),
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<(), Error> {
        Self::register(registry, described, &[], move |gauge| {
            let none: [&str; 0] = [];
            gauge.with_label_values(&none).set(read());
        })
    }
}

impl Collector for AtScrape {
    fn desc(&self) -> Vec<&Desc> {
        self.described.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // It was made of the same before, and that did not fail.
        let Ok(gauges) = GaugeVec::new(self.options.clone(), self.labels) else {
            return Vec::new();
        };
        (self.read)(&gauges);
        gauges.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn what_is_gone_is_no_longer_shown() {
        let registry = Registry::new();
        let there = Arc::new(Mutex::new(vec!["a", "b"]));
        let seen = Arc::clone(&there);
        AtScrape::register(&registry, ("keys", "Keys."), &["kid"], move |gauges| {
            for kid in seen.lock().unwrap().iter() {
                gauges.with_label_values(&[kid]).set(1.0);
            }
        })
        .unwrap();
        let shown = || {
            let families = registry.gather();
            families
                .iter()
                .map(|family| family.get_metric().len())
                .sum::<usize>()
        };
        assert_eq!(shown(), 2);
        *there.lock().unwrap() = vec!["b"];
        assert_eq!(shown(), 1);
        there.lock().unwrap().clear();
        assert_eq!(shown(), 0);
        assert!(AtScrape::register_one(&registry, ("keys", "Keys."), || 0.0).is_err());
    }
}
