//! Objects that certificates are made into, and clients that trust them.

use crate::support::{ControlPlane, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::Api;
use std::time::Duration;

/// How long anything may take; on an idle machine it is far less.
pub(super) const SOON: Duration = Duration::from_secs(30);

/// The Secret of the authority, that of the serving certificate, and the ConfigMap.
pub(super) const CA: &str = "countersign-ca";
pub(super) const TLS: &str = "countersign-tls";

/// What names that every test may use for servers on this machine are called.
pub(super) const NAMES: [&str; 4] = ["--dns-name", "127.0.0.1", "--dns-name", "tokens.test"];

pub(super) fn maps(plane: &ControlPlane, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(plane.admin(), namespace)
}

pub(super) fn secrets(plane: &ControlPlane, namespace: &str) -> Api<Secret> {
    Api::namespaced(plane.admin(), namespace)
}

/// The bundle in a namespace, if it stands there.
pub(super) async fn bundle(plane: &ControlPlane, namespace: &str) -> Option<String> {
    let map = maps(plane, namespace).get_opt(CA).await.unwrap()?;
    map.data?.remove("ca.crt")
}

/// The bundle in a namespace, once it stands there.
pub(super) async fn published(plane: &ControlPlane, namespace: &str) -> String {
    eventually(SOON, &format!("the bundle in {namespace}"), async || {
        bundle(plane, namespace).await
    })
    .await
}

/// An entry of a Secret, as text.
pub(super) fn entry(secret: &Secret, name: &str) -> String {
    let data = secret.data.as_ref().and_then(|data| data.get(name));
    let bytes = data.unwrap_or_else(|| panic!("{name} is missing: {:?}", secret.metadata));
    String::from_utf8(bytes.0.clone()).unwrap()
}

/// A client that trusts these authorities and no other.
pub(super) fn trusting(bundle: &str) -> reqwest::Client {
    let certificates = reqwest::Certificate::from_pem_bundle(bundle.as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only(certificates)
        .build()
        .unwrap()
}

/// What a process tells at its health port.
pub(super) async fn metrics(health: &str) -> String {
    let answer = reqwest::get(format!("{health}/metrics")).await.unwrap();
    answer.text().await.unwrap()
}
