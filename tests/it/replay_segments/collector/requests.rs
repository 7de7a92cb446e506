//! What is asked of the API server, and what becomes of its refusals.

use super::log::{Answer, Log, set};
use crate::replay_segments::place::PATIENCE;
use crate::support::eventually;
use countersign::controller::replay_log::{CollectionMetrics, Collector};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use prometheus::Registry;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What was asked: the method, the path with its query, and the body.
type Asked = (Method, String, Value);

/// Passes a request on, and keeps what it says.
async fn noted(asked: Arc<Mutex<Vec<Asked>>>, inner: Client, request: Request<Body>) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let said = serde_json::from_slice(&body).unwrap_or_default();
    asked
        .lock()
        .unwrap()
        .push((parts.method.clone(), parts.uri.to_string(), said));
    inner
        .send(Request::from_parts(parts, Body::from(body.to_vec())))
        .await
}

#[tokio::test]
async fn it_reads_page_by_page_and_deletes_one_by_one() {
    const DUE: usize = 230;
    let log = Log::new("collect-pages").await;
    for number in 0..DUE {
        log.put(&format!("due-{number:03}"), -600).await;
    }
    log.put("zzz-alive", 600).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    let collector = log.collector_behind(move |inner, request| noted(Arc::clone(&notes), inner, request));
    let collected = collector.collect().await;
    assert_eq!(
        (collected.deleted, collected.left, collected.failures),
        (230, 1, 0)
    );
    assert_eq!(log.names().await, set(["zzz-alive"]));

    let asked = asked.lock().unwrap();
    let of = |method: Method| asked.iter().filter(move |(asked, ..)| *asked == method);
    let lists: Vec<&str> = of(Method::GET).map(|(_, uri, _)| uri.as_str()).collect();
    assert_eq!(lists.len(), 3, "{lists:?}");
    for (number, list) in lists.iter().enumerate() {
        assert!(list.contains("limit=100"), "{list}");
        assert!(!list.contains("resourceVersion"), "{list}");
        assert_eq!(list.contains("continue="), number > 0, "{list}");
    }
    let mut deleted = BTreeSet::new();
    for (_, uri, body) in of(Method::DELETE) {
        let (_, name) = uri.split_once("/replaysegments/").expect(uri);
        deleted.insert(name.trim_end_matches('?'));
        for condition in ["uid", "resourceVersion"] {
            let text = body["preconditions"][condition].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{name}: {body}");
        }
    }
    assert_eq!(deleted.len(), DUE);
    assert!(!deleted.contains(""));
    assert_eq!(asked.len(), DUE + 3);
}

#[tokio::test]
async fn two_leaders_at_a_time_do_no_harm() {
    let log = Log::new("collect-two").await;
    for number in 0..40 {
        log.put(&format!("due-{number}"), -600).await;
    }
    log.put("alive", 600).await;
    let other = CollectionMetrics::new(&Registry::new()).unwrap();
    let other = Collector::new(log.controller.clone(), &log.namespace, other);
    let one = log.collector();
    let (one, other) = tokio::join!(one.collect(), other.collect());
    assert_eq!(one.deleted + other.deleted, 40, "{one:?} {other:?}");
    assert_eq!(one.failures + other.failures, 0, "{one:?} {other:?}");
    assert_eq!(log.names().await, set(["alive"]));
}

/// A collector whose deletion of `b` is answered with this status.
fn refusing(log: &Log, status: StatusCode) -> Collector {
    log.collector_behind(move |inner, request| async move {
        if request.method() == Method::DELETE && request.uri().path().ends_with("/b") {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            return Ok(response);
        }
        inner.send(request).await
    })
}

#[tokio::test]
async fn one_that_cannot_be_deleted_keeps_no_other_but_a_tired_api_server_is_left_alone() {
    for (prefix, status, left, complete) in [
        ("collect-forbidden", StatusCode::FORBIDDEN, set(["b"]), true),
        (
            "collect-invalid",
            StatusCode::UNPROCESSABLE_ENTITY,
            set(["b"]),
            true,
        ),
        (
            "collect-busy",
            StatusCode::TOO_MANY_REQUESTS,
            set(["b", "c"]),
            false,
        ),
        (
            "collect-broken",
            StatusCode::INTERNAL_SERVER_ERROR,
            set(["b", "c"]),
            false,
        ),
    ] {
        let log = Log::new(prefix).await;
        for name in ["a", "b", "c"] {
            log.put(name, -600).await;
        }
        let collected = refusing(&log, status).collect().await;
        assert_eq!(
            (collected.failures, collected.complete),
            (1, complete),
            "{prefix}"
        );
        assert_eq!(log.names().await, left, "{prefix}");
        assert_eq!(
            log.metric("countersign_replay_collection_failures_total"),
            "1",
            "{prefix}"
        );
        let shown = log.metric("countersign_replay_collection_segments");
        assert_eq!(shown, if complete { "1" } else { "0" }, "{prefix}");
    }
}

#[tokio::test]
async fn it_begins_at_once_and_ends_when_it_is_told_to() {
    let log = Log::new("collect-run").await;
    log.put("due", -600).await;
    let stop = CancellationToken::new();
    let collector = log.collector();
    let ended = async {
        eventually(PATIENCE, "the first look", async || {
            log.names().await.is_empty().then_some(())
        })
        .await;
        stop.cancel();
    };
    let both = async { tokio::join!(collector.run(stop.clone()), ended) };
    timeout(PATIENCE, both).await.unwrap();

    // Also while the API server does not answer.
    let other = Log::new("collect-stop").await;
    let (asked, hears) = tokio::sync::mpsc::unbounded_channel();
    let mut hears = hears;
    let silent = other.collector_behind(move |_, _| {
        asked.send(()).unwrap();
        std::future::pending()
    });
    let stop = CancellationToken::new();
    let ended = async {
        hears.recv().await.unwrap();
        stop.cancel();
    };
    let both = async { tokio::join!(silent.run(stop.clone()), ended) };
    timeout(Duration::from_secs(5), both).await.unwrap();
}
