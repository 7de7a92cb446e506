//! The log goes with its namespace, and with nothing else.

use super::place::{ENTRY, PATIENCE, Place, says};
use crate::support::{ControlPlane, Options, eventually};
use http::Request;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams};
use serde_json::Value;
use std::time::Duration;

/// The controllers that empty namespaces.
const EMPTYING: [&str; 2] = [
    "system:serviceaccount:kube-system:namespace-controller",
    "system:kube-controller-manager",
];

/// Deletes a segment as somebody who may do anything, by this name.
async fn delete_as(place: &Place, user: &str, name: &str) -> Result<Value, String> {
    let request = Request::delete(place.path(&format!("/{name}")))
        .header("impersonate-user", user)
        .header("impersonate-group", "system:masters");
    match place
        .plane
        .admin()
        .request(request.body(Vec::new()).unwrap())
        .await
    {
        Ok(answer) => Ok(answer),
        Err(kube::Error::Api(status)) => Err(status.message),
        Err(error) => panic!("the API server did not answer: {error}"),
    }
}

#[tokio::test]
async fn a_namespace_is_emptied_only_while_it_goes() {
    let place = Place::new(ControlPlane::shared(), "segment-terminating").await;
    for name in ["a", "b"] {
        place.made(name, ENTRY).await;
    }
    for name in ["anchor-a", "anchor-b"] {
        place.anchored(name).await;
    }
    let refused = "only the controller of Countersign";
    for user in EMPTYING {
        for name in ["a", "anchor-a"] {
            let answer = delete_as(&place, user, name).await;
            assert!(says(&answer, refused), "{user} {name}: {answer:?}");
        }
    }

    // Nobody empties it here: it goes on being deleted.
    let namespaces: Api<Namespace> = Api::all(place.plane.admin());
    namespaces
        .delete(place.home(), &DeleteParams::default())
        .await
        .unwrap();
    for (user, suffix) in EMPTYING.into_iter().zip(["a", "b"]) {
        for name in [suffix.to_owned(), format!("anchor-{suffix}")] {
            let answer = delete_as(&place, "system:admin", &name).await;
            assert!(says(&answer, refused), "{name}: {answer:?}");
            eventually(
                PATIENCE,
                "the API server to know that the namespace goes",
                async || delete_as(&place, user, &name).await,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_namespace_with_a_log_can_be_deleted() {
    let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
    let _controllers = plane.start_controller_manager().await;
    let doomed = Place::new(plane, "segment-gone").await;
    doomed.made("a", ENTRY).await;
    doomed.anchored("anchor-a").await;
    let namespaces: Api<Namespace> = Api::all(plane.admin());
    namespaces
        .delete(doomed.home(), &DeleteParams::default())
        .await
        .unwrap();
    eventually(
        Duration::from_mins(2),
        "the end of the namespace",
        async || match namespaces.get_opt(doomed.home()).await.unwrap() {
            None => Ok(()),
            Some(namespace) => Err(format!("{:?}", namespace.status)),
        },
    )
    .await;
}
