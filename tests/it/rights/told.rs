//! What the owner of a client is told.

use super::check::is;
use super::scene::{Scene, carrier, events};
use kube::api::{DeleteParams, ListParams};

pub(super) async fn event(scene: &Scene, times: i64) {
    let api = events(scene);
    scene
        .until(async || {
            let events = api.list(&ListParams::default()).await.unwrap();
            let count = events.iter().find_map(|event| {
                let data = &event.data;
                let ours = data["regarding"]["name"] == "lost" && data["reason"] == "SourceMissing";
                ours.then(|| data["series"]["count"].as_i64().unwrap_or(1))
            });
            if count.is_some_and(|count| count >= times) {
                Ok(())
            } else {
                Err(count)
            }
        })
        .await;
}

pub(super) async fn find_and_lose(scene: &Scene) {
    let found = carrier("ConfigMap", scene.release.namespace(), "lost", &scene.key);
    scene.plane.apply(&found).await;
    is(scene, "lost", "KeysSynced", "True").await;
    let api: kube::Api<k8s_openapi::api::core::v1::ConfigMap> =
        kube::Api::namespaced(scene.plane.admin(), scene.release.namespace());
    api.delete("lost", &DeleteParams::default()).await.unwrap();
}
