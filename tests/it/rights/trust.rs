//! What is to be seen of certificates and of owners.

use super::leases::LEASE;
use super::scene::Scene;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams};
use serde_json::json;

/// The ConfigMap, and the Secret of the authority.
const CA: &str = "countersign-ca";

/// A name that only the second leader is told.
pub(super) const NEW_NAME: &str = "second.test";

/// How many changes in a row must be put right: more than are found by looking once in a while.
const CHANGES: usize = 4;

pub(super) async fn is_made(scene: &Scene, name: &str) {
    let secrets = scene.home::<Secret>();
    scene.until(async || secrets.get(name).await.map(drop)).await;
}

pub(super) async fn is_restored(scene: &Scene, name: &str) {
    let secrets = scene.home::<Secret>();
    secrets
        .delete(name, &DeleteParams::default())
        .await
        .map(drop)
        .unwrap_or_default();
    is_made(scene, name).await;
}

fn maps(scene: &Scene, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(scene.plane.admin(), namespace)
}

/// The bundle in a namespace, once it stands there.
pub(super) async fn published(scene: &Scene, namespace: &str) -> String {
    let maps = maps(scene, namespace);
    scene
        .until(async || {
            let map = maps.get(CA).await.map_err(|error| error.to_string())?;
            let bundle = map.data.and_then(|mut data| data.remove("ca.crt"));
            bundle.ok_or_else(|| "no bundle".to_owned())
        })
        .await
}

pub(super) async fn is_put_right(scene: &Scene) {
    let home = scene.release.installation.namespace.as_str();
    let good = published(scene, scene.release.namespace()).await;
    for _ in 0..CHANGES {
        let change = Patch::Merge(json!({"data": {"ca.crt": "theirs"}}));
        maps(scene, home)
            .patch(CA, &PatchParams::default(), &change)
            .await
            .unwrap();
        scene
            .until(async || {
                let found = published(scene, home).await;
                if found == good { Ok(()) } else { Err(found) }
            })
            .await;
    }
}

/// The kinds of an object's owners.
fn owners(metadata: ObjectMeta) -> Vec<String> {
    let owners = metadata.owner_references.unwrap_or_default();
    owners.into_iter().map(|owner| owner.kind).collect()
}

async fn is_owned_by(scene: &Scene, expected: &[&str], look: impl AsyncFn() -> kube::Result<ObjectMeta>) {
    scene
        .until(async || {
            let found = owners(look().await.map_err(|error| error.to_string())?);
            if found == expected {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await;
}

pub(super) async fn lease_is_owned(scene: &Scene) {
    let leases = scene.home::<Lease>();
    is_owned_by(scene, &["Deployment"], async || {
        Ok(leases.get(LEASE).await?.metadata)
    })
    .await;
}

pub(super) async fn bundle_is_owned(scene: &Scene) {
    let maps = maps(scene, scene.release.namespace());
    is_owned_by(scene, &["RoleBinding"], async || Ok(maps.get(CA).await?.metadata)).await;
}

pub(super) async fn authority_is_freed(scene: &Scene) {
    let secrets = scene.home::<Secret>();
    is_owned_by(scene, &[], async || Ok(secrets.get(CA).await?.metadata)).await;
}

/// The certificate is for the new name.
pub(super) async fn is_renewed(scene: &Scene) {
    let address = scene
        .server
        .url
        .strip_prefix("https://")
        .unwrap()
        .parse()
        .unwrap();
    let url = format!("{}/jwks", scene.server.url).replace("127.0.0.1", NEW_NAME);
    scene
        .until(async || {
            let bundle = published(scene, scene.release.namespace()).await;
            let roots = reqwest::Certificate::from_pem_bundle(bundle.as_bytes()).unwrap();
            let client = reqwest::Client::builder()
                .tls_certs_only(roots)
                .resolve(NEW_NAME, address);
            let answer = client.build().unwrap().get(&url).send().await;
            answer.map(drop).map_err(|error| format!("{error:?}"))
        })
        .await;
}
