//! Keys in `ConfigMap`s and `Secret`s of the folder.

use super::referring;
use crate::support::dev::Dev;
use crate::support::workloads::{jwks, key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::jose::SigningKey;
use serde_json::{Value, json};

/// A ConfigMap or Secret `payments/<name>`.
fn holder(kind: &str, name: &str, label: &str, data: &Value) -> String {
    let mut object = json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": { "namespace": "payments", "name": name, "labels": { "countersign.dev/keys": label } },
    });
    for (member, value) in data.as_object().unwrap() {
        object[member] = value.clone();
    }
    object.to_string()
}

/// The public key as `openssl pkey -pubout` prints it.
fn pem(key: &SigningKey) -> String {
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480): a fixed head, then the point.
    let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=";
    let mut der = STANDARD.decode(head).unwrap();
    der.push(4);
    let jwk = json!(key.public_jwk());
    for coordinate in ["x", "y"] {
        let text = jwk[coordinate].as_str().unwrap();
        der.extend(
            base64::engine::general_purpose::URL_SAFE_NO_PAD
                .decode(text)
                .unwrap(),
        );
    }
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}

#[tokio::test]
async fn keys_come_from_labelled_config_maps_and_secrets_as_a_set_or_as_pem() {
    let keys = [key(), key(), key(), key()];
    let set = |key: &SigningKey| jwks(&[key]).to_string();
    let sources = [
        ("a", "ConfigMap", json!({ "data": { "k": set(&keys[0]) } })),
        (
            "b",
            "ConfigMap",
            json!({ "binaryData": { "k": STANDARD.encode(pem(&keys[1])) } }),
        ),
        (
            "c",
            "Secret",
            json!({ "data": { "k": STANDARD.encode(set(&keys[2])) } }),
        ),
        ("d", "Secret", json!({ "stringData": { "k": pem(&keys[3]) } })),
    ];
    let dev = Dev::start(&[]).await;
    for (name, kind, data) in &sources {
        let field = if *kind == "Secret" {
            "secretRef"
        } else {
            "configMapRef"
        };
        dev.write(&format!("{name}-keys.yaml"), &holder(kind, name, "true", data));
        let object = referring(name, &json!({ field: { "name": name, "key": "k" } }));
        dev.write(&format!("{name}.yaml"), &object);
    }
    for ((name, _, _), key) in sources.iter().zip(&keys) {
        dev.until(key, &format!("payments/{name}"), true).await;
    }
    assert_eq!(dev.told().lines().count(), 1, "{}", dev.told());

    let replaced = holder(
        "Secret",
        "c",
        "true",
        &json!({ "stringData": { "k": set(&keys[0]) } }),
    );
    dev.write("c-keys.yaml", &replaced);
    dev.until(&keys[2], "payments/c", false).await;
    dev.until(&keys[0], "payments/c", true).await;
}

#[tokio::test]
async fn an_object_without_the_label_or_of_another_namespace_is_not_read() {
    let key = key();
    let data = json!({ "stringData": { "k": jwks(&[&key]).to_string() } });
    let object = referring("billing", &json!({ "secretRef": { "name": "keys", "key": "k" } }));
    let dev = Dev::start(&[
        ("billing.yaml", &object),
        ("keys.yaml", &holder("Secret", "keys", "yes", &data)),
    ])
    .await;
    let expected =
        "Secret/keys/k: there is no such object in this namespace with the label countersign.dev/keys=true";
    dev.tells(&format!(
        "billing.yaml: payments/billing: KeysSynced=False SourceMissing: {expected}"
    ))
    .await;
    dev.until(&key, "payments/billing", false).await;
    let elsewhere = holder("Secret", "keys", "true", &data).replace("payments", "elsewhere");
    dev.write("keys.yaml", &elsewhere);
    dev.until(&key, "payments/billing", false).await;
    dev.write("keys.yaml", &holder("Secret", "keys", "true", &data));
    dev.until(&key, "payments/billing", true).await;
}

#[tokio::test]
async fn a_value_that_is_not_base64_is_told_without_being_shown() {
    let broken = holder("Secret", "keys", "true", &json!({ "data": { "k": "!hunter2!" } }));
    let dev = Dev::start(&[("keys.yaml", &broken)]).await;
    let told = dev
        .tells("keys.yaml: Secret payments/keys: data['k'] is not base64")
        .await;
    assert!(!told.contains("hunter2"), "{told}");
}
