//! The ground that the other tests stand on: a cluster that does what clusters do.

use crate::support::command::{helm, kubectl, kubectl_json, try_helm};
use crate::support::pod::{PROJECTED, Pod};
use crate::support::{IMAGE, Space, WORKLOADS, is_own_node};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_node_is_ready() {
    let nodes = kubectl_json(&["get", "nodes"]);
    assert_ne!(nodes["items"], serde_json::json!([]));
    kubectl(&["wait", "--for=condition=Ready", "node", "--all", "--timeout=30s"]);
}

#[test]
fn helm_reaches_the_cluster() {
    assert!(helm(&["version", "--short"]).starts_with("v4."));
    let error = try_helm(&["status", "nothing-of-this-name"]).unwrap_err();
    assert!(error.contains("release: not found"), "{error}");
}

#[tokio::test]
async fn our_image_runs_under_the_restricted_standard() {
    let space = Space::new("ground-image").await;
    let said = space.run("version", &Pod::of(IMAGE, &["--version"])).await;
    assert_eq!(said.trim(), concat!("countersign ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_service_is_found_by_name_and_spreads_requests() {
    let space = Space::new("ground-names").await;
    space.serve("echo", 3, 8080, &echo());
    let url = format!("http://{}/", space.address("echo", 8080));
    let said = space
        .run("caller", &Pod::of(WORKLOADS, &["fetch", "-count", "60", &url]))
        .await;
    let pods: BTreeSet<&str> = said.lines().collect();
    assert_eq!((said.lines().count(), pods.len()), (60, 3), "{said}");
}

#[tokio::test]
async fn a_rolling_restart_loses_no_request() {
    let space = Space::new("ground-rolling").await;
    space.serve("echo", 2, 8080, &echo());
    let before = pods_of(&space);
    let url = format!("http://{}/", space.address("echo", 8080));
    space.start(
        "caller",
        &Pod::of(WORKLOADS, &["fetch", "-count", "3000", "-pause", "3ms", &url]),
    );
    space.wait("condition=Ready", "pod/caller");
    space.kubectl(&["rollout", "restart", "deployment/echo"]);
    space.wait_rollout("echo");
    let answered: BTreeSet<String> = space.ended("caller").await.lines().map(str::to_owned).collect();
    assert!(answered.intersection(&before).next().is_some(), "{answered:?}");
    assert!(answered.difference(&before).next().is_some(), "{answered:?}");
}

#[tokio::test]
async fn a_pod_has_a_token_of_its_own_for_our_audience() {
    let space = Space::new("ground-token").await;
    space.kubectl(&["create", "serviceaccount", "worker"]);
    let file = format!("{PROJECTED}/token");
    let pod = Pod::of(WORKLOADS, &["claims", &file])
        .account("worker")
        .projecting("https://issuer.example", &[]);
    let claims: Value = serde_json::from_str(&space.run("worker", &pod).await).unwrap();
    assert_eq!(claims["aud"], serde_json::json!(["https://issuer.example"]));
    assert_eq!(
        claims["sub"],
        format!("system:serviceaccount:{}:worker", space.name())
    );
    assert_eq!(claims["kubernetes.io"]["pod"]["name"], "worker");
}

#[tokio::test]
async fn kubectl_reaches_into_pods() {
    let space = Space::new("ground-exec").await;
    space.serve("echo", 1, 8080, &echo());
    let said = space.kubectl(&[
        "exec",
        "deployment/echo",
        "--",
        "/workloads",
        "fetch",
        "http://127.0.0.1:8080/",
    ]);
    assert!(said.starts_with("echo-"), "{said}");
    assert!(space.logs("deployment/echo").contains("listening on"));
}

/// Only of the node that we start: it is safe to run anything on it, because nothing leaves it.
#[tokio::test]
async fn no_pod_reaches_the_world() {
    if !is_own_node() {
        return;
    }
    let space = Space::new("ground-closed").await;
    // An address for documentation (RFC 5737), and one that this machine may have on its own network.
    for (name, address) in [("public", "192.0.2.1"), ("private", "172.17.0.1")] {
        space.start(
            name,
            &Pod::of(WORKLOADS, &["fetch", &format!("http://{address}/")]),
        );
        space.wait("jsonpath={.status.phase}=Failed", &format!("pod/{name}"));
        assert!(space.logs(name).contains("unreachable"), "{}", space.logs(name));
    }
}

/// The pod of a Service that says who answers.
fn echo() -> Pod {
    Pod::of(WORKLOADS, &["echo"]).serving(8080, "/")
}

fn pods_of(space: &Space) -> BTreeSet<String> {
    space
        .list("pods", "app=echo")
        .iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}
