//! What everybody else is refused, whatever rights they have.

use super::place::{ENTRY, NEXT, PATIENCE, Place, call, says};
use crate::support::{ControlPlane, eventually};
use http::Method;
use kube::Client;
use serde_json::{Value, json};

/// An account in the release namespace that may do anything with our kinds there.
async fn tenant(place: &Place) -> Client {
    let namespace = place.home();
    let group = "rbac.authorization.k8s.io";
    let all = json!([{"apiGroups": ["countersign.dev"], "resources": ["*"], "verbs": ["*"]}]);
    for object in [
        json!({"apiVersion": "v1", "kind": "ServiceAccount"}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "Role", "rules": all}),
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "RoleBinding",
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "tenant"},
            "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": "tenant"}],
        }),
    ] {
        let mut object = object;
        object["metadata"] = json!({"namespace": namespace, "name": "tenant"});
        place.plane.apply(&object).await;
    }
    let client = place.plane.client_as(namespace, "tenant").await;
    eventually(PATIENCE, "the tenant's rights", async || {
        call(&client, Method::GET, &place.path(""), None).await
    })
    .await;
    client
}

#[tokio::test]
async fn the_log_is_nobody_elses() {
    let place = Place::new(ControlPlane::shared(), "segment-others").await;
    let (stored, anchor) = (place.made("a", ENTRY).await, place.anchored("anchor-a").await);
    let home = place.home();
    let write = format!(
        "only the server of Countersign (system:serviceaccount:{home}:countersign-server) may write a replay segment"
    );
    let delete = format!(
        "only the controller of Countersign (system:serviceaccount:{home}:countersign-controller) may delete a replay segment"
    );
    let mut grown = stored.clone();
    grown["spec"]["keys"] = json!(format!("{ENTRY}{NEXT}"));
    let new = place.segment("b", ENTRY, 600);
    let mut forged = place.segment("anchor-b", "", 600);
    forged["spec"]["expires"] = json!("9999-12-30T00:00:00Z");
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    let rows: [(&str, Method, &str, Option<&Value>, &str); 9] = [
        ("a new segment", Method::POST, "", Some(&new), &write),
        ("a new anchor", Method::POST, "", Some(&forged), &write),
        ("an append", Method::PUT, "/a", Some(&grown), &write),
        ("no change", Method::PUT, "/a", Some(&stored), &write),
        ("a label", Method::PATCH, "/a", Some(&label), &write),
        (
            "a label of the anchor",
            Method::PATCH,
            "/anchor-a",
            Some(&label),
            &write,
        ),
        ("a deletion", Method::DELETE, "/a", None, &delete),
        (
            "a deletion of the anchor",
            Method::DELETE,
            "/anchor-a",
            None,
            &delete,
        ),
        ("a deletion of all", Method::DELETE, "", None, &delete),
    ];
    for (who, client) in [
        ("a tenant", tenant(&place).await),
        ("the administrator", place.plane.admin()),
    ] {
        for (what, method, rest, body, expected) in &rows {
            let answer = call(&client, method.clone(), &place.path(rest), *body).await;
            assert!(says(&answer, expected), "{who}: {what}: {answer:?}");
        }
    }
    assert_eq!(place.stored("a").await, Ok(stored));
    assert_eq!(place.stored("anchor-a").await, Ok(anchor));
}
