//! A token endpoint in this process, with an audit log of the test's choice.

use crate::support::endpoint::{FORM, ISSUER};
use crate::support::workloads::{assertion, client_object, jwks, key};
use axum::Router;
use axum::body::Body;
use countersign::core::issuer::Issuer;
use countersign::dev::{folder, serve};
use countersign::jose::SigningKey;
use countersign::server::audit::AuditLog;
use countersign::server::broker::Broker;
use countersign::server::limits::Limits;
use countersign::server::serve::routes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use prometheus::Registry;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// The one client.
pub(super) const CLIENT: &str = "payments/billing";
/// How long lines may take.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// The endpoint, with one client.
pub(super) struct Service {
    pub(super) audit: AuditLog,
    key: SigningKey,
    router: Router,
    registry: Registry,
}

// === impl Service ===

impl Service {
    pub(super) fn new(open: impl FnOnce(&Registry) -> AuditLog) -> Self {
        Self::with(open, |_| ())
    }

    /// One with something changed inside.
    pub(super) fn with(open: impl FnOnce(&Registry) -> AuditLog, change: impl FnOnce(&mut Broker)) -> Self {
        let (embedded, mut broker) = serve::assemble(Issuer::parse(ISSUER).unwrap()).unwrap();
        change(&mut broker);
        let key = key();
        let identities = json!([{ "keys": { "jwks": jwks(&[&key]) } }]);
        let object = client_object("payments", "billing", identities);
        let files = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::write(files.path().join("billing.json"), object.to_string()).unwrap();
        let found = folder::fingerprint(files.path()).unwrap();
        assert!(serve::take_over(&embedded, &found).problems.is_empty());

        let (registry, signing) = (Registry::new(), embedded.index.signing_algorithms());
        let audit = open(&registry);
        let router = routes(
            Arc::new(broker),
            &signing,
            Limits::default(),
            &registry,
            audit.clone(),
        );
        Self {
            audit,
            key,
            router: router.unwrap(),
            registry,
        }
    }

    /// The form of a token request that is granted, once.
    pub(super) fn form(&self) -> String {
        let assertion = assertion(&self.key, CLIENT, ISSUER);
        format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}")
    }

    /// Posts a form: the status and the body.
    pub(super) fn post(&self, form: String) -> impl Future<Output = (u16, Value)> + use<> {
        let request = Request::post("/token").header(CONTENT_TYPE, FORM);
        let call = self
            .router
            .clone()
            .oneshot(request.body(Body::from(form)).unwrap());
        async {
            let (parts, body) = call.await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            (parts.status.as_u16(), serde_json::from_slice(&body).unwrap())
        }
    }

    /// What the counter of failures shows.
    pub(super) fn failures(&self) -> f64 {
        let families = self.registry.gather();
        let name = "countersign_audit_write_failures_total";
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.get_metric()[0].get_counter().get_value()
    }
}

/// The lines of `text`.
pub(super) fn lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The same of a file that is being written.
pub(super) fn whole_lines(text: &str) -> Vec<Value> {
    let end = text.rfind('\n').map_or(0, |end| end + 1);
    lines(text.split_at(end).0)
}
