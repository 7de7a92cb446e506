//! `deploy/kustomize` gives what the chart gives.

use super::helm::{chart, find, id, objects, rendered, without_helm};
use crate::house::root;
use crate::support::ControlPlane;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

/// The values that the base is rendered from.
const MINIMAL: &str = "values-minimal.yaml";

/// The objects of the chart with one of its files of values, without what Helm adds and what `helm test` needs.
fn of_the_chart(values: &str) -> BTreeMap<String, Value> {
    let file = chart().join(values);
    let rendered = rendered(&["--no-hooks", "--values", file.to_str().unwrap()]);
    rendered
        .into_iter()
        .map(|object| (id(&object), without_helm(object)))
        .collect()
}

/// The objects of an overlay.
async fn of_the_overlay(overlay: &str) -> BTreeMap<String, Value> {
    let folder = root().join("deploy/kustomize/overlays").join(overlay);
    let built = ControlPlane::shared()
        .kubectl(&["kustomize", folder.to_str().unwrap()], "")
        .await;
    objects(&built.unwrap())
        .into_iter()
        .map(|object| (id(&object), object))
        .collect()
}

#[track_caller]
fn assert_same(mut overlay: BTreeMap<String, Value>, chart: &BTreeMap<String, Value>) {
    // Helm is told to make it.
    let namespace = overlay.remove("Namespace -/countersign-system").unwrap();
    let label = &namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
    assert_eq!(label, "restricted");
    let names = |objects: &BTreeMap<String, Value>| objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&overlay), names(chart));
    for (id, object) in &overlay {
        let text = |object: &Value| serde_json::to_string_pretty(object).unwrap();
        assert_eq!(text(object), text(&chart[id]), "{id}");
    }
}

#[tokio::test]
async fn the_overlay_for_a_laptop_is_the_charts_minimal_installation() {
    assert_same(of_the_overlay("minimal").await, &of_the_chart(MINIMAL));
}

#[tokio::test]
async fn the_overlay_for_production_is_the_charts() {
    assert_same(
        of_the_overlay("production").await,
        &of_the_chart("values-production.yaml"),
    );
}

/// Which file of the base an object stands in.
fn file_of(object: &Value) -> &'static str {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let component = text("/metadata/labels/app.kubernetes.io~1component");
    match (text("/kind"), text("/metadata/name"), component) {
        ("CustomResourceDefinition", "oauthclients.countersign.dev", _) => "oauthclients.yaml",
        ("CustomResourceDefinition", ..) => "replaysegments.yaml",
        ("ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding", ..) => "policies.yaml",
        ("Deployment" | "Service", _, "server") => "server.yaml",
        ("Deployment", _, "controller") => "controller.yaml",
        ("Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" | "ServiceAccount", ..) => "rbac.yaml",
        (kind, name, _) => panic!("no file for {kind} {name}"),
    }
}

/// The files of the base, by name.
fn base() -> BTreeMap<&'static str, String> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let head =
        "# Generated from the chart by `COUNTERSIGN_REGENERATE=1 cargo test --test it chart::kustomize`.\n";
    for object in of_the_chart(MINIMAL).values() {
        let file = files.entry(file_of(object)).or_insert_with(|| head.to_owned());
        if file != head {
            file.push_str("---\n");
        }
        file.push_str(&serde_saphyr::to_string(object).unwrap());
    }
    files
}

#[test]
fn the_base_is_rendered_from_the_chart() {
    let folder = root().join("deploy/kustomize/base");
    for (name, text) in base() {
        let file = folder.join(name);
        if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
            fs::write(&file, &text).unwrap();
        }
        assert!(
            fs::read_to_string(&file).unwrap_or_default() == text,
            "{} is not what the chart renders; run \
             `COUNTERSIGN_REGENERATE=1 cargo test --test it chart::kustomize`",
            file.display()
        );
    }
}

#[test]
fn the_generated_rights_are_those_of_the_tables_too() {
    let chart = of_the_chart(MINIMAL);
    let tables = fs::read_to_string(root().join("deploy/rbac.yaml")).unwrap();
    let all: Vec<Value> = chart.into_values().collect();
    for object in objects(&tables)
        .iter()
        .filter(|object| object.get("rules").is_some())
    {
        let kind = object["kind"].as_str().unwrap();
        let ours = find(&all, kind, object["metadata"]["name"].as_str().unwrap());
        assert_eq!(ours["rules"], object["rules"], "{}", id(object));
        assert_ne!(ours["rules"], json!([]));
    }
}
