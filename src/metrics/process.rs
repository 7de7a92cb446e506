//! What every process tells about itself.

use crate::metrics::{AtScrape, gauges};
use crate::readiness::Readiness;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Error, Registry};

/// Which part of the product a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// It issues tokens.
    Server,
    /// It looks after clients and keys.
    Controller,
}

/// The commit that was built, if the build was told.
const COMMIT: &str = match option_env!("COUNTERSIGN_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
/// The compiler that built it, if the build was told.
const RUSTC: &str = match option_env!("COUNTERSIGN_RUSTC") {
    Some(version) => version,
    None => "unknown",
};

// === impl Component ===

impl Component {
    /// The value of the label `component`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Controller => "controller",
        }
    }
}

/// Registers `countersign_build_info`, `countersign_ready` and `process_*`. Fails if they are there already.
pub fn register(registry: &Registry, component: Component, readiness: &Readiness) -> Result<(), Error> {
    let build = gauges(
        registry,
        "countersign_build_info",
        "What runs: the version, and the commit and compiler that it was built from. Always 1.",
        &["version", "commit", "rustc"],
    )?;
    build
        .with_label_values(&[env!("CARGO_PKG_VERSION"), COMMIT, RUSTC])
        .set(1);
    let readiness = readiness.clone();
    AtScrape::register(
        registry,
        (
            "countersign_ready",
            "Whether this process has what it needs to work (1) or waits for something (0), as /readyz says.",
        ),
        &["component"],
        move |gauges| {
            let ready = if readiness.is_ready() { 1.0 } else { 0.0 };
            gauges.with_label_values(&[component.as_str()]).set(ready);
        },
    )?;
    registry.register(Box::new(ProcessCollector::for_self()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_shown_as_it_is() {
        let (registry, readiness) = (Registry::new(), Readiness::new());
        register(&registry, Component::Server, &readiness).unwrap();
        let shown = || {
            let families = registry.gather();
            let family = families
                .iter()
                .find(|family| family.name() == "countersign_ready");
            family.unwrap().get_metric()[0].get_gauge().get_value()
        };
        assert!((shown() - 1.0).abs() < f64::EPSILON);
        let waiting = readiness.block("something");
        assert!(shown().abs() < f64::EPSILON);
        drop(waiting);
        assert!((shown() - 1.0).abs() < f64::EPSILON);
    }
}
