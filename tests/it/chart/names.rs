//! What the objects are called, and that two installations share nothing.

use super::helm::{NAMESPACE, chart, helm, id, ids, objects, rendered, without_helm};
use serde_json::Value;
use std::collections::BTreeSet;

fn installed(release: &str, namespace: &str, set: &str) -> Vec<Value> {
    let chart = chart();
    let chart = chart.to_str().unwrap();
    let args = ["template", release, chart, "-n", namespace, "--set", set];
    objects(&helm(args).unwrap_or_else(|error| panic!("{args:?}: {error}")))
}

/// The names of the two Deployments.
fn deployments(objects: &[Value]) -> Vec<String> {
    objects
        .iter()
        .filter(|object| object["kind"] == "Deployment")
        .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn names_begin_with_the_release() {
    let rows = [
        ("countersign", "", "countersign"),
        ("my-countersign", "", "my-countersign"),
        ("tokens", "", "tokens-countersign"),
        ("tokens", "nameOverride=broker", "tokens-broker"),
        ("tokens", "fullnameOverride=cs", "cs"),
        (
            "a23456789-a23456789-a23456789-a23456789-a2345678",
            "",
            "a23456789-a23456789-a23456789-a23456789-a234",
        ),
    ];
    for (release, set, name) in rows {
        let expected = [format!("{name}-controller"), format!("{name}-server")];
        assert_eq!(
            deployments(&installed(release, NAMESPACE, set)),
            expected,
            "{release} {set}"
        );
    }
}

#[test]
fn no_name_and_no_label_is_too_long() {
    let release = "a23456789-".repeat(5) + "abc";
    let monitored = "metrics.serviceMonitor.enabled=true,metrics.serviceMonitor.renderMode=alwaysRender";
    for object in installed(&release, NAMESPACE, monitored) {
        let metadata = &object["metadata"];
        let longest = if ["Service", "Pod"].contains(&object["kind"].as_str().unwrap()) {
            63
        } else {
            253
        };
        assert!(
            metadata["name"].as_str().unwrap().len() <= longest,
            "{}",
            id(&object)
        );
        for (label, value) in metadata["labels"].as_object().unwrap() {
            assert!(value.as_str().unwrap().len() <= 63, "{label} of {}", id(&object));
        }
    }
}

#[test]
fn names_of_digits_stay_strings() {
    for object in installed("1", "123", "") {
        let metadata = &object["metadata"];
        assert!(metadata["name"].is_string(), "{object}");
        let namespace = metadata.get("namespace").unwrap_or(&Value::Null);
        assert!(namespace.is_null() || namespace == "123", "{}", id(&object));
        for subject in object["subjects"].as_array().into_iter().flatten() {
            assert_eq!(subject["namespace"], "123");
        }
        let labels = [
            &metadata["labels"],
            &object["spec"]["selector"],
            &object["spec"]["selector"]["matchLabels"],
        ];
        for (label, value) in labels
            .iter()
            .flat_map(|labels| labels.as_object().into_iter().flatten())
        {
            assert!(
                value.is_string() || label == "matchLabels",
                "{label} of {}",
                id(&object)
            );
        }
    }
}

/// What two installations both want to make.
fn shared(first: &str, second: &str) -> BTreeSet<String> {
    let (ours, theirs) = (
        ids(&installed("first", "a", first)),
        ids(&installed("second", "b", second)),
    );
    ours.intersection(&theirs).cloned().collect()
}

#[test]
fn two_installations_share_the_definitions_alone() {
    let definitions = ["oauthclients", "replaysegments"]
        .map(|plural| format!("CustomResourceDefinition -/{plural}.countersign.dev"));
    for (first, second) in [
        ("watchNamespaces={x}", "watchNamespaces={y}"),
        ("", "watchNamespaces={y}"),
    ] {
        assert_eq!(
            shared(first, second),
            definitions.clone().into(),
            "{first} and {second}"
        );
    }
}

/// A cluster takes one installation that serves all of it: a second one is refused by this name.
#[test]
fn two_installations_of_the_whole_cluster_meet_at_one_policy() {
    let mut shared = shared("crds.enabled=false", "crds.enabled=false").into_iter();
    assert_eq!(
        shared.next().unwrap(),
        "ValidatingAdmissionPolicy -/countersign-status"
    );
    assert_eq!(
        shared.next().unwrap(),
        "ValidatingAdmissionPolicyBinding -/countersign-status"
    );
    assert_eq!(shared.next(), None);
}

#[test]
fn installations_of_parts_of_a_cluster_may_have_the_same_name() {
    let mut ours = ids(&installed(
        "countersign",
        "a",
        "watchNamespaces={x},crds.enabled=false",
    ));
    let theirs = ids(&installed(
        "countersign",
        "b",
        "watchNamespaces={y},crds.enabled=false",
    ));
    ours.retain(|id| theirs.contains(id));
    assert_eq!(ours, BTreeSet::new());
}

#[test]
fn everything_is_in_the_namespace_of_the_installation_or_in_none() {
    let elsewhere = rendered(&["--set", "namespaceOverride=elsewhere"]);
    for object in elsewhere {
        let namespace = &object["metadata"]["namespace"];
        assert!(namespace.is_null() || namespace == "elsewhere", "{}", id(&object));
        assert!(
            !object.to_string().contains(NAMESPACE),
            "{}",
            without_helm(object)
        );
    }
}

#[test]
fn every_object_says_whose_it_is() {
    let labels = "commonLabels.team=identity,commonLabels.app\\.kubernetes\\.io/name=theirs";
    for object in rendered(&["--set", labels, "--set", "commonAnnotations.owner=identity"]) {
        let labels = &object["metadata"]["labels"];
        for (label, value) in [
            ("app.kubernetes.io/name", "countersign"),
            ("app.kubernetes.io/part-of", "countersign"),
            ("team", "identity"),
        ] {
            assert_eq!(labels[label], value, "{}", id(&object));
        }
    }
}
