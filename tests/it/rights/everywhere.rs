//! The controller's rights in the whole cluster, which installations that watch a part of it have not.

use super::needed::PATIENCE;
use super::scene::deployment;
use crate::support::release::Release;
use crate::support::{ControlPlane, Options, eventually};
use countersign::api::rights::manifests;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// How long what cannot work is waited for.
const SHORT: Duration = Duration::from_secs(3);
const CA: &str = "countersign-ca";

/// The kind of the bundle's owner in a namespace that gets the label; an error if no bundle comes.
async fn labelled(plane: &ControlPlane) -> Result<String, String> {
    let namespace = plane.namespace("labelled").await;
    let label = Patch::Merge(json!({"metadata": {"labels": {"countersign.dev/ca": "true"}}}));
    let namespaces: Api<Namespace> = Api::all(plane.admin());
    namespaces
        .patch(&namespace, &PatchParams::default(), &label)
        .await
        .unwrap();
    owner(plane, &namespace).await
}

/// The same for several namespaces in a row: who lists every three seconds, for want of a watch, sees the first ones.
async fn all_labelled(plane: &ControlPlane) -> Result<(), String> {
    let all = async {
        for _ in 0..4 {
            labelled(plane).await?;
        }
        Ok(())
    };
    timeout(2 * SHORT, all).await.map_err(|_| "too slow".to_owned())?
}

/// The kind of the bundle's owner in a namespace, once it stands there.
async fn owner(plane: &ControlPlane, namespace: &str) -> Result<String, String> {
    let maps: Api<ConfigMap> = Api::namespaced(plane.admin(), namespace);
    let stands = async || loop {
        if let Some(map) = maps.get_opt(CA).await.unwrap() {
            let owners = map.metadata.owner_references.unwrap_or_default();
            return owners.into_iter().map(|owner| owner.kind).collect();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    timeout(SHORT, stands()).await.map_err(|_| "no bundle".to_owned())
}

/// The manifests without one verb of the controller's right to this resource.
fn without(whole: &[Value], resource: &str, verb: &str) -> String {
    let mut objects = whole.to_vec();
    let rules = objects
        .iter_mut()
        .filter_map(|object| object.get_mut("rules")?.as_array_mut());
    for rule in rules.flatten() {
        if rule["resources"] == json!([resource]) {
            rule["verbs"]
                .as_array_mut()
                .unwrap()
                .retain(|other| other != verb);
        }
        if rule["verbs"] == json!([]) {
            *rule = json!({"apiGroups": ["none"], "resources": ["none"], "verbs": ["none"]});
        }
    }
    assert_ne!(objects, whole, "{verb} {resource}: nothing was taken away");
    super::ablation::yaml(&objects)
}

#[tokio::test]
async fn each_verb_in_the_whole_cluster_is_needed() {
    let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
    let release = Release::install_everywhere(plane).await;
    plane.apply(&deployment(&release.installation)).await;
    let whole = manifests(&release.installation);
    let owners = ["--owner-role", "countersign-controller"];
    for (resource, verb) in [
        ("namespaces", "list"),
        ("namespaces", "watch"),
        ("clusterroles", "get"),
    ] {
        plane.apply_yaml(&without(&whole, resource, verb)).await.unwrap();
        let mut controller = release.controller_with(plane, &owners).await;
        let home = release.installation.namespace.as_str();
        eventually(PATIENCE, "the bundle at home", async || owner(plane, home).await).await;
        all_labelled(plane).await.unwrap_err();
        controller.terminate();
        controller.wait(PATIENCE).await;

        plane.apply_yaml(&super::ablation::yaml(&whole)).await.unwrap();
        let mut controller = release.controller_with(plane, &owners).await;
        eventually(PATIENCE, "labels to be followed", async || {
            all_labelled(plane).await
        })
        .await;
        assert_eq!(labelled(plane).await.as_deref(), Ok("ClusterRole"));
        controller.terminate();
        controller.wait(PATIENCE).await;
    }
}
