//! Private keys that somebody registered (F14): refused one by one, and never shown.

use super::desk::{CLIENT, JWT_BEARER};
use crate::support::dev::{Dev, SOON};
use crate::support::eventually;
use crate::support::workloads::{assertion, client_object, key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::jose::SigningKey;
use serde_json::{Value, json};

const CANARY: &str = "canary0private0material";

/// A private half beside the public one of `key`.
fn leaked(key: &SigningKey, member: &str) -> Value {
    let mut jwk = json!(key.public_jwk());
    jwk["kid"] = json!("leaked");
    jwk[member] = json!(CANARY);
    jwk
}

/// The client's object, with one more source of keys than the good one.
fn object(good: &SigningKey, source: &Value) -> String {
    let good = json!({ "keys": { "jwks": { "keys": [good.public_jwk()] } } });
    client_object("payments", "billing", json!([good, { "keys": source }])).to_string()
}

fn holder(kind: &str, content: &str) -> String {
    let data = if kind == "Secret" { "stringData" } else { "data" };
    json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": { "namespace": "payments", "name": "keys", "labels": { "countersign.dev/keys": "true" } },
        data: { "k": content },
    })
    .to_string()
}

async fn accepted(dev: &Dev, key: &SigningKey) -> bool {
    let assertion = assertion(key, CLIENT, &dev.issuer);
    let form = [("grant_type", JWT_BEARER), ("assertion", &assertion)];
    let request = reqwest::Client::new().post(format!("{}/token", dev.issuer));
    request.form(&form).send().await.unwrap().status() == 200
}

#[tokio::test]
async fn f14_a_private_key_is_refused_by_itself_and_never_shown() {
    let (good, leaking) = (key(), key());
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(CANARY)
    );
    let in_pem = STANDARD.encode(CANARY);
    let set = |member| json!({ "keys": [leaked(&leaking, member)] });
    let reference = |field: &str| json!({ field: { "name": "keys", "key": "k" } });
    let mut rows = Vec::new();
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        rows.push((json!({ "jwks": set(member) }), None));
    }
    for (kind, field) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
        rows.push((reference(field), Some(holder(kind, &set("d").to_string()))));
        rows.push((reference(field), Some(holder(kind, &pem))));
    }
    for (source, beside) in rows {
        let object = object(&good, &source);
        let mut files = vec![("billing.json", object.as_str())];
        files.extend(beside.as_deref().map(|text| ("keys.json", text)));
        let dev = Dev::start_with(&files, &["--log-level", "trace"]).await;
        eventually(SOON, "the good key", async || {
            if accepted(&dev, &good).await {
                Ok(())
            } else {
                Err(dev.process.stderr())
            }
        })
        .await;
        assert!(!accepted(&dev, &leaking).await, "{source}");
        let told = dev.process.stderr();
        assert!(
            told.contains("it is a private key: revoke it"),
            "{source}: {told}"
        );
        for written in [told, dev.process.stdout()] {
            assert!(
                !written.contains(CANARY) && !written.contains(&in_pem),
                "{source}: {written}"
            );
        }
    }
}
