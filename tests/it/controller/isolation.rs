//! What one client does to the others, and to etcd: nothing.

use std::sync::atomic::Ordering;

use countersign::api::v1alpha1::ConditionType;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use super::world::{SOON, World, condition, config_map_ref, jwks, secret_ref};
use crate::support::eventually;

#[tokio::test]
async fn an_object_that_cannot_be_decoded_is_told_so_and_stops_no_other() {
    let mut world = World::new("poison").await;
    world
        .config_map("keys", &json!({"jwks.json": jwks(&["a"])}))
        .await;
    let namespace = &world.namespace.clone();
    let poison = |name: &str, spec: &Value| {
        json!({
            "apiVersion": "countersign.dev/v1alpha1", "kind": "OAuthClient",
            "metadata": {
                "name": name, "namespace": namespace, "generation": 1,
                "uid": format!("11111111-1111-4111-8111-{:0>12}", name.len()),
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": spec,
        })
    };
    let specs = [
        (
            "bad",
            json!({"identities": "-----BEGIN PRIVATE KEY----- canary", "grants": {}}),
        ),
        (
            "other",
            json!({"grants": 7, "assertion": "-----BEGIN PRIVATE KEY----- canary"}),
        ),
        // The API server takes no status for it: the rules of `spec` itself cannot be evaluated.
        ("worse", json!(7)),
    ];
    for (name, spec) in &specs {
        let key = format!("/registry/countersign.dev/oauthclients/{namespace}/{name}");
        world.plane.etcd_put(&key, &poison(name, spec)).await;
    }
    world.client("good", &[config_map_ref("keys", "jwks.json")]).await;
    let running = world.start().await;
    let keys = ["ConfigMap/keys/jwks.json a".to_owned()];
    world.expect("good", "True Synced", &keys).await;
    eventually(SOON, "the first pass", async || {
        running.synced.load(Ordering::SeqCst).then_some(())
    })
    .await;
    for (name, _) in &specs {
        let told = eventually(SOON, &format!("an Event about {name}"), async || {
            let events = world.events(name).await;
            (!events.is_empty()).then_some(events)
        })
        .await;
        assert_eq!(told, ["Warning Malformed"]);
        if *name == "worse" {
            continue;
        }
        let path = format!("/apis/countersign.dev/v1alpha1/namespaces/{namespace}/oauthclients/{name}");
        let stored = world.plane.kubectl(&["get", "--raw", &path], "").await.unwrap();
        let status = serde_json::from_str::<Value>(&stored).unwrap()["status"].take();
        assert_eq!(status["conditions"][0]["reason"], "Malformed", "{name}: {status}");
        assert_eq!(status["observedGeneration"], 1);
        assert!(!status.to_string().contains("PRIVATE KEY"), "{status}");
    }
    // And what happens afterwards is seen, with the bad ones still there.
    world
        .config_map("keys", &json!({"jwks.json": jwks(&["b"])}))
        .await;
    let keys = ["ConfigMap/keys/jwks.json b".to_owned()];
    world.expect("good", "True Synced", &keys).await;
    assert_eq!(world.events("bad").await.len(), 1, "told once");
    running.stop().await;
}

#[tokio::test]
async fn an_object_that_the_schema_lets_through_and_we_do_not_is_told_in_its_status() {
    let mut world = World::new("faulty").await;
    world
        .client("c", &[json!({"serviceAccount": {"name": "a"}})])
        .await;
    // As if it had been stored before the schema had bounds.
    let mut stored: Value = serde_json::to_value(world.clients().get("c").await.unwrap()).unwrap();
    stored["apiVersion"] = "countersign.dev/v1alpha1".into();
    stored["kind"] = "OAuthClient".into();
    stored["spec"]["token"]["lifetime"] = "9h".into();
    stored["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    let key = format!("/registry/countersign.dev/oauthclients/{}/c", world.namespace);
    world.plane.etcd_put(&key, &stored).await;
    let _running = world.start().await;
    let client = world.expect("c", "Unknown NotAccepted", &[]).await;
    assert_eq!(
        condition(&client, ConditionType::Accepted),
        (
            "False InvalidLifetime".to_owned(),
            "spec.token.lifetime: must be from 1m to 1h".to_owned()
        )
    );
}

#[tokio::test]
async fn in_the_whole_cluster_each_client_has_what_is_in_its_own_namespace() {
    let mut world = World::cluster_wide("one").await;
    let running = world.start().await;
    let first = world.namespace.clone();
    let second = world.plane.namespace("two").await.to_string();
    for (namespace, kid) in [(&first, "a"), (&second, "b")] {
        world.namespace.clone_from(namespace);
        let set = json!({"jwks.json": jwks(&[kid])});
        world.config_map("keys", &set).await;
        world.secret("keys", &set).await;
        let sources = [
            config_map_ref("keys", "jwks.json"),
            secret_ref("keys", "jwks.json"),
        ];
        world.client("c", &sources[..1]).await;
        world.client("d", &sources[1..]).await;
        let keys = [format!("ConfigMap/keys/jwks.json {kid}")];
        world.expect("c", "True Synced", &keys).await;
        world.expect("d", "False NoPermission", &[]).await;
    }
    // One namespace lets us in, which says nothing about the other.
    let account = format!("{}:countersign-controller", world.installation.namespace);
    let command = format!(
        "create rolebinding keys --namespace={second} --clusterrole=countersign-key-reader --serviceaccount={account}"
    );
    let words: Vec<&str> = command.split(' ').collect();
    world.plane.kubectl(&words, "").await.unwrap();
    world
        .expect("d", "True Synced", &["Secret/keys/jwks.json b".to_owned()])
        .await;
    world.namespace = first;
    world.expect("d", "False NoPermission", &[]).await;
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_written_when_nothing_changed() {
    let mut world = World::new("still").await;
    world
        .config_map("keys", &json!({"jwks.json": jwks(&["a"])}))
        .await;
    world.client("c", &[config_map_ref("keys", "jwks.json")]).await;
    let running = world.start().await;
    let keys = ["ConfigMap/keys/jwks.json a".to_owned()];
    let before = world.expect("c", "True Synced", &keys).await;
    let said = ["Normal Accepted", "Normal Ready", "Normal Synced"];
    eventually(SOON, "three Events", async || {
        (world.events("c").await == said).then_some(())
    })
    .await;
    let version = before.metadata.resource_version;
    running.stop().await;

    // A new leader; a change in the ConfigMap that is none of the keys; and one in another client,
    // which tells that the controller has come so far.
    let running = world.start().await;
    let maps: Api<ConfigMap> = Api::namespaced(world.plane.admin(), &world.namespace);
    let patch = Patch::Merge(json!({"metadata": {"annotations": {"x": "y"}}, "data": {"other": "z"}}));
    maps.patch("keys", &PatchParams::default(), &patch).await.unwrap();
    world.client("d", &[config_map_ref("keys", "other")]).await;
    world.expect("d", "False Malformed", &[]).await;
    eventually(SOON, "the first pass", async || {
        running.synced.load(Ordering::SeqCst).then_some(())
    })
    .await;
    let after = world.clients().get("c").await.unwrap();
    assert_eq!(after.metadata.resource_version, version);
    assert_eq!(world.events("c").await, said);
    running.stop().await;
}
