//! Keys in specs, `ConfigMaps` and Secrets.

use std::sync::atomic::Ordering;

use countersign::api::v1alpha1::ConditionType;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::json;
use tokio::time::Instant;

use super::world::{SOON, World, condition, config_map_ref, jwk, jwks, secret_ref};
use crate::support::eventually;

#[tokio::test]
async fn inline_keys_and_config_maps_are_published_in_both_forms() {
    let mut world = World::new("maps").await;
    let pem = rcgen::KeyPair::generate().unwrap().public_key_pem();
    world
        .config_map("keys", &json!({"jwks.json": jwks(&["a", "b"]), "key.pem": pem}))
        .await;
    let inline = json!({"keys": {"jwks": {"keys": [jwk("i")]}}});
    let identities = [inline, config_map_ref("keys", "jwks.json")];
    world.client("both", &identities).await;
    world.client("pem", &[config_map_ref("keys", "key.pem")]).await;
    world
        .client("none", &[json!({"serviceAccount": {"name": "x"}})])
        .await;
    let running = world.start().await;

    let keys = [
        "Inline i",
        "ConfigMap/keys/jwks.json a",
        "ConfigMap/keys/jwks.json b",
    ];
    let client = world
        .expect("both", "True Synced", &keys.map(str::to_owned))
        .await;
    assert_eq!(condition(&client, ConditionType::Ready).0, "True Ready");
    let status = client.status.unwrap();
    assert_eq!(
        status.client_id.as_deref(),
        Some(format!("{}/both", world.namespace).as_str())
    );
    assert_eq!(status.observed_generation, client.metadata.generation);
    assert_eq!(status.conditions.len(), 3);

    let pem = eventually(SOON, "the key in PEM", async || {
        let client = world.clients().get("pem").await.unwrap();
        client.status.and_then(|status| status.keys.into_iter().next())
    })
    .await;
    assert_eq!(pem.kid, Some(pem.thumbprint));
    world.expect("none", "True NotRequired", &[]).await;
    eventually(SOON, "the first pass", async || {
        running.synced.load(Ordering::SeqCst).then_some(())
    })
    .await;
    let said = ["Normal Accepted", "Normal Ready", "Normal Synced"];
    eventually(SOON, "three Events", async || {
        (world.events("both").await == said).then_some(())
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn a_config_map_counts_while_it_exists_and_has_the_label() {
    let mut world = World::new("label").await;
    let _running = world.start().await;
    world
        .apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keys"},
            "data": {"jwks.json": jwks(&["a"])},
        }))
        .await;
    world.client("c", &[config_map_ref("keys", "jwks.json")]).await;
    let client = world.expect("c", "False SourceMissing", &[]).await;
    assert_eq!(
        condition(&client, ConditionType::KeysSynced).1,
        "ConfigMap/keys/jwks.json: there is no such object in this namespace with the label countersign.dev/keys=true"
    );

    let key = ["ConfigMap/keys/jwks.json a".to_owned()];
    let maps: Api<ConfigMap> = Api::namespaced(world.plane.admin(), &world.namespace);
    let label = |value| json!({"metadata": {"labels": {"countersign.dev/keys": value}}});
    let params = PatchParams::default();
    let patch = |value| Patch::Merge(label(value));
    maps.patch("keys", &params, &patch(Some("true"))).await.unwrap();
    world.expect("c", "True Synced", &key).await;
    maps.patch("keys", &params, &patch(None)).await.unwrap();
    world.expect("c", "False SourceMissing", &[]).await;
    maps.patch("keys", &params, &patch(Some("true"))).await.unwrap();
    world.expect("c", "True Synced", &key).await;

    let data = |text: &str| Patch::Merge(json!({"data": {"jwks.json": text}}));
    maps.patch("keys", &params, &data("<html>")).await.unwrap();
    world.expect("c", "False Malformed", &[]).await;
    maps.patch("keys", &params, &data(&jwks(&["b"]))).await.unwrap();
    world
        .expect("c", "True Synced", &["ConfigMap/keys/jwks.json b".to_owned()])
        .await;
    maps.delete("keys", &DeleteParams::default()).await.unwrap();
    world.expect("c", "False SourceMissing", &[]).await;
}

#[tokio::test]
async fn secrets_are_read_where_the_namespace_says_so() {
    let mut world = World::new("secrets").await;
    let _running = world.start().await;
    world.secret("keys", &json!({"jwks.json": jwks(&["a"])})).await;
    world.client("c", &[secret_ref("keys", "jwks.json")]).await;
    let client = world.expect("c", "False NoPermission", &[]).await;
    assert_eq!(condition(&client, ConditionType::Ready).0, "False NoPermission");

    // What the message says is what helps.
    let message = condition(&client, ConditionType::KeysSynced).1;
    let (_, command) = message.split_once("; to allow it, run: kubectl ").unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    world.plane.kubectl(&words, "").await.unwrap();
    let bound = Instant::now();
    world
        .expect("c", "True Synced", &["Secret/keys/jwks.json a".to_owned()])
        .await;
    assert!(bound.elapsed().as_secs() < 10, "{:?}", bound.elapsed());

    // Replaced as a whole, as secret managers do.
    let secrets: Api<Secret> = Api::namespaced(world.plane.admin(), &world.namespace);
    secrets.delete("keys", &DeleteParams::default()).await.unwrap();
    world.expect("c", "False SourceMissing", &[]).await;
    world.secret("keys", &json!({"jwks.json": jwks(&["b"])})).await;
    world
        .expect("c", "True Synced", &["Secret/keys/jwks.json b".to_owned()])
        .await;
    // The other entry is there, and the one that is named is not.
    let patch = Patch::Merge(json!({"data": {"jwks.json": null}, "stringData": {"other": "canary"}}));
    secrets
        .patch("keys", &PatchParams::default(), &patch)
        .await
        .unwrap();
    world.expect("c", "False SourceMissing", &[]).await;
    // Whatever else is in a Secret, nobody gets to see it.
    let patch = Patch::Merge(json!({"stringData": {"jwks.json": "canary"}}));
    secrets
        .patch("keys", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let client = world.expect("c", "False Malformed", &[]).await;
    assert!(!format!("{client:?}").contains("canary"));
    let args = [
        "get",
        "events.events.k8s.io",
        "--namespace",
        &world.namespace,
        "-o",
        "json",
    ];
    let events = world.plane.kubectl(&args, "").await.unwrap();
    assert!(events.contains("NoPermission") && !events.contains("canary"));
    assert!(
        world
            .events("c")
            .await
            .contains(&"Warning NoPermission".to_owned())
    );
}
