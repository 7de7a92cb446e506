//! The real API server takes every object, and the `restricted` Pod Security Standard every pod.

use super::helm::{chart, find, helm, id, objects, value_files};
use crate::support::ControlPlane;
use crate::support::cluster::TestNamespace;
use serde_json::{Value, json};
use std::path::Path;

/// Groups of kinds that a plain cluster does not have.
pub(crate) const FOREIGN: [&str; 3] = [
    "monitoring.coreos.com/",
    "cert-manager.io/",
    "gateway.networking.k8s.io/",
];

/// Whether an object is of a kind that a plain cluster does not have.
pub(crate) fn is_foreign(object: &Value) -> bool {
    let version = object["apiVersion"].as_str().unwrap();
    FOREIGN.iter().any(|group| version.starts_with(group))
}

/// What the chart renders for an installation in `namespace` of this cluster, wherever `values` want it.
async fn rendered(plane: &ControlPlane, namespace: &str, values: Option<&Path>, set: &str) -> Vec<Value> {
    let chart = chart();
    let version = plane.admin().apiserver_version().await.unwrap().git_version;
    let mut args = vec![
        "template",
        "countersign",
        chart.to_str().unwrap(),
        "--namespace",
        namespace,
        "--kube-version",
        &version,
    ];
    if let Some(values) = values {
        args.extend(["--values", values.to_str().unwrap()]);
    }
    let here = "namespaceOverride=,metrics.grafanaDashboard.namespace=";
    args.extend(["--set", here, "--set", set]);
    objects(&helm(args).unwrap())
}

fn stream(objects: &[Value]) -> String {
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    texts.join("\n---\n")
}

/// A namespace that takes pods of the `restricted` standard alone.
async fn restricted(plane: &ControlPlane) -> TestNamespace {
    let namespace = plane.namespace("chart").await;
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let object =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": *namespace, "labels": labels}});
    plane.apply_yaml(&object.to_string()).await.unwrap();
    namespace
}

/// Asks the API server to judge all objects, and to keep none.
async fn judge(plane: &ControlPlane, objects: &[Value]) -> Result<String, String> {
    let args = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--output=name",
        "--filename=-",
    ];
    plane.kubectl(&args, &stream(objects)).await
}

/// The pods that the Deployments would make, and those that stand for themselves.
fn pods(objects: &[Value]) -> Vec<Value> {
    objects
        .iter()
        .filter_map(|object| match object["kind"].as_str()? {
            "Deployment" => {
                let template = &object["spec"]["template"];
                let metadata = json!({
                    "name": object["metadata"]["name"],
                    "namespace": object["metadata"]["namespace"],
                    "labels": template["metadata"]["labels"],
                    "annotations": template["metadata"]["annotations"],
                });
                Some(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}))
            }
            "Pod" => Some(object.clone()),
            _ => None,
        })
        .collect()
}

/// Makes the accounts, without which no pod is admitted.
async fn make_accounts(plane: &ControlPlane, objects: &[Value]) {
    let accounts: Vec<Value> = objects
        .iter()
        .filter(|object| object["kind"] == "ServiceAccount")
        .cloned()
        .collect();
    if !accounts.is_empty() {
        plane.apply_yaml(&stream(&accounts)).await.unwrap();
    }
}

#[tokio::test]
async fn the_api_server_takes_every_object() {
    let plane = ControlPlane::shared();
    plane.install_kinds().await;
    let files = value_files();
    for values in std::iter::once(None).chain(files.iter().map(|file| Some(file.as_path()))) {
        let namespace = restricted(plane).await;
        let watched = if values.is_some_and(|file| file.ends_with("watch-namespaces.yaml")) {
            format!("watchNamespaces={{{}}}", &*namespace)
        } else {
            String::new()
        };
        let mut objects = rendered(plane, &namespace, values, &watched).await;
        objects.retain(|object| !is_foreign(object));
        for object in &mut objects {
            // What is given without a namespace goes to that of the release, as helm has it.
            if object["kind"] == "ConfigMap" && object["metadata"]["namespace"].is_null() {
                object["metadata"]["namespace"] = json!(*namespace);
            }
        }
        make_accounts(plane, &objects).await;
        let taken = judge(plane, &objects)
            .await
            .unwrap_or_else(|error| panic!("{values:?}: {error}"));
        assert_eq!(taken.lines().count(), objects.len(), "{values:?}");
    }
}

#[tokio::test]
async fn every_pod_passes_the_restricted_standard() {
    let plane = ControlPlane::shared();
    let (minimal, production) = (
        chart().join("values-minimal.yaml"),
        chart().join("values-production.yaml"),
    );
    let openshift = "global.compatibility.openshift.adaptSecurityContext=force";
    for (values, set) in [
        (None, ""),
        (Some(minimal), ""),
        (Some(production), ""),
        (None, openshift),
    ] {
        let namespace = restricted(plane).await;
        let objects = rendered(plane, &namespace, values.as_deref(), set).await;
        make_accounts(plane, &objects).await;
        let pods = pods(&objects);
        assert_eq!(pods.len(), 3);
        for pod in pods {
            judge(plane, std::slice::from_ref(&pod))
                .await
                .unwrap_or_else(|error| panic!("{} with {values:?} {set}: {error}", id(&pod)));
        }
    }
}

#[tokio::test]
async fn a_pod_below_the_standard_would_have_been_refused() {
    let plane = ControlPlane::shared();
    let namespace = restricted(plane).await;
    for set in [
        "server.securityContext.allowPrivilegeEscalation=true",
        "server.podSecurityContext.runAsUser=0",
        "server.podSecurityContext.seccompProfile.type=Unconfined",
        "server.securityContext.capabilities.drop={CHOWN}",
    ] {
        let objects = rendered(plane, &namespace, None, set).await;
        make_accounts(plane, &objects).await;
        let pods = pods(&objects);
        let server = find(&pods, "Pod", "countersign-server").clone();
        let error = judge(plane, &[server]).await.expect_err(set);
        assert!(
            error.contains("violates PodSecurity \"restricted:latest\""),
            "{set}: {error}"
        );
    }
}
