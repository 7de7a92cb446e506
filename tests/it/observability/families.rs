//! What the processes show, from the registries that they make.

use countersign::cluster::replay_log::LogMetrics;
use countersign::controller::certificates::metrics::CertificateMetrics;
use countersign::controller::metrics::ControllerMetrics;
use countersign::controller::replay_log::CollectionMetrics;
use countersign::core::issuer::Issuer;
use countersign::dev::serve::assemble;
use countersign::jose::Algorithm;
use countersign::metrics::process::{self, Component};
use countersign::metrics::upstream::{Upstream, UpstreamMetrics};
use countersign::readiness::Readiness;
use countersign::server::audit::AuditLog;
use countersign::server::limits::Limits;
use countersign::server::metrics::state::register_index;
use countersign::server::serve::routes;
use countersign::server::tls::ServingTls;
use jiff::Timestamp;
use prometheus::Registry;
use prometheus::proto::{MetricFamily, MetricType};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One family of metrics.
#[derive(Debug, Clone, Default)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
    /// The labels and the values that they have from the start; the bounds of a histogram as `le`.
    pub(super) labels: BTreeMap<String, BTreeSet<String>>,
}

/// The registry of a server that signs ES256 and RS256, as `countersign server` fills it.
pub(super) fn server() -> Registry {
    let registry = Registry::new();
    process::register(&registry, Component::Server, &Readiness::new()).unwrap();
    UpstreamMetrics::new(&registry, &[Upstream::Kubernetes]).unwrap();
    let (embedded, broker) = assemble(Issuer::parse("https://tokens.example").unwrap()).unwrap();
    register_index(&registry, &embedded.index).unwrap();
    LogMetrics::new(&registry).unwrap();
    let certificate = rcgen::generate_simple_self_signed(["tokens.example".to_owned()]).unwrap();
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let tls = ServingTls::new(&registry).unwrap();
    tls.take_over(chain.as_bytes(), key.as_bytes()).unwrap();
    let audit = AuditLog::to(std::io::sink(), false, &registry).unwrap();
    let signing = [Algorithm::Es256, Algorithm::Rs256];
    drop(routes(Arc::new(broker), &signing, Limits::default(), &registry, audit).unwrap());
    registry
}

/// The registry of a controller, as `countersign controller` fills it.
pub(super) fn controller() -> Registry {
    let registry = Registry::new();
    process::register(&registry, Component::Controller, &Readiness::new()).unwrap();
    let upstream = UpstreamMetrics::new(&registry, &[Upstream::Kubernetes, Upstream::Jwks]).unwrap();
    ControllerMetrics::new(&registry, upstream).unwrap();
    CollectionMetrics::new(&registry).unwrap();
    CertificateMetrics::new(&registry)
        .unwrap()
        .ends(Timestamp::UNIX_EPOCH);
    registry
}

/// Every family by its name, of both processes.
pub(super) fn all() -> BTreeMap<String, Family> {
    let mut all = of(&server());
    for (name, theirs) in of(&controller()) {
        let family = all.entry(name).or_insert_with(|| theirs.clone());
        assert_eq!((&family.kind, &family.help), (&theirs.kind, &theirs.help));
        for (label, values) in theirs.labels {
            family.labels.entry(label).or_default().extend(values);
        }
    }
    all
}

/// Every family of a registry by its name.
pub(super) fn of(registry: &Registry) -> BTreeMap<String, Family> {
    let families = registry.gather();
    let families = families.iter().map(|shown| {
        let mut family = Family {
            kind: kind(shown).to_owned(),
            help: shown.help().to_owned(),
            ..Family::default()
        };
        for (label, value) in labels(shown) {
            family.labels.entry(label).or_default().insert(value);
        }
        (shown.name().to_owned(), family)
    });
    families.collect()
}

fn kind(family: &MetricFamily) -> &'static str {
    match family.get_field_type() {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        MetricType::SUMMARY | MetricType::UNTYPED => "other",
    }
}

fn labels(family: &MetricFamily) -> Vec<(String, String)> {
    let metrics = family.get_metric().iter();
    metrics
        .flat_map(|metric| {
            let pairs = metric.get_label().iter();
            let pairs = pairs.map(|pair| (pair.name().to_owned(), pair.value().to_owned()));
            let buckets = metric.get_histogram().get_bucket().iter();
            let bounds = buckets.map(|bucket| ("le".to_owned(), bucket.upper_bound().to_string()));
            pairs.chain(bounds).collect::<Vec<_>>()
        })
        .collect()
}

/// A name says its unit and nothing else, and no label has the name of one that scraping adds.
#[test]
fn names_and_labels_keep_to_the_rules() {
    for (name, family) in all() {
        if name.starts_with("process_") {
            continue;
        }
        assert!(name.starts_with("countersign_"), "{name}");
        assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
        assert!(family.help.ends_with('.'), "{name}: {}", family.help);
        for label in ["namespace", "pod", "job", "instance"] {
            assert!(!family.labels.contains_key(label), "{name}: {label}");
        }
    }
}
