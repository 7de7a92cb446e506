//! What becomes of changes by the server itself: a stolen token of its account forgets nothing.

use super::place::{ENTRY, NEVER, NEXT, Place, in_seconds, says};
use crate::support::ControlPlane;
use serde_json::{Value, json};

/// A name, what is changed, and what the API server says.
type Row = (&'static str, Change, &'static str);

/// What is done to an object.
type Change = fn(&mut Value);

const KEPT: &str = "spec.keys: Invalid value: must keep the keys that are recorded";
const WHOLE: &str = "spec.keys: Invalid value: must be a whole number of entries of 24 characters";
const WRITER: &str = "spec.writer: Invalid value: must not change: a segment has one writer";
const FORMATS: &str = "spec.formats: Invalid value: must not change";
const BACK: &str = "spec.expires: Invalid value: must not go back";
const LATE: &str = "spec.expires: must be at most 1800 s after the creation of the replay segment";

/// The segment has two entries, and expires after ten minutes.
const REFUSED: &[Row] = &[
    ("a key less", |it| it["spec"]["keys"] = json!(ENTRY), KEPT),
    ("no keys", |it| it["spec"]["keys"] = json!(""), KEPT),
    (
        "other keys",
        |it| it["spec"]["keys"] = json!(format!("{NEXT}{NEXT}")),
        KEPT,
    ),
    (
        "a change in the middle",
        |it| {
            let keys = it["spec"]["keys"].as_str().unwrap().replacen("pK", "qK", 1);
            it["spec"]["keys"] = json!(keys);
        },
        KEPT,
    ),
    (
        "keys put before the others",
        |it| {
            let keys = format!("{NEXT}{}", it["spec"]["keys"].as_str().unwrap());
            it["spec"]["keys"] = json!(keys);
        },
        KEPT,
    ),
    ("half an entry more", |it| append(it, "AAAAAAAAAAAA"), WHOLE),
    (
        "an entry that is not base64",
        |it| append(it, "AAAAAAAAAAAAAAAAAAAAAAA="),
        "spec.keys in body should match",
    ),
    (
        "more keys than fit",
        |it| append(it, &NEXT.repeat(4095)),
        "spec.keys: Too long: may not be more than 98304 bytes",
    ),
    ("no `keys`", |it| remove(it, "keys"), "spec.keys: Required value"),
    (
        "no `writer`",
        |it| remove(it, "writer"),
        "spec.writer: Required value",
    ),
    (
        "no `formats`",
        |it| remove(it, "formats"),
        "spec.formats: Required value",
    ),
    (
        "no `expires`",
        |it| remove(it, "expires"),
        "spec.expires: Required value",
    ),
    (
        "no `spec`",
        |it| drop(it.as_object_mut().unwrap().remove("spec")),
        "spec: Required value",
    ),
    (
        "a `spec` that is null",
        |it| it["spec"] = Value::Null,
        "spec: Required value",
    ),
    (
        "an empty `spec`",
        |it| it["spec"] = json!({}),
        "spec.keys: Required value",
    ),
    (
        "`keys` that are null",
        |it| it["spec"]["keys"] = Value::Null,
        "spec.keys: Required value",
    ),
    ("another writer", |it| it["spec"]["writer"] = json!("f"), WRITER),
    (
        "a writer who is nobody",
        |it| it["spec"]["writer"] = json!(""),
        "spec.writer in body should be at least 1 chars long",
    ),
    (
        "another format",
        |it| it["spec"]["formats"] = json!(["v2"]),
        FORMATS,
    ),
    (
        "a format more",
        |it| it["spec"]["formats"] = json!(["v1", "v2"]),
        FORMATS,
    ),
    (
        "no format",
        |it| it["spec"]["formats"] = json!([]),
        "spec.formats in body should have at least 1 items",
    ),
    (
        "an earlier expiry",
        |it| it["spec"]["expires"] = json!(in_seconds(300)),
        BACK,
    ),
    (
        "an expiry that is past",
        |it| it["spec"]["expires"] = json!(in_seconds(-300)),
        BACK,
    ),
    (
        "an expiry without a date",
        |it| it["spec"]["expires"] = json!("never"),
        "spec.expires in body must be of type date-time",
    ),
    (
        "an expiry in parts of a second",
        |it| it["spec"]["expires"] = json!("2199-01-01T00:00:00.5Z"),
        "spec.expires: Too long",
    ),
    (
        "an expiry in another zone",
        |it| it["spec"]["expires"] = json!("2199-01-01T0:0:0+01"),
        "spec.expires in body should match",
    ),
    (
        "an expiry beyond the cap",
        |it| it["spec"]["expires"] = json!(in_seconds(1_860)),
        LATE,
    ),
    (
        "no expiry at all",
        |it| it["spec"]["expires"] = json!(NEVER),
        LATE,
    ),
    (
        "an owner that does not exist",
        |it| it["metadata"]["ownerReferences"] = owners(),
        "metadata.ownerReferences: must be empty",
    ),
    (
        "a finalizer",
        |it| it["metadata"]["finalizers"] = json!(["example.com/keep"]),
        "metadata.finalizers: must be empty",
    ),
    (
        "another creation, and an expiry after it",
        |it| {
            it["metadata"]["creationTimestamp"] = json!("2199-01-01T00:00:00Z");
            it["spec"]["expires"] = json!("2199-01-01T00:10:00Z");
        },
        LATE,
    ),
    (
        "a state that has passed",
        |it| it["metadata"]["resourceVersion"] = json!("1"),
        "the object has been modified",
    ),
    (
        "another object",
        |it| it["metadata"]["uid"] = json!("0d6b5f0e"),
        "UID",
    ),
];

/// The same of an anchor.
const REFUSED_OF_ANCHORS: &[Row] = &[
    (
        "keys",
        |it| append(it, ENTRY),
        "spec.keys: Invalid value: must be empty in an anchor",
    ),
    (
        "an expiry",
        |it| it["spec"]["expires"] = json!(in_seconds(600)),
        BACK,
    ),
    (
        "a later expiry",
        |it| it["spec"]["expires"] = json!("9999-12-31T00:00:00Z"),
        "spec.expires: must be 9999-12-30T00:00:00Z in an anchor",
    ),
    (
        "an owner that does not exist",
        |it| it["metadata"]["ownerReferences"] = owners(),
        "metadata.ownerReferences: must be empty",
    ),
    (
        "a finalizer",
        |it| it["metadata"]["finalizers"] = json!(["example.com/keep"]),
        "metadata.finalizers: must be empty",
    ),
];

const ALLOWED: &[(&str, Change)] = &[
    ("nothing", |_| {}),
    ("an append", |it| append(it, ENTRY)),
    ("an append of many", |it| append(it, &NEXT.repeat(500))),
    ("a later expiry", |it| {
        it["spec"]["expires"] = json!(in_seconds(900));
    }),
    ("the latest expiry", |it| {
        it["spec"]["expires"] = json!(in_seconds(1_780));
    }),
];

/// An owner of another kind, whom nobody has ever seen.
pub(super) fn owners() -> Value {
    json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "5a1f0c3e-0000-4000-8000-000000000000"}])
}

fn append(segment: &mut Value, keys: &str) {
    let keys = format!("{}{keys}", segment["spec"]["keys"].as_str().unwrap());
    segment["spec"]["keys"] = json!(keys);
}

fn remove(segment: &mut Value, field: &str) {
    segment["spec"].as_object_mut().unwrap().remove(field).unwrap();
}

/// Sees each row refused with its words, and the object as it was.
async fn all_refused(place: &Place, stored: &Value, rows: &[Row]) {
    let name = stored["metadata"]["name"].as_str().unwrap();
    let mut wrong = Vec::new();
    for (what, change, expected) in rows {
        let mut changed = stored.clone();
        change(&mut changed);
        let answer = place.replace(&place.server, &changed).await;
        if !says(&answer, expected) {
            wrong.push(format!("{what}: {answer:?}"));
        }
        assert_eq!(place.stored(name).await.as_ref(), Ok(stored), "{what}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{} changes of {name} refused", rows.len());
}

#[tokio::test]
async fn a_segment_only_grows() {
    let place = Place::new(ControlPlane::shared(), "segment-grows").await;
    let stored = place.made("a", &format!("{ENTRY}{NEXT}")).await;
    all_refused(&place, &stored, REFUSED).await;

    let mut current = stored;
    for (what, change) in ALLOWED {
        change(&mut current);
        let answer = place.replace(&place.server, &current).await;
        let stored = answer.unwrap_or_else(|message| panic!("{what}: {message}"));
        assert_eq!(stored["spec"], current["spec"], "{what}");
        current = stored;
    }
}

#[tokio::test]
async fn an_anchor_stays_as_it_is() {
    let place = Place::new(ControlPlane::shared(), "anchor-stays").await;
    let stored = place.anchored("anchor-a").await;
    all_refused(&place, &stored, REFUSED_OF_ANCHORS).await;
}
