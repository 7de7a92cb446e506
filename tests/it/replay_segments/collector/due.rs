//! What goes, and what stays.

use super::log::{Log, set};
use crate::replay_segments::place::{ENTRY, NEVER, NEXT, call, in_seconds, path, segment};
use countersign::controller::replay_log::{Collected, Collector};
use http::header::DATE;
use http::{HeaderValue, Method};
use serde_json::json;

#[tokio::test]
async fn a_segment_goes_when_no_clock_honours_it_any_more() {
    let log = Log::new("collect").await;
    log.put("due", -150).await;
    log.put("just-expired", -1).await;
    log.put("not-due-yet", -110).await;
    log.put("alive", 600).await;
    log.put_until("anchor-a", NEVER).await;
    log.put("anchor-that-expired", -9_000).await;

    let collector = log.collector();
    let expected = Collected {
        deleted: 1,
        left: 3,
        failures: 0,
        complete: true,
    };
    assert_eq!(collector.collect().await, expected);
    let left = set([
        "just-expired",
        "not-due-yet",
        "alive",
        "anchor-a",
        "anchor-that-expired",
    ]);
    assert_eq!(log.names().await, left);
    assert_eq!(log.metric("countersign_replay_segments_collected_total"), "1");
    assert_eq!(log.metric("countersign_replay_collection_segments"), "3");
    assert_eq!(log.metric("countersign_replay_collection_failures_total"), "0");

    assert_eq!(
        collector.collect().await,
        Collected {
            deleted: 0,
            ..expected
        }
    );
}

/// What happens to a segment between the list that shows it and its deletion.
async fn meanwhile(prefix: &str, what: &'static [(Method, &'static str)]) -> (Log, Collected) {
    let log = Log::new(prefix).await;
    log.put("a", -600).await;
    let (admin, namespace) = (log.plane.admin(), log.namespace.clone());
    let collector = log.collector_behind(move |inner, request| {
        let (admin, namespace) = (admin.clone(), namespace.clone());
        async move {
            if request.method() == Method::DELETE {
                for (method, rest) in what {
                    let of_object = path(&namespace, "/a");
                    let object = match *method {
                        Method::PUT => {
                            let mut object = call(&admin, Method::GET, &of_object, None).await.unwrap();
                            object["spec"]["keys"] = json!(format!("{ENTRY}{NEXT}"));
                            Some(object)
                        }
                        Method::POST => Some(segment(&namespace, "a", ENTRY, &in_seconds(-600))),
                        _ => None,
                    };
                    let path = path(&namespace, rest);
                    call(&admin, method.clone(), &path, object.as_ref())
                        .await
                        .unwrap();
                }
            }
            inner.send(request).await
        }
    });
    let collected = collector.collect().await;
    (log, collected)
}

#[tokio::test]
async fn what_was_appended_to_since_it_was_listed_stays() {
    let (log, collected) = meanwhile("collect-appended", &[(Method::PUT, "/a")]).await;
    let expected = Collected {
        deleted: 0,
        left: 1,
        failures: 0,
        complete: true,
    };
    assert_eq!(collected, expected);
    assert_eq!(log.names().await, set(["a"]));
}

#[tokio::test]
async fn what_has_the_name_of_another_stays() {
    let made_anew = &[(Method::DELETE, "/a"), (Method::POST, "")];
    let (log, collected) = meanwhile("collect-anew", made_anew).await;
    assert_eq!((collected.deleted, collected.left, collected.failures), (0, 1, 0));
    assert_eq!(log.names().await, set(["a"]));
}

#[tokio::test]
async fn what_is_gone_is_no_failure() {
    let (log, collected) = meanwhile("collect-gone", &[(Method::DELETE, "/a")]).await;
    assert_eq!((collected.deleted, collected.left, collected.failures), (0, 0, 0));
    assert_eq!(log.names().await, set([]));
}

/// A collector that sees this `Date` in every answer.
fn dated(log: &Log, date: Option<&'static str>) -> Collector {
    log.collector_behind(move |inner, request| async move {
        let mut response = inner.send(request).await?;
        response.headers_mut().remove(DATE);
        if let Some(date) = date {
            response
                .headers_mut()
                .insert(DATE, HeaderValue::from_static(date));
        }
        Ok(response)
    })
}

#[tokio::test]
async fn the_api_servers_clock_decides_and_without_it_nothing_goes() {
    for (prefix, date, deleted, failures) in [
        ("collect-no-date", None, 0, 1),
        ("collect-bad-date", Some("yesterday"), 0, 1),
        ("collect-past", Some("Thu, 01 Jan 1970 00:00:00 GMT"), 0, 0),
        ("collect-future", Some("Thu, 01 Jan 2099 00:00:00 GMT"), 2, 0),
    ] {
        let log = Log::new(prefix).await;
        log.put("expired", -600).await;
        log.put("alive", 600).await;
        log.put_until("anchor-a", NEVER).await;
        let collected = dated(&log, date).collect().await;
        assert_eq!(
            (collected.deleted, collected.failures),
            (deleted, failures),
            "{prefix}"
        );
        assert_eq!(collected.left + deleted, 2, "{prefix}");
        let shown = log.metric("countersign_replay_collection_failures_total");
        assert_eq!(shown, if failures == 0 { "0" } else { "1" }, "{prefix}");
    }
}
