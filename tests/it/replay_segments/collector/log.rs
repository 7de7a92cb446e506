//! A log on an API server without the policy, so that segments can have any expiry.

use crate::replay_segments::place::{ENTRY, PATIENCE, call, in_seconds, path, segment};
use crate::support::accounts::service_account;
use crate::support::{ControlPlane, eventually};
use countersign::api::installation::{Account, Installation};
use countersign::api::manifests;
use countersign::controller::replay_log::{CollectionMetrics, Collector};
use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use prometheus::Registry;
use serde_json::Value;
use std::collections::BTreeSet;
use tower::service_fn;

/// A log, and somebody with the controller's rights.
pub(super) struct Log {
    pub(super) plane: &'static ControlPlane,
    pub(super) namespace: String,
    pub(super) controller: Client,
    metrics: Registry,
}

/// What is done with a request to the API server.
pub(super) type Answer = Result<Response<Body>, kube::Error>;

// === impl Log ===

impl Log {
    pub(super) async fn new(prefix: &str) -> Self {
        let plane = ControlPlane::shared();
        plane.install_kinds().await;
        let namespace = plane.namespace(prefix).await.to_string();
        let installation = Installation {
            namespace: namespace.clone(),
            watch_namespaces: vec![namespace.clone()],
            ..Installation::default()
        };
        let rights = manifests::rbac_yaml(&installation).unwrap();
        plane.apply_yaml(&rights).await.unwrap();
        let controller = plane
            .client_as(&namespace, &service_account(Account::Controller))
            .await;
        eventually(PATIENCE, "the controller's rights", async || {
            call(&controller, Method::GET, &path(&namespace, ""), None).await
        })
        .await;
        Self {
            plane,
            namespace,
            controller,
            metrics: Registry::new(),
        }
    }

    /// Makes an object that expires so many seconds from now.
    pub(super) async fn put(&self, name: &str, seconds: i64) {
        self.put_until(name, &in_seconds(seconds)).await;
    }

    pub(super) async fn put_until(&self, name: &str, expires: &str) {
        let keys = if name.starts_with("anchor-") { "" } else { ENTRY };
        let object = segment(&self.namespace, name, keys, expires);
        let path = path(&self.namespace, "");
        call(&self.plane.admin(), Method::POST, &path, Some(&object))
            .await
            .unwrap();
    }

    pub(super) async fn names(&self) -> BTreeSet<String> {
        let list = call(&self.plane.admin(), Method::GET, &path(&self.namespace, ""), None).await;
        let items = list.unwrap()["items"].as_array().unwrap().clone();
        let name = |item: Value| item["metadata"]["name"].as_str().unwrap().to_owned();
        items.into_iter().map(name).collect()
    }

    pub(super) fn collector(&self) -> Collector {
        self.collector_with(self.controller.clone())
    }

    /// A collector, and no other before it: their metrics would be the same.
    pub(super) fn collector_with(&self, client: Client) -> Collector {
        let metrics = CollectionMetrics::new(&self.metrics).unwrap();
        Collector::new(client, &self.namespace, metrics)
    }

    /// A collector for whom `handle` stands before the API server.
    pub(super) fn collector_behind<F>(
        &self,
        handle: impl Fn(Client, Request<Body>) -> F + Send + 'static,
    ) -> Collector
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let inner = self.controller.clone();
        let service = service_fn(move |request| handle(inner.clone(), request));
        self.collector_with(Client::new(service, "default"))
    }

    /// What a counter or gauge shows.
    pub(super) fn metric(&self, name: &str) -> String {
        let families = self.metrics.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let metric = &family.get_metric()[0];
        (metric.get_counter().get_value() + metric.get_gauge().get_value()).to_string()
    }
}

/// These names.
pub(super) fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}
