//! The bundle wherever clients are, whatever somebody does to it.

use super::world::{CA, SOON, bundle, maps, published};
use crate::support::release::Release;
use crate::support::workloads::client_object;
use crate::support::{ControlPlane, Options, Process, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use std::time::Instant;

/// An installation of the whole cluster, and its bundle.
struct Scene {
    plane: &'static ControlPlane,
    release: Release,
    controller: Process,
    trusted: String,
}

impl Scene {
    async fn set() -> Self {
        let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
        let release = Release::install_everywhere(plane).await;
        let controller = release
            .controller_with(plane, &["--log-level", "info,countersign=debug"])
            .await;
        let trusted = published(plane, &release.installation.namespace).await;
        Self {
            plane,
            release,
            controller,
            trusted,
        }
    }

    async fn client(&self, namespace: &str) {
        self.plane
            .apply(&client_object(namespace, "worker", json!([])))
            .await;
    }

    async fn label(&self, namespace: &str, value: Option<&str>) {
        let label = Patch::Merge(json!({"metadata": {"labels": {"countersign.dev/ca": value}}}));
        let api: Api<Namespace> = Api::all(self.plane.admin());
        api.patch(namespace, &PatchParams::default(), &label)
            .await
            .unwrap();
    }

    /// Waits until the bundle stands in a namespace; says how long that took.
    async fn arrives(&self, namespace: &str, what: &str) -> Instant {
        let began = Instant::now();
        eventually(SOON, what, async || {
            let found = bundle(self.plane, namespace).await;
            (found.as_ref() == Some(&self.trusted))
                .then_some(())
                .ok_or(format!("{found:?}"))
        })
        .await;
        eprintln!("{what}: {:.0?}", began.elapsed());
        began
    }

    async fn tamper(&self, namespace: &str, change: Value) {
        let patch = Patch::Merge(change);
        maps(self.plane, namespace)
            .patch(CA, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// How often an Event told of a replacement in a namespace.
    async fn told(&self, namespace: &str) -> i32 {
        let api: Api<Event> = Api::namespaced(self.plane.admin(), namespace);
        let events = api.list(&ListParams::default()).await.unwrap();
        let ours = events
            .iter()
            .filter(|event| event.reason.as_deref() == Some("CABundleReplaced"));
        ours.map(|event| event.series.as_ref().map_or(1, |series| series.count))
            .sum()
    }
}

#[tokio::test]
async fn it_comes_wherever_clients_are_and_is_put_right() {
    let scene = Scene::set().await;
    let plane = scene.plane;

    for _ in 0..5 {
        let fresh = plane.namespace("fresh").await;
        scene.client(&fresh).await;
        let began = scene.arrives(&fresh, "in a new namespace with a client").await;
        assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
    }

    let labelled = plane.namespace("labelled").await;
    scene.label(&labelled, Some("true")).await;
    scene
        .arrives(&labelled, "in a namespace that got the label")
        .await;
    let plain = plane.namespace("plain").await;
    assert_eq!(bundle(plane, &plain).await, None, "nobody asked for it");

    let tampered = plane.namespace("tampered").await;
    scene.client(&tampered).await;
    scene.arrives(&tampered, "before it is tampered with").await;
    scene
        .tamper(&tampered, json!({"data": {"ca.crt": "theirs"}}))
        .await;
    scene.arrives(&tampered, "after a change").await;
    eventually(SOON, "an Event", async || {
        (scene.told(&tampered).await == 1).then_some(())
    })
    .await;
    scene.tamper(&tampered, json!({"data": null})).await;
    scene.arrives(&tampered, "after the data went").await;
    maps(plane, &tampered)
        .delete(CA, &DeleteParams::default())
        .await
        .unwrap();
    scene.arrives(&tampered, "after a deletion").await;

    let foreign = plane.namespace("foreign").await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": foreign.to_string(), "name": CA},
        "data": {"ca.crt": "theirs", "more": "theirs"},
    });
    plane.apply(&theirs).await;
    let untouched = maps(plane, &foreign).get(CA).await.unwrap();
    scene.client(&foreign).await;
    scene.arrives(&foreign, "in the place of somebody else's").await;
    let taken = maps(plane, &foreign).get(CA).await.unwrap();
    assert_eq!(taken.metadata.uid, untouched.metadata.uid);
    assert_eq!(taken.data.unwrap()["more"], "theirs", "what is not ours is left");
    eventually(SOON, "an Event", async || {
        (scene.told(&foreign).await == 1).then_some(())
    })
    .await;

    // Without a client any more it stands, and is kept; deleted, it stays away.
    let clients: Api<countersign::api::v1alpha1::OAuthClient> = Api::namespaced(plane.admin(), &tampered);
    clients.delete("worker", &DeleteParams::default()).await.unwrap();
    scene.label(&labelled, None).await;
    maps(plane, &labelled)
        .delete(CA, &DeleteParams::default())
        .await
        .unwrap();
    scene
        .tamper(&foreign, json!({"data": {"ca.crt": "theirs"}}))
        .await;
    scene.arrives(&foreign, "after another change").await;
    assert_eq!(bundle(plane, &tampered).await, Some(scene.trusted.clone()));
    assert_eq!(bundle(plane, &labelled).await, None);
    assert_eq!(bundle(plane, &plain).await, None);
    drop(scene.release);
}

#[tokio::test]
async fn a_namespace_that_is_going_is_left_alone() {
    let scene = Scene::set().await;
    let (plane, api): (_, Api<Namespace>) = (scene.plane, Api::all(scene.plane.admin()));
    let going = plane.namespace("going").await;
    scene.client(&going).await;
    scene.arrives(&going, "before it goes").await;
    // Nobody empties it here: it goes on being deleted.
    api.delete(&going, &DeleteParams::default()).await.unwrap();
    let maps: Api<ConfigMap> = maps(plane, &going);
    eventually(SOON, "the API server to refuse new objects there", async || {
        let probe = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}});
        let params = PatchParams {
            dry_run: true,
            ..PatchParams::apply("test")
        };
        match maps.patch("probe", &params, &Patch::Apply(&probe)).await {
            Err(kube::Error::Api(status)) if status.message.contains("being terminated") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    maps.delete(CA, &DeleteParams::default()).await.unwrap();

    let mut controller = scene.controller;
    let line = controller
        .wait_for_line("the namespace is going, or gone", SOON)
        .await;
    assert!(line.contains(&*going), "{line}");
    assert_eq!(bundle(plane, &going).await, None);
    assert!(!controller.stdout().contains("bundle could not be published"));
}
