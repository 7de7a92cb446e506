//! The two Deployments: image, replicas, security, places, probes.

use super::helm::{find, ids, rendered};
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["server", "controller"];

fn deployment(objects: &[Value], component: &str) -> Value {
    find(objects, "Deployment", &format!("countersign-{component}")).clone()
}

/// The pod templates' specs.
fn pods(set: &str) -> [Value; 2] {
    let objects = rendered(&["--set", set]);
    BOTH.map(|component| deployment(&objects, component)["spec"]["template"]["spec"].clone())
}

/// The image of every pod, the one of `helm test` included.
fn images(set: &str) -> Vec<String> {
    let objects = rendered(&["--set", set]);
    let mut images: Vec<String> = objects
        .iter()
        .filter_map(|object| match object["kind"].as_str()? {
            "Deployment" => Some(&object["spec"]["template"]["spec"]),
            "Pod" => Some(&object["spec"]),
            _ => None,
        })
        .map(|pod| pod["containers"][0]["image"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(images.len(), 3);
    images.dedup();
    images
}

#[test]
fn one_image_runs_everywhere_and_can_be_named_in_every_way() {
    let zeros = "0".repeat(64);
    let version = env!("CARGO_PKG_VERSION");
    let rows = [
        (
            String::new(),
            format!("ghcr.io/countersign/countersign:{version}"),
        ),
        (
            "image.tag=1.2".to_owned(),
            "ghcr.io/countersign/countersign:1.2".to_owned(),
        ),
        (
            format!("image.digest=sha256:{zeros}"),
            format!("ghcr.io/countersign/countersign@sha256:{zeros}"),
        ),
        (
            format!("image.tag=1.2,image.digest=sha256:{zeros}"),
            format!("ghcr.io/countersign/countersign:1.2@sha256:{zeros}"),
        ),
        (
            "image.registry=quay.example,image.repository=a/b".to_owned(),
            format!("quay.example/a/b:{version}"),
        ),
        (
            "global.imageRegistry=registry.example:5000,image.registry=quay.example".to_owned(),
            format!("registry.example:5000/countersign/countersign:{version}"),
        ),
    ];
    for (set, image) in rows {
        assert_eq!(images(&set), [image], "{set}");
    }
}

#[test]
fn replicas_are_those_of_the_values_or_of_the_autoscaler() {
    let rendered_with = |set: &str| rendered(&["--set", set]);
    let objects = rendered_with("server.replicaCount=5,controller.replicaCount=3");
    assert_eq!(deployment(&objects, "server")["spec"]["replicas"], 5);
    assert_eq!(deployment(&objects, "controller")["spec"]["replicas"], 3);
    let stopped = rendered_with("server.replicaCount=0");
    assert_eq!(deployment(&stopped, "server")["spec"]["replicas"], 0);
    let scaled = rendered_with("server.autoscaling.enabled=true,server.autoscaling.minReplicas=4");
    assert_eq!(deployment(&scaled, "server")["spec"].get("replicas"), None);
    let scaler = find(&scaled, "HorizontalPodAutoscaler", "countersign-server");
    assert_eq!(scaler["spec"]["minReplicas"], 4);
    assert_eq!(scaler["spec"]["scaleTargetRef"]["name"], "countersign-server");
}

#[test]
fn only_who_has_several_replicas_has_a_disruption_budget() {
    let budgets = |set: &str| -> Vec<String> {
        let budgets = ids(&rendered(&["--set", set])).into_iter();
        budgets
            .filter(|id| id.starts_with("PodDisruptionBudget"))
            .collect()
    };
    assert_eq!(budgets("").len(), 2);
    assert_eq!(
        budgets("server.replicaCount=1,controller.replicaCount=1"),
        [""; 0]
    );
    assert_eq!(
        budgets("server.autoscaling.enabled=true,server.replicaCount=1").len(),
        2
    );
    let objects = rendered(&[
        "--set",
        "server.replicaCount=5,server.podDisruptionBudget.minAvailable=3",
    ]);
    let spec = &find(&objects, "PodDisruptionBudget", "countersign-server")["spec"];
    assert_eq!(
        (&spec["minAvailable"], spec.get("maxUnavailable")),
        (&json!(3), None)
    );
    assert_eq!(spec["unhealthyPodEvictionPolicy"], "AlwaysAllow");
}

#[test]
fn a_server_is_never_missing_while_a_version_is_rolled_out() {
    let server = deployment(&rendered(&[]), "server");
    assert_eq!(server["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
    assert_eq!(
        server["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
        45
    );
}

#[test]
fn selectors_select_the_pods_of_one_component_and_never_change_with_the_version() {
    let objects = rendered(&[]);
    let mut selectors = Vec::new();
    for component in BOTH {
        let deployment = deployment(&objects, component);
        let selector = deployment["spec"]["selector"]["matchLabels"].as_object().unwrap();
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        for (label, value) in selector {
            assert_eq!(&labels[label], value);
            assert!(!label.contains("version") && !label.contains("chart"), "{label}");
        }
        assert_eq!(labels.get("helm.sh/chart"), None);
        selectors.push(selector.clone());
    }
    assert_ne!(selectors[0], selectors[1]);
    let service = find(&objects, "Service", "countersign-server");
    assert_eq!(service["spec"]["selector"], Value::Object(selectors[0].clone()));
}

#[test]
fn openshift_chooses_users_itself() {
    let user = |args: &[&str]| -> Vec<Option<Value>> {
        let objects = rendered(args);
        let context = |component| {
            let spec = &deployment(&objects, component)["spec"]["template"]["spec"];
            assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
            spec["securityContext"].get("runAsUser").cloned()
        };
        BOTH.map(context).to_vec()
    };
    let setting = "global.compatibility.openshift.adaptSecurityContext";
    let (force, disabled) = (format!("{setting}=force"), format!("{setting}=disabled"));
    let openshift = ["--api-versions", "security.openshift.io/v1"];
    let fixed = vec![Some(json!(65532)); 2];
    assert_eq!(user(&[]), fixed);
    assert_eq!(user(&openshift), [None, None]);
    assert_eq!(user(&["--set", &force]), [None, None]);
    assert_eq!(user(&[&openshift[..], &["--set", &disabled]].concat()), fixed);
}

#[test]
fn places_are_those_of_the_component_or_else_those_of_all() {
    let [server, controller] = pods("global.nodeSelector.pool=all,server.nodeSelector.pool=own");
    assert_eq!(server["nodeSelector"], json!({"pool": "own"}));
    assert_eq!(controller["nodeSelector"], json!({"pool": "all"}));
    let [server, controller] = pods("global.priorityClassName=all,server.priorityClassName=own");
    assert_eq!(server["priorityClassName"], "own");
    assert_eq!(controller["priorityClassName"], "all");
}

#[test]
fn replicas_are_spread_over_zones_and_nodes() {
    for (pod, component) in pods("").iter().zip(BOTH) {
        let spread = pod["topologySpreadConstraints"].as_array().unwrap();
        let keys: Vec<&str> = spread
            .iter()
            .map(|one| one["topologyKey"].as_str().unwrap())
            .collect();
        assert_eq!(keys, ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
        for one in spread {
            assert_eq!(
                one["labelSelector"]["matchLabels"]["app.kubernetes.io/component"],
                component
            );
            assert_eq!(one["matchLabelKeys"], json!(["pod-template-hash"]));
        }
    }
}

#[test]
fn a_token_of_the_api_is_mounted_where_it_is_needed() {
    let objects = rendered(&[]);
    for component in BOTH {
        let account = find(&objects, "ServiceAccount", &format!("countersign-{component}"));
        assert_eq!(account["automountServiceAccountToken"], false);
        let pod = &deployment(&objects, component)["spec"]["template"]["spec"];
        assert_eq!(pod["automountServiceAccountToken"], true);
    }
    let test = find(&objects, "Pod", "countersign-test");
    assert_eq!(test["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn host_users_are_left_to_the_cluster_unless_something_is_said() {
    assert_eq!(pods("")[0].get("hostUsers"), None);
    assert_eq!(pods("server.hostUsers=false")[0]["hostUsers"], false);
}
