//! What our accounts are refused, asked of the API server itself.

use super::needed::PATIENCE;
use crate::support::accounts::service_account;
use crate::support::release::Release;
use crate::support::{ControlPlane, eventually};
use countersign::api::installation::Account;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::{Api, ListParams, PostParams};

/// A place to ask about.
#[derive(Debug, Clone, Copy)]
enum Place {
    Watched,
    Release,
    Elsewhere,
    Cluster,
}

async fn may(
    client: &Client,
    namespace: Option<&str>,
    verb: &str,
    resource: &str,
    name: Option<&str>,
) -> bool {
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, sub)) => (resource, Some(sub.to_owned())),
        None => (resource, None),
    };
    let attributes = ResourceAttributes {
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        subresource,
        verb: Some(verb.to_owned()),
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await.unwrap();
    answer.status.unwrap().allowed
}

/// What is asked, of whom, where, and what is to be answered.
type Question = (
    Account,
    Place,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
);

const S: Account = Account::Server;
const C: Account = Account::Controller;
const RING: Option<&str> = Some("countersign-signing-keys");
const CA: Option<&str> = Some("countersign-ca");
const TLS: Option<&str> = Some("countersign-tls");
const OTHER: Option<&str> = Some("another");
const CLIENTS: &str = "oauthclients.countersign.dev";
const STATUS: &str = "oauthclients/status.countersign.dev";
const BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";
const LEASES: &str = "leases.coordination.k8s.io";
const SEGMENTS: &str = "replaysegments.countersign.dev";

/// The first row of each group is a right that the account has: what says no to everything proves nothing.
const QUESTIONS: &[Question] = &[
    (S, Place::Release, "list", "secrets", RING, true),
    (S, Place::Release, "list", "secrets", None, false),
    (S, Place::Release, "list", "secrets", OTHER, false),
    (S, Place::Release, "watch", "secrets", OTHER, false),
    (S, Place::Release, "get", "secrets", OTHER, false),
    (S, Place::Release, "get", "secrets", RING, false),
    (S, Place::Release, "update", "secrets", RING, false),
    (S, Place::Release, "patch", "secrets", RING, false),
    (S, Place::Release, "delete", "secrets", RING, false),
    (S, Place::Release, "create", "secrets", None, false),
    (S, Place::Watched, "list", "secrets", None, false),
    (S, Place::Watched, "list", "secrets", RING, false),
    (S, Place::Watched, "list", "configmaps", None, false),
    (S, Place::Watched, "list", CLIENTS, None, true),
    (S, Place::Watched, "update", CLIENTS, OTHER, false),
    (S, Place::Watched, "patch", CLIENTS, OTHER, false),
    (S, Place::Watched, "create", CLIENTS, None, false),
    (S, Place::Watched, "delete", CLIENTS, OTHER, false),
    (S, Place::Watched, "update", STATUS, OTHER, false),
    (S, Place::Watched, "patch", STATUS, OTHER, false),
    (S, Place::Elsewhere, "list", CLIENTS, None, false),
    (S, Place::Cluster, "list", CLIENTS, None, false),
    (S, Place::Cluster, "list", "secrets", None, false),
    (
        S,
        Place::Release,
        "watch",
        LEASES,
        Some("countersign-heartbeat"),
        true,
    ),
    (
        S,
        Place::Release,
        "watch",
        LEASES,
        Some("countersign-controller"),
        false,
    ),
    (
        S,
        Place::Release,
        "update",
        LEASES,
        Some("countersign-heartbeat"),
        false,
    ),
    (S, Place::Release, "create", LEASES, None, false),
    (S, Place::Release, "create", "pods", None, false),
    (S, Place::Watched, "create", "pods", None, false),
    (S, Place::Watched, "create", "serviceaccounts/token", OTHER, false),
    (
        S,
        Place::Cluster,
        "create",
        "tokenreviews.authentication.k8s.io",
        None,
        false,
    ),
    (S, Place::Release, "create", SEGMENTS, None, true),
    (S, Place::Release, "update", SEGMENTS, OTHER, true),
    (S, Place::Release, "list", SEGMENTS, None, true),
    (S, Place::Release, "watch", SEGMENTS, None, true),
    (S, Place::Release, "get", SEGMENTS, OTHER, false),
    (S, Place::Release, "patch", SEGMENTS, OTHER, false),
    (S, Place::Release, "delete", SEGMENTS, OTHER, false),
    (S, Place::Release, "deletecollection", SEGMENTS, None, false),
    (S, Place::Cluster, "list", SEGMENTS, None, false),
    (S, Place::Cluster, "watch", SEGMENTS, None, false),
    (S, Place::Cluster, "create", SEGMENTS, None, false),
    (S, Place::Watched, "create", SEGMENTS, None, false),
    (S, Place::Watched, "update", SEGMENTS, OTHER, false),
    (S, Place::Watched, "watch", SEGMENTS, None, false),
    (S, Place::Elsewhere, "update", SEGMENTS, OTHER, false),
    (C, Place::Release, "update", "secrets", RING, true),
    (C, Place::Release, "update", "secrets", OTHER, false),
    (S, Place::Release, "watch", "secrets", TLS, true),
    (S, Place::Release, "update", "secrets", TLS, false),
    (S, Place::Release, "list", "secrets", CA, false),
    (S, Place::Release, "get", "secrets", CA, false),
    (S, Place::Watched, "patch", "configmaps", CA, false),
    (C, Place::Release, "update", "secrets", CA, true),
    (C, Place::Release, "update", "secrets", TLS, true),
    (C, Place::Release, "get", "secrets", CA, false),
    (C, Place::Release, "delete", "secrets", CA, false),
    (C, Place::Watched, "update", "secrets", TLS, false),
    (C, Place::Watched, "patch", "configmaps", CA, true),
    (C, Place::Watched, "create", "configmaps", CA, true),
    (C, Place::Watched, "patch", "configmaps", OTHER, false),
    (C, Place::Watched, "create", "configmaps", OTHER, false),
    (C, Place::Watched, "delete", "configmaps", CA, false),
    (C, Place::Release, "patch", "configmaps", CA, true),
    (C, Place::Release, "list", "configmaps", None, false),
    (C, Place::Release, "patch", "configmaps", OTHER, false),
    (C, Place::Elsewhere, "patch", "configmaps", CA, false),
    (C, Place::Watched, "get", BINDINGS, OTHER, false),
    (C, Place::Watched, "list", BINDINGS, None, false),
    (
        C,
        Place::Release,
        "get",
        "deployments.apps",
        Some("countersign-controller"),
        true,
    ),
    (C, Place::Release, "get", "deployments.apps", OTHER, false),
    (
        C,
        Place::Release,
        "patch",
        "deployments.apps",
        Some("countersign-controller"),
        false,
    ),
    (C, Place::Cluster, "list", "namespaces", None, false),
    (
        C,
        Place::Cluster,
        "get",
        "clusterroles.rbac.authorization.k8s.io",
        OTHER,
        false,
    ),
    (C, Place::Release, "list", "secrets", None, false),
    (C, Place::Release, "list", "secrets", OTHER, false),
    (C, Place::Release, "get", "secrets", OTHER, false),
    (C, Place::Release, "delete", "secrets", RING, false),
    (C, Place::Watched, "list", "configmaps", None, true),
    (C, Place::Watched, "get", "configmaps", OTHER, false),
    (C, Place::Watched, "update", "configmaps", OTHER, false),
    (C, Place::Watched, "create", "configmaps", None, false),
    (C, Place::Watched, "list", "secrets", None, false),
    (C, Place::Watched, "watch", "secrets", None, false),
    (C, Place::Watched, "get", "secrets", OTHER, false),
    (C, Place::Watched, "create", "secrets", None, false),
    (C, Place::Elsewhere, "list", "secrets", None, false),
    (C, Place::Elsewhere, "list", "configmaps", None, false),
    (C, Place::Cluster, "list", "secrets", None, false),
    (C, Place::Cluster, "list", "configmaps", None, false),
    (C, Place::Watched, "patch", STATUS, OTHER, true),
    (C, Place::Watched, "update", STATUS, OTHER, false),
    (C, Place::Watched, "patch", CLIENTS, OTHER, false),
    (C, Place::Watched, "update", CLIENTS, OTHER, false),
    (C, Place::Watched, "create", CLIENTS, None, false),
    (C, Place::Watched, "delete", CLIENTS, OTHER, false),
    (C, Place::Elsewhere, "patch", STATUS, OTHER, false),
    (
        C,
        Place::Release,
        "update",
        LEASES,
        Some("countersign-heartbeat"),
        true,
    ),
    (C, Place::Release, "update", LEASES, OTHER, false),
    (
        C,
        Place::Release,
        "delete",
        LEASES,
        Some("countersign-controller"),
        false,
    ),
    (C, Place::Watched, "create", LEASES, None, false),
    (C, Place::Release, "list", SEGMENTS, None, true),
    (C, Place::Release, "delete", SEGMENTS, OTHER, true),
    (C, Place::Release, "deletecollection", SEGMENTS, None, false),
    (C, Place::Release, "create", SEGMENTS, None, false),
    (C, Place::Release, "update", SEGMENTS, OTHER, false),
    (C, Place::Release, "patch", SEGMENTS, OTHER, false),
    (C, Place::Release, "get", SEGMENTS, OTHER, false),
    (C, Place::Release, "watch", SEGMENTS, None, false),
    (C, Place::Watched, "list", SEGMENTS, None, false),
    (C, Place::Watched, "delete", SEGMENTS, OTHER, false),
    (C, Place::Cluster, "list", SEGMENTS, None, false),
    (C, Place::Watched, "create", "events.events.k8s.io", None, true),
    (C, Place::Watched, "delete", "events.events.k8s.io", OTHER, false),
    (C, Place::Watched, "create", "pods", None, false),
    (C, Place::Watched, "create", "pods/exec", OTHER, false),
    (C, Place::Watched, "create", "serviceaccounts/token", OTHER, false),
    (
        C,
        Place::Watched,
        "create",
        "rolebindings.rbac.authorization.k8s.io",
        None,
        false,
    ),
    (
        C,
        Place::Cluster,
        "update",
        "customresourcedefinitions.apiextensions.k8s.io",
        OTHER,
        false,
    ),
    (C, Place::Cluster, "delete", "namespaces", OTHER, false),
];

#[tokio::test]
async fn neither_account_may_do_more_than_its_table_says() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "refused").await;
    let elsewhere = plane.namespace("elsewhere").await;
    let home = &release.installation.namespace;
    let clients = [
        plane.client_as(home, &service_account(S)).await,
        plane.client_as(home, &service_account(C)).await,
    ];
    // The authorizer learns of bindings through a watch: what is given must be seen before what is not.
    let mut wrong = Vec::new();
    for allowed in [true, false] {
        for (account, place, verb, resource, name, answer) in QUESTIONS {
            if *answer != allowed {
                continue;
            }
            let namespace = match place {
                Place::Watched => Some(release.namespace()),
                Place::Release => Some(home.as_str()),
                Place::Elsewhere => Some(&*elsewhere),
                Place::Cluster => None,
            };
            let client = &clients[usize::from(*account == C)];
            let ask = async || may(client, namespace, verb, resource, *name).await;
            if allowed {
                eventually(PATIENCE, resource, async || ask().await.then_some(())).await;
            } else if ask().await {
                wrong.push((account, place, verb, resource, name));
            }
        }
    }
    assert!(wrong.is_empty(), "allowed: {wrong:#?}");
    eprintln!("{} questions answered as the table has it", QUESTIONS.len());
}

#[tokio::test]
async fn a_tenants_secret_is_read_only_where_the_namespace_opted_in() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "opt-in").await;
    let controller = plane
        .client_as(&release.installation.namespace, &service_account(C))
        .await;
    let secrets: Api<Secret> = Api::namespaced(controller.clone(), release.namespace());
    let refused = secrets.list(&ListParams::default()).await.unwrap_err();
    assert!(
        refused.to_string().contains("cannot list resource \"secrets\""),
        "{refused}"
    );

    plane.apply(&release.opt_in()).await;
    eventually(PATIENCE, "the right to list Secrets", async || {
        secrets.list(&ListParams::default()).await.map(drop)
    })
    .await;
    let home: Api<Secret> = Api::namespaced(controller, &release.installation.namespace);
    let refused = home.list(&ListParams::default()).await.unwrap_err();
    assert!(
        refused.to_string().contains("cannot list resource \"secrets\""),
        "{refused}"
    );
    for (verb, allowed) in [
        ("list", true),
        ("watch", true),
        ("update", false),
        ("delete", false),
        ("create", false),
    ] {
        let client = plane
            .client_as(&release.installation.namespace, &service_account(C))
            .await;
        let answer = may(&client, Some(release.namespace()), verb, "secrets", None).await;
        assert_eq!(answer, allowed, "{verb}");
    }
}
