//! Nobody but the controller writes the status that servers believe, whatever RBAC says.

use std::time::Duration;

use countersign::api::installation::Installation;
use countersign::api::manifests;
use countersign::api::v1alpha1::OAuthClient;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Error};
use serde_json::json;

use crate::support::{ControlPlane, eventually};

const SECOND: Duration = Duration::from_secs(20);

/// What the API server says when `client` writes into the status: nothing if it lets it through.
async fn forge(client: &Client, namespace: &str) -> Result<(), String> {
    let api: Api<OAuthClient> = Api::namespaced(client.clone(), namespace);
    let params = PatchParams {
        dry_run: true,
        ..PatchParams::default()
    };
    let patch = Patch::Merge(json!({"status": {"clientId": "forged/forged"}}));
    match api.patch_status("victim", &params, &patch).await {
        Ok(_) => Ok(()),
        Err(Error::Api(status)) => Err(status.message),
        Err(error) => panic!("the API server did not answer: {error}"),
    }
}

/// A namespace with a client in it, and with a tenant who may do anything with our group.
async fn tenancy(plane: &ControlPlane, prefix: &str) -> String {
    let namespace = plane.namespace(prefix).await.to_string();
    let objects = format!(
        "
apiVersion: countersign.dev/v1alpha1
kind: OAuthClient
metadata: {{namespace: {namespace}, name: victim}}
spec: {{}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{namespace: {namespace}, name: countersign-controller}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{namespace: {namespace}, name: tenant}}
rules: [{{apiGroups: [countersign.dev], resources: ['*'], verbs: ['*']}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{namespace: {namespace}, name: tenant}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: tenant}}
subjects: [{{kind: ServiceAccount, namespace: {namespace}, name: countersign-controller}}]
"
    );
    plane.apply_yaml(&objects).await.unwrap();
    namespace
}

#[tokio::test]
async fn only_the_controller_writes_the_status() {
    let plane = ControlPlane::shared();
    plane.install_kinds().await;
    let (watched, other) = (tenancy(plane, "watched").await, tenancy(plane, "other").await);
    // An installation that no other test has, and that watches one namespace only.
    let installation = Installation {
        namespace: plane.namespace("release").await.to_string(),
        watch_namespaces: vec![watched.clone()],
        ..Installation::default()
    };
    let release = installation.namespace.as_str();
    plane
        .apply_yaml(&manifests::rbac_yaml(&installation).unwrap())
        .await
        .unwrap();
    plane
        .apply_yaml(&manifests::policies_yaml(&installation).unwrap())
        .await
        .unwrap();

    let denial = format!(
        "only the controller of Countersign (system:serviceaccount:{release}:countersign-controller) may write this status"
    );
    let refused = |answer: Result<(), String>| match answer {
        Err(message) if message.contains(&denial) => Ok(()),
        answer => Err(format!("{answer:?}")),
    };
    // All rights on our group, and the name of the controller's account in another namespace.
    let tenant = plane.client_as(&watched, "countersign-controller").await;
    eventually(SECOND, "the policy to be in force", async || {
        refused(forge(&tenant, &watched).await)
    })
    .await;
    assert_eq!(refused(forge(&plane.admin(), &watched).await), Ok(()));

    let controller = plane.client_as(release, "countersign-controller").await;
    assert_eq!(forge(&controller, &watched).await, Ok(()));
    let server = plane.client_as(release, "countersign-server").await;
    let answer = forge(&server, &watched).await.unwrap_err();
    assert!(answer.contains("cannot patch resource"), "{answer}");

    // Elsewhere the policy has no say, and the controller no right.
    let neighbour = plane.client_as(&other, "countersign-controller").await;
    assert_eq!(forge(&neighbour, &other).await, Ok(()));
    let answer = forge(&controller, &other).await.unwrap_err();
    assert!(answer.contains("cannot patch resource"), "{answer}");
}
