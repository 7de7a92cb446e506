//! The chart's rights and policies are those of the tables in `src/api`.

use super::helm::{NAMESPACE, RELEASE, chart, helm, ids, objects, rendered, without_helm};
use countersign::api::installation::Installation;
use countersign::api::manifests::{policies_yaml, rbac_yaml};
use serde_json::{Value, json};

/// What the tables speak of.
const KINDS: [&str; 7] = [
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// Labels that the chart adds.
const OF_THE_CHART: [&str; 3] = [
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
];

/// The objects of the tables, sorted, as one comparable text each.
fn of_the_tables(objects: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = objects
        .into_iter()
        .filter(|object| KINDS.contains(&object["kind"].as_str().unwrap()))
        .map(|object| {
            let mut object = without_helm(object);
            let members = object.as_object_mut().unwrap();
            // The chart's pods ask for their token themselves.
            assert_ne!(members.remove("automountServiceAccountToken"), Some(json!(true)));
            let labels = object
                .pointer_mut("/metadata/labels")
                .and_then(Value::as_object_mut);
            labels
                .unwrap()
                .retain(|label, _| !OF_THE_CHART.contains(&label.as_str()));
            serde_json::to_string_pretty(&object).unwrap()
        })
        .collect();
    texts.sort();
    texts
}

fn generated(installation: &Installation) -> Vec<Value> {
    let mut all = objects(&rbac_yaml(installation).unwrap());
    all.extend(objects(&policies_yaml(installation).unwrap()));
    all
}

#[track_caller]
fn assert_same(release: &str, installation: &Installation) {
    let chart = chart();
    let watched = format!("watchNamespaces={{{}}}", installation.watch_namespaces.join(","));
    let mut args = vec![
        "template",
        release,
        chart.to_str().unwrap(),
        "-n",
        &installation.namespace,
        "--no-hooks",
    ];
    if !installation.is_cluster_wide() {
        args.extend(["--set", &watched]);
    }
    let ours = of_the_tables(objects(&helm(&args).unwrap()));
    let expected = of_the_tables(generated(installation));
    for (ours, expected) in ours.iter().zip(&expected) {
        assert_eq!(ours, expected);
    }
    assert_eq!(ours.len(), expected.len());
}

fn installation(name: &str, namespace: &str, watched: &[&str]) -> Installation {
    Installation {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        watch_namespaces: watched.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[test]
fn they_are_the_generated_ones_for_the_whole_cluster() {
    assert_same(RELEASE, &Installation::default());
    assert_same("tokens", &installation("tokens-countersign", "identity", &[]));
}

#[test]
fn they_are_the_generated_ones_for_a_part_of_it() {
    assert_same(RELEASE, &installation("countersign", "identity", &["a", "b"]));
}

#[test]
fn who_serves_a_part_of_the_cluster_has_no_right_in_the_rest() {
    let watched = "watchNamespaces={a,b}";
    let bound = |set: &str| -> Vec<String> {
        ids(&rendered(&["--set", watched, "--set", set]))
            .into_iter()
            .filter(|id| id.starts_with("ClusterRoleBinding "))
            .collect()
    };
    // Documents that Kubernetes shows every service account, unless an administrator decided otherwise.
    let discovery = format!("ClusterRoleBinding -/countersign-server-discovery.{NAMESPACE}");
    assert_eq!(bound("rbac.bindIssuerDiscovery=true"), [discovery]);
    assert_eq!(bound("rbac.bindIssuerDiscovery=false"), [""; 0]);
}

#[test]
fn rights_that_others_give_are_left_to_them() {
    let objects = rendered(&["--no-hooks", "--set", "rbac.create=false"]);
    let left: Vec<String> = ids(&objects)
        .into_iter()
        .filter(|id| id.contains("Role"))
        .collect();
    assert_eq!(left, [""; 0]);
    let accounts = ids(&objects)
        .iter()
        .filter(|id| id.starts_with("ServiceAccount "))
        .count();
    assert_eq!(accounts, 2);
    let policies = ids(&objects)
        .iter()
        .filter(|id| id.starts_with("ValidatingAdmissionPolicy "))
        .count();
    assert_eq!(policies, 2, "policies are not optional");
}

#[test]
fn roles_of_kubernetes_need_not_include_our_kinds() {
    for (set, expected) in [("true", 5), ("false", 0)] {
        let set = format!("rbac.aggregateClusterRoles={set}");
        let aggregated = rendered(&["--set", &set])
            .iter()
            .map(|object| {
                let labels = object["metadata"]["labels"].as_object().unwrap();
                labels
                    .keys()
                    .filter(|label| label.contains("aggregate-to-"))
                    .count()
            })
            .sum::<usize>();
        assert_eq!(aggregated, expected, "{set}");
    }
}

#[test]
fn accounts_of_other_names_are_bound_and_believed() {
    let objects = rendered(&[
        "--no-hooks",
        "--set",
        "server.serviceAccount.name=s1,controller.serviceAccount.name=c1",
    ]);
    let text = serde_json::to_string(&objects).unwrap();
    for user in [
        "system:serviceaccount:countersign-system:s1",
        "system:serviceaccount:countersign-system:c1",
    ] {
        assert!(text.contains(user), "{user}");
    }
    let bound: Vec<&str> = objects
        .iter()
        .flat_map(|object| object["subjects"].as_array().into_iter().flatten())
        .map(|subject| subject["name"].as_str().unwrap())
        .collect();
    assert!(
        !bound.is_empty() && bound.iter().all(|name| ["s1", "c1"].contains(name)),
        "{bound:?}"
    );
}
