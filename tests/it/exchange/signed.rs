//! Assertions that clients sign, with keys in every kind of source.

use crate::support::release::{Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, eventually};
use countersign::api::v1alpha1::OAuthClient;
use countersign::jose::SigningKey;
use futures::future::join_all;
use kube::api::{Api, DeleteParams};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What the product promises between a change of an object and its effect.
const PROMISE: Duration = Duration::from_secs(1);
/// Enough for whatever is not promised.
const PATIENCE: Duration = Duration::from_secs(20);

fn inline(keys: &[&SigningKey]) -> Value {
    json!([{ "keys": { "jwks": jwks(keys) } }])
}

/// Waits until `key` is taken as `client`'s, or until it is not, and tells how long that took.
async fn until(server: &Server, client: &str, key: &SigningKey, accepted: bool) -> Duration {
    let began = Instant::now();
    let what = format!("{client} {}", if accepted { "accepted" } else { "refused" });
    eventually(PATIENCE, &what, async || {
        let answer = server
            .client_credentials(&assertion(key, client, &server.issuer))
            .await;
        let refused = answer.refusal() == (400, "invalid_client");
        match (answer.status, accepted) {
            (200, true) => Ok(()),
            (400, false) if refused => Ok(()),
            _ => Err(format!("{answer:?}")),
        }
    })
    .await;
    began.elapsed()
}

/// S-7521-12, S-7523-20, S-7523-26, D-05
#[tokio::test]
async fn c1_an_assertion_is_honoured_once_in_either_slot() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "once").await;
    let (key, client) = (key(), format!("{}/billing", release.namespace()));
    plane
        .apply(&client_object(release.namespace(), "billing", inline(&[&key])))
        .await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    until(&server, &client, &key, true).await;

    let first = assertion(&key, &client, &server.issuer);
    server.client_credentials(&first).await.access_token();
    assert_eq!(
        server.client_credentials(&first).await.refusal(),
        (400, "invalid_client")
    );
    assert_eq!(
        server.jwt_bearer(&first).await.refusal(),
        (400, "invalid_grant"),
        "in the other slot"
    );
    let second = assertion(&key, &client, &server.issuer);
    server.jwt_bearer(&second).await.access_token();
    assert_eq!(
        server.client_credentials(&second).await.refusal(),
        (400, "invalid_client")
    );
    let elsewhere = assertion(&key, &client, "https://other.example");
    assert_eq!(
        server.jwt_bearer(&elsewhere).await.refusal(),
        (400, "invalid_grant")
    );

    let racing = assertion(&key, &client, &server.issuer);
    let answers = join_all((0..32).map(|_| server.client_credentials(&racing))).await;
    let granted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(granted, 1, "of 32 at once");
}

#[tokio::test]
async fn a_hundred_new_clients_are_served_within_a_second_and_lose_their_keys_as_fast() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "promise").await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    let (key, other) = (key(), key());
    let api: Api<OAuthClient> = Api::namespaced(plane.admin(), release.namespace());

    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for number in 0..100 {
        let (name, identities) = (format!("client-{number}"), inline(&[&key, &other]));
        let client = format!("{}/{name}", release.namespace());
        let object = serde_json::from_value(client_object(release.namespace(), &name, identities)).unwrap();
        api.create(&kube::api::PostParams::default(), &object)
            .await
            .unwrap();
        added.push(until(&server, &client, &key, true).await);
    }
    for number in 0..20 {
        let name = format!("client-{number}");
        let client = format!("{}/{name}", release.namespace());
        let patch = json!({ "spec": { "identities": inline(&[&other]) } });
        api.patch(
            &name,
            &kube::api::PatchParams::default(),
            &kube::api::Patch::Merge(&patch),
        )
        .await
        .unwrap();
        removed.push(until(&server, &client, &key, false).await);
        assert_eq!(
            until(&server, &client, &other, true).await.as_secs(),
            0,
            "the key that stayed"
        );
    }
    let name = "client-99";
    api.delete(name, &DeleteParams::default()).await.unwrap();
    removed.push(until(&server, &format!("{}/{name}", release.namespace()), &key, false).await);

    added.sort();
    removed.sort();
    eprintln!(
        "created to token: p50 {:?}, p99 {:?}; removed to refused: max {:?}",
        added[49],
        added[98],
        removed.last()
    );
    assert!(added[98] <= PROMISE, "p99 of created to token: {:?}", added[98]);
    assert!(
        removed.iter().all(|took| *took <= PROMISE),
        "removed to refused: {removed:?}"
    );
}

#[tokio::test]
async fn a_secrets_new_key_is_accepted_and_its_old_one_refused() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "secret").await;
    let (namespace, client) = (release.namespace(), format!("{}/billing", release.namespace()));
    let (old, new) = (key(), key());
    let secret = |key: &SigningKey| {
        json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "namespace": namespace, "name": "keys", "labels": { "countersign.dev/keys": "true" } },
            "stringData": { "jwks.json": jwks(&[key]).to_string() },
        })
    };
    plane.apply(&secret(&old)).await;
    let identities = json!([{ "keys": { "secretRef": { "name": "keys", "key": "jwks.json" } } }]);
    plane
        .apply(&client_object(namespace, "billing", identities))
        .await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;

    until(&server, &client, &old, false).await;
    plane
        .apply(&json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": { "namespace": namespace, "name": "countersign-key-reader" },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": release.installation.key_reader_role(),
            },
            "subjects": [{
                "kind": "ServiceAccount", "name": "countersign-controller",
                "namespace": release.installation.namespace,
            }],
        }))
        .await;
    until(&server, &client, &old, true).await;

    plane.apply(&secret(&new)).await;
    let accepted = until(&server, &client, &new, true).await;
    let refused = until(&server, &client, &old, false).await;
    eprintln!("a Secret's key replaced: new accepted after {accepted:?}, old refused {refused:?} later");
}
