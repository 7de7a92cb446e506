//! What the server's account may create in the log.

use super::changes::owners;
use super::place::{ENTRY, NEVER, Place, call, in_seconds, path, says};
use crate::support::ControlPlane;
use http::Method;
use serde_json::{Value, json};

/// A name, what is different from a good segment, and what the API server says.
type Row = (&'static str, Change, &'static str);

/// What is done to an object.
type Change = fn(&mut Value);

const SOON: &str = "spec.expires: must be at least 60 s after the creation of the replay segment";
const LATE: &str = "spec.expires: must be at most 1800 s after the creation of the replay segment";
const ANCHOR: &str = "spec.expires: must be 9999-12-30T00:00:00Z in an anchor";

const REFUSED: &[Row] = &[
    (
        "an owner",
        |it| it["metadata"]["ownerReferences"] = owners(),
        "metadata.ownerReferences: must be empty",
    ),
    (
        "a finalizer",
        |it| it["metadata"]["finalizers"] = json!(["example.com/keep"]),
        "metadata.finalizers: must be empty",
    ),
    (
        "an expiry before the segment is sealed",
        |it| expires(it, 50),
        SOON,
    ),
    ("an expiry that is past", |it| expires(it, -1), SOON),
    ("an expiry beyond the cap", |it| expires(it, 1_860), LATE),
    (
        "no expiry at all",
        |it| it["spec"]["expires"] = json!(NEVER),
        LATE,
    ),
    (
        "a creation of one's own, and an expiry after it",
        |it| {
            it["metadata"]["creationTimestamp"] = json!("2199-01-01T00:00:00Z");
            it["spec"]["expires"] = json!("2199-01-01T00:10:00Z");
        },
        LATE,
    ),
    (
        "an anchor with keys",
        |it| {
            anchor(it);
            it["spec"]["keys"] = json!(ENTRY);
        },
        "spec.keys: Invalid value: must be empty in an anchor",
    ),
    (
        "an anchor that expires",
        |it| {
            anchor(it);
            expires(it, 600);
        },
        ANCHOR,
    ),
    (
        "an anchor that expires a second too early",
        |it| {
            anchor(it);
            it["spec"]["expires"] = json!("9999-12-29T23:59:59Z");
        },
        ANCHOR,
    ),
    (
        "no `spec`",
        |it| drop(it.as_object_mut().unwrap().remove("spec")),
        "spec: Required value",
    ),
    (
        "no `keys`",
        |it| drop(it["spec"].as_object_mut().unwrap().remove("keys")),
        "spec.keys: Required value",
    ),
    (
        "half an entry",
        |it| it["spec"]["keys"] = json!("AAAAAAAAAAAA"),
        "must be a whole number of entries",
    ),
    (
        "a name as a writer",
        |it| it["spec"]["writer"] = json!("server-0"),
        "spec.writer in body should match",
    ),
    (
        "a long writer",
        |it| it["spec"]["writer"] = json!("a".repeat(64)),
        "spec.writer: Too long: may not be more than 63 bytes",
    ),
    (
        "a format of another name",
        |it| it["spec"]["formats"] = json!(["w1"]),
        "spec.formats[0] in body should match",
    ),
    (
        "the same format twice",
        |it| it["spec"]["formats"] = json!(["v1", "v1"]),
        "spec.formats[1]: Duplicate value",
    ),
    (
        "many formats",
        |it| it["spec"]["formats"] = json!(["v1", "v2", "v3", "v4", "v5"]),
        "spec.formats: Too many: 5",
    ),
];

const ALLOWED: &[(&str, Change)] = &[
    ("a segment", |_| {}),
    ("an empty segment", |it| it["spec"]["keys"] = json!("")),
    ("the earliest expiry", |it| expires(it, 70)),
    ("the latest expiry", |it| expires(it, 1_790)),
    ("two formats", |it| it["spec"]["formats"] = json!(["v1", "v2"])),
    ("an anchor", anchor),
];

fn expires(segment: &mut Value, seconds: i64) {
    segment["spec"]["expires"] = json!(in_seconds(seconds));
}

fn anchor(segment: &mut Value) {
    segment["metadata"]["name"] = json!("anchor-0123456789abcdef0123456789abcdef");
    segment["metadata"]["labels"] = json!({"countersign.dev/log": "anchor"});
    segment["spec"]["keys"] = json!("");
    segment["spec"]["expires"] = json!(NEVER);
}

#[tokio::test]
async fn a_segment_begins_as_it_must_end() {
    let place = Place::new(ControlPlane::shared(), "segment-begins").await;
    let mut wrong = Vec::new();
    for (what, change, expected) in REFUSED {
        let mut object = place.segment("a", ENTRY, 600);
        change(&mut object);
        let answer = place.create(&place.server, &object).await;
        if !says(&answer, expected) {
            wrong.push(format!("{what}: {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let admin = place.plane.admin();
    let list = call(&admin, Method::GET, &place.path(""), None).await.unwrap();
    assert_eq!(list["items"], json!([]));
    eprintln!("{} creations refused", REFUSED.len());

    for (number, (what, change)) in ALLOWED.iter().enumerate() {
        let mut object = place.segment(&format!("a{number}"), ENTRY, 600);
        change(&mut object);
        let answer = place.create(&place.server, &object).await;
        assert!(answer.is_ok(), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn the_server_writes_to_its_own_log_only() {
    let place = Place::new(ControlPlane::shared(), "segment-elsewhere").await;
    let watched = place.release.namespace();
    let mut object = place.segment("a", ENTRY, 600);
    object["metadata"]["namespace"] = json!(watched);
    let answer = call(&place.server, Method::POST, &path(watched, ""), Some(&object)).await;
    assert!(
        says(&answer, "cannot create resource \"replaysegments\""),
        "{answer:?}"
    );
}
