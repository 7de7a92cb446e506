//! An installation of its own for each test: a release namespace, a namespace with clients, and a
//! controller under the account that the shipped manifests make.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign::api::installation::Installation;
use countersign::api::manifests;
use countersign::api::v1alpha1::{ConditionType, OAuthClient};
use countersign::clock::SystemClock;
use countersign::controller::certificates::Bundle;
use countersign::controller::metrics::ControllerMetrics;
use countersign::controller::owners::{OwnerNames, Owners};
use countersign::controller::sources::schedule::Pace;
use countersign::controller::{ControllerOptions, run};
use countersign::fetch::FetchOptions;
use countersign::fetch::addresses::AddressPolicy;
use countersign::jose::{Algorithm, SigningKey};
use countersign::metrics::upstream::{Upstream, UpstreamMetrics};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DynamicObject, ListParams};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::support::{ControlPlane, Options, eventually};

/// How long anything may take; on an idle machine it is far less.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// An installation, and the namespace that it watches.
pub(crate) struct World {
    pub(crate) plane: &'static ControlPlane,
    pub(crate) installation: Installation,
    pub(crate) namespace: String,
    pub(crate) registry: prometheus::Registry,
    /// Certificates that fetches trust.
    pub(crate) ca: Option<String>,
    /// The bundle to publish; none.
    bundle: watch::Sender<Bundle>,
}

/// A running controller. It ends with this value, like a process that is killed.
pub(crate) struct Running {
    pub(crate) synced: Arc<AtomicBool>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

// === impl Running ===

impl Running {
    /// Ends it as a leader ends, and waits for that.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

// === impl World ===

impl World {
    /// An installation that watches one namespace only, beside those of the other tests.
    pub(crate) async fn new(prefix: &str) -> Self {
        Self::on(ControlPlane::shared(), prefix, true).await
    }

    /// An installation for the whole cluster, which is this test's own. It ends with the process.
    pub(crate) async fn cluster_wide(prefix: &str) -> Self {
        let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
        Self::on(plane, prefix, false).await
    }

    async fn on(plane: &'static ControlPlane, prefix: &str, one_namespace: bool) -> Self {
        plane.install_kinds().await;
        let namespace = plane.namespace(prefix).await.to_string();
        let installation = Installation {
            namespace: plane.namespace("release").await.to_string(),
            watch_namespaces: one_namespace.then(|| namespace.clone()).into_iter().collect(),
            ..Installation::default()
        };
        let rights = manifests::rbac_yaml(&installation).unwrap();
        plane.apply_yaml(&rights).await.unwrap();
        Self {
            plane,
            installation,
            namespace,
            registry: prometheus::Registry::new(),
            ca: None,
            bundle: watch::Sender::new(None),
        }
    }

    /// Starts a controller, in place of one that was stopped.
    pub(crate) async fn start(&mut self) -> Running {
        self.registry = prometheus::Registry::new();
        let client = self
            .plane
            .client_as(&self.installation.namespace, "countersign-controller")
            .await;
        let options = ControllerOptions {
            installation: self.installation.clone(),
            fetch: FetchOptions {
                addresses: AddressPolicy {
                    allowed: vec!["127.0.0.1/32".parse().unwrap()],
                    refused: Vec::new(),
                },
                extra_roots: self.ca.clone().map(String::into_bytes),
                ..FetchOptions::default()
            },
            pace: Pace {
                refresh: Duration::from_millis(300),
                cooldown: Duration::from_millis(100),
                at_once: 4,
            },
            at_once: 4,
            instance: "test".to_owned(),
            bundle: self.bundle.subscribe(),
            owners: Arc::new(Owners::new(
                client.clone(),
                self.installation.clone(),
                OwnerNames::default(),
            )),
            metrics: ControllerMetrics::new(
                &self.registry,
                UpstreamMetrics::new(&self.registry, &[Upstream::Jwks]).unwrap(),
            )
            .unwrap(),
        };
        let stop = CancellationToken::new();
        let synced = Arc::new(AtomicBool::new(false));
        let (shutdown, done) = (stop.clone(), Arc::clone(&synced));
        let task = TaskTracker::new().spawn(async move {
            let synced = move || done.store(true, Ordering::SeqCst);
            run(client, options, Arc::new(SystemClock), shutdown, synced)
                .await
                .unwrap();
        });
        Running {
            synced,
            stop,
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Applies one object of the namespace under test.
    pub(crate) async fn apply(&self, mut object: Value) -> DynamicObject {
        object["metadata"]["namespace"] = self.namespace.clone().into();
        let mut stored = self.plane.apply_yaml(&object.to_string()).await.unwrap();
        stored.remove(0)
    }

    /// Applies a client with these identities.
    pub(crate) async fn client(&self, name: &str, identities: &[Value]) {
        self.apply(json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "OAuthClient",
            "metadata": {"name": name},
            "spec": {"identities": identities},
        }))
        .await;
    }

    /// Applies a ConfigMap, with the label.
    pub(crate) async fn config_map(&self, name: &str, data: &Value) {
        self.apply(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": {"countersign.dev/keys": "true"}},
            "data": data,
        }))
        .await;
    }

    /// Applies a Secret, with the label.
    pub(crate) async fn secret(&self, name: &str, data: &Value) {
        self.apply(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": {"countersign.dev/keys": "true"}},
            "stringData": data,
        }))
        .await;
    }

    pub(crate) fn clients(&self) -> Api<OAuthClient> {
        Api::namespaced(self.plane.admin(), &self.namespace)
    }

    /// Waits until the client's status is as `expected` says: `KeysSynced` as `status reason`, and each
    /// key as `source kid`. Returns the client.
    pub(crate) async fn expect(&self, name: &str, synced: &str, keys: &[String]) -> OAuthClient {
        let clients = self.clients();
        eventually(SOON, &format!("{name} to be {synced}"), async || {
            let client = clients.get(name).await.map_err(|error| error.to_string())?;
            let found = (
                condition(&client, ConditionType::KeysSynced).0,
                published(&client),
            );
            if found == (synced.to_owned(), keys.to_vec()) {
                Ok(client)
            } else {
                Err(format!(
                    "{found:?}, {:?}",
                    client.status.map(|status| status.conditions)
                ))
            }
        })
        .await
    }

    /// The reasons of the client's Events, in alphabetical order, each with its type.
    pub(crate) async fn events(&self, name: &str) -> Vec<String> {
        let api: Api<Event> = Api::namespaced(self.plane.admin(), &self.namespace);
        let all = api.list(&ListParams::default()).await.unwrap();
        let mut found: Vec<String> = all
            .into_iter()
            .filter(|event| event.regarding.as_ref().and_then(|of| of.name.as_deref()) == Some(name))
            .map(|event| {
                format!(
                    "{} {}",
                    event.type_.unwrap_or_default(),
                    event.reason.unwrap_or_default()
                )
            })
            .collect();
        found.sort();
        found
    }
}

/// A condition, as `status reason`, and its message.
pub(crate) fn condition(client: &OAuthClient, aspect: ConditionType) -> (String, String) {
    let conditions = client.status.iter().flat_map(|status| &status.conditions);
    let mut found = conditions.filter(|condition| condition.type_ == aspect.as_str());
    found.next().map_or_else(Default::default, |found| {
        (
            format!("{} {}", found.status, found.reason),
            found.message.clone(),
        )
    })
}

/// The published keys, each as `source kid`, with ` until` if they end.
pub(crate) fn published(client: &OAuthClient) -> Vec<String> {
    let keys = client.status.iter().flat_map(|status| &status.keys);
    keys.map(|key| {
        let end = if key.not_after.is_some() { " until" } else { "" };
        format!("{} {}{end}", key.source, key.kid.clone().unwrap_or_default())
    })
    .collect()
}

/// A new public key with this `kid`.
pub(crate) fn jwk(kid: &str) -> Value {
    let mut jwk = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk();
    jwk.insert("kid".to_owned(), kid.into());
    Value::Object(jwk)
}

/// A set of new keys with these `kid`s, as text.
pub(crate) fn jwks(kids: &[&str]) -> String {
    let keys: Vec<Value> = kids.iter().map(|kid| jwk(kid)).collect();
    json!({"keys": keys}).to_string()
}

pub(crate) fn config_map_ref(name: &str, key: &str) -> Value {
    json!({"keys": {"configMapRef": {"name": name, "key": key}}})
}

pub(crate) fn secret_ref(name: &str, key: &str) -> Value {
    json!({"keys": {"secretRef": {"name": name, "key": key}}})
}
