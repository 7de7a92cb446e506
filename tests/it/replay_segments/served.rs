//! What the server's and the controller's accounts may do besides, and no more.

use super::place::{ENTRY, NEXT, PATIENCE, Place, call, path, says};
use crate::support::ControlPlane;
use countersign::api::v1alpha1::ReplaySegment;
use futures::TryStreamExt;
use http::Method;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use serde_json::{Value, json};
use std::pin::pin;
use tokio::time::timeout;

/// A method, what follows the path of the collection, a body, and the verb and the resource that are refused.
type Row = (Method, &'static str, Option<Value>, &'static str);

fn patch() -> Value {
    json!({"spec": {"expires": "2199-01-01T00:00:00Z"}})
}

#[tokio::test]
async fn a_stolen_token_of_the_server_takes_nothing_away() {
    let place = Place::new(ControlPlane::shared(), "segment-server").await;
    let stored = place.made("a", ENTRY).await;
    let rows: [Row; 7] = [
        (
            Method::DELETE,
            "/a",
            None,
            "cannot delete resource \"replaysegments\"",
        ),
        (
            Method::DELETE,
            "",
            None,
            "cannot deletecollection resource \"replaysegments\"",
        ),
        (
            Method::PATCH,
            "/a",
            Some(patch()),
            "cannot patch resource \"replaysegments\"",
        ),
        (Method::GET, "/a", None, "cannot get resource \"replaysegments\""),
        (
            Method::PUT,
            "/a/status",
            Some(stored.clone()),
            "cannot update resource \"replaysegments/status\"",
        ),
        (
            Method::PATCH,
            "/a/status",
            Some(patch()),
            "cannot patch resource \"replaysegments/status\"",
        ),
        (
            Method::PUT,
            "/a/scale",
            Some(json!({})),
            "cannot update resource \"replaysegments/scale\"",
        ),
    ];
    for (method, rest, body, expected) in rows {
        let answer = call(&place.server, method.clone(), &place.path(rest), body.as_ref()).await;
        assert!(says(&answer, expected), "{method} {rest}: {answer:?}");
    }
    assert_eq!(place.stored("a").await, Ok(stored));
}

/// Who may write everything finds no status to write to.
#[tokio::test]
async fn there_is_no_status() {
    let place = Place::new(ControlPlane::shared(), "segment-status").await;
    let stored = place.made("a", ENTRY).await;
    let answer = call(
        &place.plane.admin(),
        Method::PUT,
        &place.path("/a/status"),
        Some(&stored),
    )
    .await;
    assert!(says(&answer, "\"a\" not found"), "{answer:?}");
}

#[tokio::test]
async fn the_server_reads_the_log_and_follows_it() {
    let place = Place::new(ControlPlane::shared(), "segment-read").await;
    let api: Api<ReplaySegment> = Api::namespaced(place.server.clone(), place.home());
    place.anchored("anchor-a").await;
    let list = api.list(&ListParams::default()).await.unwrap();
    assert_eq!(list.items.len(), 1);
    let version = list.metadata.resource_version.unwrap();

    let mut events = pin!(api.watch(&WatchParams::default(), &version).await.unwrap());
    let made = place.made("a", ENTRY).await;
    let mut grown = made.clone();
    grown["spec"]["keys"] = json!(format!("{ENTRY}{NEXT}"));
    place.replace(&place.server, &grown).await.unwrap();
    place.delete(&place.controller, "a").await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let event = timeout(PATIENCE, events.try_next()).await.unwrap().unwrap();
        seen.push(match event.unwrap() {
            WatchEvent::Added(segment) => ("added", segment.spec.keys),
            WatchEvent::Modified(segment) => ("modified", segment.spec.keys),
            WatchEvent::Deleted(segment) => ("deleted", segment.spec.keys),
            WatchEvent::Bookmark(_) => continue,
            WatchEvent::Error(status) => panic!("{status:?}"),
        });
    }
    let both = format!("{ENTRY}{NEXT}");
    assert_eq!(
        seen,
        [
            ("added", ENTRY.to_owned()),
            ("modified", both.clone()),
            ("deleted", both)
        ]
    );

    // The installation watches a part of the cluster: the logs of others are not its business.
    for (verb, query) in [("list", ""), ("watch", "?watch=true")] {
        let path = format!("/apis/countersign.dev/v1alpha1/replaysegments{query}");
        let answer = call(&place.server, Method::GET, &path, None).await;
        let refused = format!("cannot {verb} resource \"replaysegments\"");
        assert!(says(&answer, &refused), "{answer:?}");
    }
}

#[tokio::test]
async fn the_controller_deletes_segments_one_by_one_and_writes_none() {
    let place = Place::new(ControlPlane::shared(), "segment-controller").await;
    let (stored, anchor) = (place.made("a", ENTRY).await, place.anchored("anchor-a").await);
    let new = place.segment("b", ENTRY, 600);
    let rows: [Row; 6] = [
        (
            Method::POST,
            "",
            Some(new),
            "cannot create resource \"replaysegments\"",
        ),
        (
            Method::PUT,
            "/a",
            Some(stored.clone()),
            "cannot update resource \"replaysegments\"",
        ),
        (
            Method::PATCH,
            "/a",
            Some(patch()),
            "cannot patch resource \"replaysegments\"",
        ),
        (
            Method::DELETE,
            "",
            None,
            "cannot deletecollection resource \"replaysegments\"",
        ),
        (
            Method::GET,
            "?watch=true",
            None,
            "cannot watch resource \"replaysegments\"",
        ),
        (
            Method::DELETE,
            "/anchor-a",
            None,
            "the anchor of a replay log is never deleted: with it the log would forget its birth",
        ),
    ];
    for (method, rest, body, expected) in rows {
        let answer = call(
            &place.controller,
            method.clone(),
            &place.path(rest),
            body.as_ref(),
        )
        .await;
        assert!(says(&answer, expected), "{method} {rest}: {answer:?}");
    }
    assert_eq!(place.stored("a").await, Ok(stored));

    let watched = path(place.release.namespace(), "");
    let answer = call(&place.controller, Method::GET, &watched, None).await;
    assert!(
        says(&answer, "cannot list resource \"replaysegments\""),
        "{answer:?}"
    );

    place.delete(&place.controller, "a").await.unwrap();
    let list = call(&place.controller, Method::GET, &place.path(""), None).await;
    assert_eq!(list.unwrap()["items"], json!([anchor]));
}
