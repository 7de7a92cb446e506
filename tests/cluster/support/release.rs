//! The product, installed from its chart.

use super::command::{helm, kubectl_json, try_helm, try_kubectl};
use super::{SOON, Space, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The name of every release here. Definitions are kept when it is uninstalled, and belong to this one.
pub(crate) const NAME: &str = "countersign";
/// Where it is installed.
pub(crate) const HOME: &str = "countersign-system";
/// Its issuer with default values.
pub(crate) const ISSUER: &str = "https://countersign-server.countersign-system.svc";
/// The chart.
pub(crate) const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/countersign");
/// What a pod trusts the server by: a source of a projected volume, which puts it in `ca.crt`.
pub(crate) fn trust() -> Value {
    json!({ "configMap": { "name": "countersign-ca", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } })
}

/// An installation in a namespace that enforces the restricted Pod Security standard. It goes with the value.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) space: Space,
    /// How long it took until every pod was ready.
    pub(crate) took: Duration,
}

// === impl Release ===

impl Release {
    /// Installs the chart with these options of helm's, and waits until every pod is ready.
    pub(crate) async fn install(options: &[&str]) -> Self {
        // An earlier run may have been interrupted.
        uninstall();
        let space = Space::new(HOME).await;
        let began = Instant::now();
        helm(&[&["install", NAME, CHART, "--namespace", HOME][..], options].concat());
        let mut release = Self {
            space,
            took: Duration::ZERO,
        };
        release.ready().await;
        release.took = began.elapsed();
        release
    }

    /// Changes values of the release, and waits until every pod is one that has them.
    pub(crate) async fn upgrade(&self, options: &[&str]) {
        let fixed = ["upgrade", NAME, CHART, "--namespace", HOME, "--reuse-values"];
        helm(&[&fixed[..], options].concat());
        self.rolled_out();
        self.ready().await;
    }

    /// Waits until both Deployments are what they are to be.
    pub(crate) fn rolled_out(&self) {
        for component in ["server", "controller"] {
            self.space.wait_rollout(&format!("countersign-{component}"));
        }
    }

    /// The pods of a component.
    pub(crate) fn pods(&self, component: &str) -> Vec<Value> {
        self.space
            .list("pods", &format!("app.kubernetes.io/component={component}"))
    }

    /// Waits until every pod is ready, and there are some.
    async fn ready(&self) {
        eventually(SOON, "every pod ready", async || {
            let pods = self.space.list("pods", "app.kubernetes.io/name=countersign");
            let waiting: Vec<&Value> = pods.iter().filter(|pod| !is_ready(pod)).collect();
            match (pods.is_empty(), waiting.is_empty()) {
                (false, true) => Ok(()),
                _ => Err(json!(waiting).to_string()),
            }
        })
        .await;
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        uninstall();
    }
}

/// Uninstalls what is there; that nothing is there is no failure.
fn uninstall() {
    let args = [
        "uninstall",
        NAME,
        "--namespace",
        HOME,
        "--ignore-not-found",
        "--wait",
    ];
    if let Err(error) = try_helm(&args) {
        // A test that fails already is not to fail for this.
        assert!(std::thread::panicking(), "{error}");
    }
}

/// Whether a pod is ready, and not on its way out.
fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.is_some_and(|conditions| {
        conditions
            .iter()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
    })
}

/// Every object of the cluster, `resource.group/namespace/name`, but for those that come and go by themselves.
pub(crate) fn everything() -> Vec<String> {
    let kinds = super::command::kubectl(&["api-resources", "--verbs=list,delete", "--output=name"]);
    let mut found = Vec::new();
    for kind in kinds.lines() {
        let passing = [
            "events",
            "events.events.k8s.io",
            "pods",
            "endpointslices.discovery.k8s.io",
            "endpoints",
        ];
        if passing.contains(&kind) {
            continue;
        }
        // A kind may go while they are listed.
        if try_kubectl(&["get", kind, "--all-namespaces", "--output=name"]).is_err() {
            continue;
        }
        let list = kubectl_json(&["get", kind, "--all-namespaces"]);
        for object in list["items"].as_array().into_iter().flatten() {
            let of = |member: &str| object["metadata"][member].as_str().unwrap_or("-").to_owned();
            found.push(format!("{kind} {}/{}", of("namespace"), of("name")));
        }
    }
    found.sort();
    found
}
