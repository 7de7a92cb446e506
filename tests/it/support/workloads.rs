//! Clients as their owners see them: keys, objects and assertions.

use super::{ControlPlane, release::LEDGER};
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::{Algorithm, SigningKey};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A key set with the public halves of `keys`.
pub(crate) fn jwks(keys: &[&SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() })
}

/// A new key; of a kind that is quick to make.
pub(crate) fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

/// An OAuthClient with these identities and both grants for [`LEDGER`].
pub(crate) fn client_object(namespace: &str, name: &str, identities: Value) -> Value {
    let mut object = json!({
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "OAuthClient",
        "metadata": { "namespace": namespace, "name": name },
        "spec": {
            "grants": { "clientCredentials": {}, "jwtBearer": {} },
            "resources": [{ "identifier": LEDGER, "scopes": ["read", "write"] }],
        },
    });
    object["spec"]["identities"] = identities;
    object
}

/// A good assertion of `client` to `audience`, never made before.
pub(crate) fn assertion(key: &SigningKey, client: &str, audience: &str) -> String {
    assertion_with(key, client, audience, &json!({}))
}

/// The same, with other or further claims. It is issued as late as a server's clock allows, so that a
/// server that has only just started decides on it.
pub(crate) fn assertion_with(key: &SigningKey, client: &str, audience: &str, changes: &Value) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let now = now();
    let mut claims = json!({
        "iss": client, "sub": client, "aud": audience, "iat": now + 30, "exp": now + 90,
        "jti": format!("{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)),
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    key.sign_jws(None, &serde_json::to_vec(&claims).unwrap()).unwrap()
}

fn now() -> i64 {
    SystemClock.now().as_second()
}

/// A service-account token bound to a pod, as the kubelet of a cluster whose key is `cluster` projects it.
pub(crate) fn projected_token(
    cluster: &SigningKey,
    issuer: &str,
    namespace: &str,
    account: &str,
    audience: &str,
) -> String {
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let changes = json!({
        "sub": subject, "aud": [audience], "iat": now() - 1, "nbf": now() - 1, "exp": now() + 3599,
        "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": { "name": account, "uid": "0d6b5f0e" },
            "pod": { "name": format!("{account}-0"), "uid": "9c1e44aa" },
        },
    });
    assertion_with(cluster, issuer, audience, &changes)
}

impl ControlPlane {
    /// Applies one object.
    pub(crate) async fn apply(&self, object: &Value) {
        self.apply_yaml(&object.to_string()).await.unwrap();
    }

    /// Stores a replay segment that nobody needs any more, as if it had been made ten minutes ago: behind the back of
    /// the API server, which refuses such a one.
    pub(crate) async fn put_old_segment(&self, namespace: &str, name: &str) {
        let ago = |seconds| Timestamp::from_second(now() - seconds).unwrap().to_string();
        let object = json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ReplaySegment",
            "metadata": {
                "namespace": namespace, "name": name, "uid": "00000000-0000-4000-8000-000000000001",
                "generation": 1, "creationTimestamp": ago(600),
            },
            "spec": { "writer": "0123456789abcdef", "formats": ["v1"], "keys": "", "expires": ago(300) },
        });
        let key = format!("/registry/countersign.dev/replaysegments/{namespace}/{name}");
        self.etcd_put(&key, &object).await;
    }
}
