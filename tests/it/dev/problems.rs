//! What is wrong in the folder is told with the file's name, and stops nothing else.

use super::{inline, referring};
use crate::support::dev::Dev;
use crate::support::workloads::{client_object, jwks, key};
use serde_json::json;

#[tokio::test]
async fn a_bad_file_is_named_and_the_good_ones_stay() {
    let (good, other) = (key(), key());
    let dev = Dev::start(&[("good.yaml", &inline("billing", &[&good]))]).await;
    dev.until(&good, "payments/billing", true).await;

    let secret = "kind: Secret\nmetadata: {name: x\ndata:\n  password: hunter2\n";
    dev.write("bad.yaml", secret);
    dev.tells("bad.yaml: while parsing a flow mapping, did not find expected ',' or '}' at line 3, column 5")
        .await;
    dev.until(&good, "payments/billing", true).await;

    // What is broken takes its own objects away, and no others.
    dev.write("other.yaml", &inline("other", &[&other]));
    dev.until(&other, "payments/other", true).await;
    dev.write("other.yaml", &format!("{}\n}}", inline("other", &[&other])));
    dev.until(&other, "payments/other", false).await;
    dev.until(&good, "payments/billing", true).await;
    assert!(
        !dev.process.stderr().contains("hunter2"),
        "a file's text is shown"
    );

    dev.delete("bad.yaml");
    dev.delete("other.yaml");
    crate::support::eventually(
        crate::support::dev::SOON,
        "a folder without problems",
        async || {
            let told = dev.told();
            if told.lines().count() == 1 {
                Ok(())
            } else {
                Err(told)
            }
        },
    )
    .await;
}

#[tokio::test]
async fn each_kind_of_mistake_reads_well() {
    let (key, weak) = (
        key(),
        json!({ "keys": [{ "kty": "oct", "kid": "s", "k": "c2VjcmV0LXNlY3JldA" }] }),
    );
    let version = inline("version", &[&key]).replace("v1alpha1", "v9");
    let mistaken = json!({ "apiVersion": "countersign.dev/v1alpha1", "kind": "OAuthClient",
        "metadata": { "name": "mistaken" }, "spec": { "identities": 3 } });
    let dev = Dev::start(&[
        (
            "deployment.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
        ),
        ("kindless.yaml", "hello: world\n"),
        (
            "nameless.yaml",
            "kind: OAuthClient\napiVersion: countersign.dev/v1alpha1\nmetadata: {}\n",
        ),
        ("version.yaml", &version),
        ("mistaken.yaml", &mistaken.to_string()),
        ("weak.yaml", &referring("weak", &json!({ "jwks": weak }))),
        (
            "url.yaml",
            &referring("url", &json!({ "jwksURI": "https://ci.example/jwks.json" })),
        ),
        (
            "missing.yaml",
            &referring("missing", &json!({ "secretRef": { "name": "keys", "key": "k" } })),
        ),
    ])
    .await;
    for line in [
        "deployment.yaml: the Deployment is ignored: only OAuthClient, ConfigMap and Secret mean something here",
        "kindless.yaml: an object without a kind is ignored",
        "nameless.yaml: the OAuthClient is ignored: it has no metadata.name",
        "version.yaml: OAuthClient payments/version is ignored: its apiVersion is not countersign.dev/v1alpha1",
        "mistaken.yaml: default/mistaken: Accepted=False Malformed: spec cannot be decoded: spec.identities: invalid type: integer `3`, expected a sequence",
        "url.yaml: payments/url: KeysSynced=False NotFetched: https://ci.example/jwks.json: it is not fetched here, but by the \
         controller of a cluster: for now, put the keys into the object, or into a labelled ConfigMap or Secret",
        "missing.yaml: payments/missing: KeysSynced=False SourceMissing: Secret/keys/k: there is no such object in this namespace \
         with the label countersign.dev/keys=true",
    ] {
        dev.tells(line).await;
    }
    let told = dev.told();
    let weak: Vec<_> = told.lines().filter(|line| line.contains("weak.yaml")).collect();
    assert_eq!(weak.len(), 1, "{told}");
    assert!(!told.contains("c2VjcmV0"), "{told}");
    assert_eq!(told.lines().count(), 9, "one line for each problem:\n{told}");
}

#[tokio::test]
async fn of_two_objects_of_one_name_the_first_file_counts() {
    let (first, second) = (key(), key());
    let (a, b) = (inline("billing", &[&first]), inline("billing", &[&second]));
    let dev = Dev::start(&[("b.yaml", &b), ("a.yaml", &a)]).await;
    let told = dev.tells("a.yaml declares it already").await;
    assert!(
        told.contains("b.yaml: OAuthClient payments/billing is ignored: "),
        "{told}"
    );
    dev.until(&first, "payments/billing", true).await;
    dev.until(&second, "payments/billing", false).await;
    // It does not matter which of them was there before.
    dev.write("0.yaml", &b);
    dev.until(&second, "payments/billing", true).await;
    dev.until(&first, "payments/billing", false).await;
}

#[tokio::test]
async fn a_suspended_client_gets_nothing_and_its_owner_is_told() {
    let key = key();
    let mut object = client_object(
        "payments",
        "billing",
        json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
    );
    let dev = Dev::start(&[("billing.yaml", &object.to_string())]).await;
    dev.until(&key, "payments/billing", true).await;
    object["spec"]["suspended"] = json!(true);
    dev.write("billing.yaml", &object.to_string());
    dev.until(&key, "payments/billing", false).await;
    dev.tells("billing.yaml: payments/billing: suspended: it gets no tokens")
        .await;
}
