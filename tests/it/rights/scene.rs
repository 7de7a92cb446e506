//! An installation with a client of each kind, and what can be asked of it.

use crate::support::release::{Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, Process};
use countersign::api::installation::Installation;
use countersign::api::v1alpha1::OAuthClient;
use countersign::jose::SigningKey;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, OnceCell};

/// An installation under test.
pub(super) struct Scene {
    pub(super) plane: &'static ControlPlane,
    pub(super) release: Release,
    pub(super) server: Server,
    pub(super) controller: AsyncMutex<Option<Process>>,
    pub(super) key: SigningKey,
    /// What the last look found.
    last: Mutex<String>,
    /// A client that trusts the published bundle, once there is one.
    http: OnceCell<reqwest::Client>,
}

/// A segment that no server needs any more.
pub(super) const OLD_SEGMENT: &str = "old";

/// How often is looked.
const STEP: Duration = Duration::from_millis(25);

// === impl Scene ===

impl Scene {
    /// A segment of the replay log that is due; clients `inline`, `mapped`, `secret` with a key each in
    /// another place, `lost` with a key nowhere; and a server, but no controller yet.
    pub(super) async fn set(plane: &'static ControlPlane, release: Release) -> Self {
        let (namespace, key) = (release.namespace().to_owned(), key());
        let referring = |name: &str, kind: &str, object: &str| {
            let identities = json!([{ "keys": { kind: { "name": object, "key": "jwks.json" } } }]);
            client_object(&namespace, name, identities)
        };
        let inline = json!([{ "keys": { "jwks": jwks(&[&key]) } }]);
        for object in [
            client_object(&namespace, "inline", inline),
            carrier("ConfigMap", &namespace, "keys", &key),
            carrier("Secret", &namespace, "keys", &key),
            release.opt_in(),
            referring("mapped", "configMapRef", "keys"),
            referring("secret", "secretRef", "keys"),
            referring("lost", "configMapRef", "lost"),
            deployment(&release.installation),
        ] {
            plane.apply(&object).await;
        }
        plane
            .put_old_segment(&release.installation.namespace, OLD_SEGMENT)
            .await;
        let server = release.start_server_of_secret(plane).await;
        Self {
            plane,
            release,
            server,
            controller: AsyncMutex::new(None),
            key,
            last: Mutex::new(String::new()),
            http: OnceCell::new(),
        }
    }

    /// Starts a controller, who is told of its owners and that servers are on this machine.
    pub(super) async fn start_controller(&self) -> Process {
        let role = self.release.installation.shared_name("controller");
        let owners = [
            "--owner-deployment",
            "countersign-controller",
            "--owner-role",
            &role,
        ];
        let flags = ["--fetch-allow", "127.0.0.1/32", "--dns-name", "127.0.0.1"];
        self.release
            .controller_with(self.plane, &[flags, owners].concat())
            .await
    }

    /// A client that trusts the published bundle.
    pub(super) async fn http(&self) -> Result<&reqwest::Client, String> {
        let maps: Api<ConfigMap> = Api::namespaced(self.plane.admin(), self.release.namespace());
        let make = async || {
            let map = maps
                .get("countersign-ca")
                .await
                .map_err(|error| error.to_string())?;
            let bundle = map
                .data
                .and_then(|mut data| data.remove("ca.crt"))
                .ok_or("no bundle")?;
            let roots = reqwest::Certificate::from_pem_bundle(bundle.as_bytes())
                .map_err(|error| error.to_string())?;
            reqwest::Client::builder()
                .tls_certs_only(roots)
                .build()
                .map_err(|error| error.to_string())
        };
        self.http.get_or_try_init(make).await
    }

    /// Looks until `probe` finds something.
    pub(super) async fn until<T, E: Debug>(&self, mut probe: impl AsyncFnMut() -> Result<T, E>) -> T {
        loop {
            match probe().await {
                Ok(found) => return found,
                Err(why) => *self.last.lock().unwrap() = format!("{why:?}"),
            }
            tokio::time::sleep(STEP).await;
        }
    }

    /// What the last look found.
    pub(super) fn last(&self) -> String {
        self.last.lock().unwrap().clone()
    }

    /// The clients, as the administrator sees them.
    pub(super) fn clients(&self) -> Api<OAuthClient> {
        Api::namespaced(self.plane.admin(), self.release.namespace())
    }

    /// Objects of the release namespace.
    pub(super) fn home<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.plane.admin(), &self.release.installation.namespace)
    }

    /// Whether the server gives `client` a token for an assertion by `key`.
    pub(super) async fn token(&self, client: &str, key: &SigningKey) -> Result<(), Value> {
        let client = format!("{}/{client}", self.release.namespace());
        let assertion = assertion(key, &client, &self.server.issuer);
        let form = [
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion.as_str()),
        ];
        let answer = self.server.token_over(self.http().await?, &form).await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer.body)
        }
    }

    /// What a client's condition of this type says, if it was written.
    pub(super) async fn condition(&self, client: &str, aspect: &str) -> Result<String, String> {
        let object = self
            .clients()
            .get(client)
            .await
            .map_err(|error| error.to_string())?;
        let conditions = object.status.unwrap_or_default().conditions;
        let found = conditions.into_iter().find(|condition| condition.type_ == aspect);
        found
            .map(|condition| condition.status)
            .ok_or_else(|| "not written".to_owned())
    }

    /// The thumbprints that stand in a client's status.
    pub(super) async fn published(&self, client: &str) -> Vec<String> {
        let object = self.clients().get(client).await.unwrap();
        let keys = object.status.unwrap_or_default().keys;
        keys.into_iter().map(|key| key.thumbprint).collect()
    }
}

/// An object that carries a public key.
pub(super) fn carrier(kind: &str, namespace: &str, name: &str, key: &SigningKey) -> Value {
    let field = if kind == "Secret" { "stringData" } else { "data" };
    json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": { "namespace": namespace, "name": name, "labels": { "countersign.dev/keys": "true" } },
        field: { "jwks.json": jwks(&[key]).to_string() },
    })
}

/// The Deployment of the controller, which nobody runs.
pub(super) fn deployment(installation: &Installation) -> Value {
    let labels = json!({"app": "controller"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": installation.namespace, "name": "countersign-controller"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "controller", "image": "registry.example/countersign:1"}]},
        }},
    })
}

/// Events as the API has them.
pub(super) fn events(scene: &Scene) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("events.k8s.io", "v1", "Event"));
    Api::namespaced_with(scene.plane.admin(), scene.release.namespace(), &kind)
}
