//! Service-account tokens that are not those of one running pod. All of it is signed by the cluster.

use super::corpus::{Malformed, because};
use crate::matrix::token::Draft;
use crate::matrix::world::{NOW, SERVICE_ACCOUNT};
use countersign::oauth::reason::ReasonCode;
use serde_json::{Value, json};

/// `sub` of somebody else, or of nobody.
const SUBJECTS: [&str; 14] = [
    "system:serviceaccount:other:billing",
    "system:serviceaccount:payments:other",
    "system:serviceaccount:payments:billing:x",
    "system:serviceaccount:payments",
    "system:serviceaccount::billing",
    "system:serviceaccount:payments:",
    "system:serviceaccount:Payments:billing",
    "system:serviceaccount:payments:bill_ing",
    "System:serviceaccount:payments:billing",
    "serviceaccount:payments:billing",
    "system:node:n1",
    "system:admin",
    "payments:billing",
    "payments/billing",
];

pub(super) fn corpus() -> Vec<Malformed> {
    let mut corpus: Vec<Malformed> = SUBJECTS
        .into_iter()
        .map(|subject| {
            Malformed::cluster(format!("workload: sub {subject}"), move |draft| {
                draft.claim("sub", json!(subject)).token()
            })
        })
        .collect();
    for value in ["null", "1", "\"x\"", "[]", "{}"] {
        corpus.push(Malformed::cluster(
            format!("workload: kubernetes.io {value}"),
            move |draft| draft.claim("kubernetes.io", value).token(),
        ));
    }
    corpus.push(Malformed::cluster("workload: no kubernetes.io", |draft| {
        draft.without("kubernetes.io").token()
    }));
    corpus.extend(changes().into_iter().map(|(path, value)| {
        let shown = value.as_ref().map_or("missing".to_owned(), Value::to_string);
        Malformed::cluster(format!("workload: {path} {shown}"), move |draft| {
            changed(draft, path, value.clone()).token()
        })
    }));
    // Both parts agree, on another account.
    corpus.push(Malformed::cluster("workload: of another account", |draft| {
        let draft = changed(draft, "/serviceaccount/name", Some(json!("other")));
        draft
            .claim("sub", json!(SERVICE_ACCOUNT.replace("billing", "other")))
            .token()
    }));
    corpus.push(Malformed::cluster("workload: of another namespace", |draft| {
        let draft = changed(draft, "/namespace", Some(json!("other")));
        draft
            .claim("sub", json!(SERVICE_ACCOUNT.replace("payments", "other")))
            .token()
    }));
    let reasons = &[
        ReasonCode::WorkloadSubject,
        ReasonCode::WorkloadClaim,
        ReasonCode::WorkloadContradiction,
        ReasonCode::WorkloadNotBound,
        ReasonCode::WorkloadPastWarnAfter,
        // Well-formed, but no client's and not the authenticated one's.
        ReasonCode::ClientNotChosen,
        ReasonCode::OtherClient,
    ];
    because(reasons, corpus).collect()
}

/// A place below `kubernetes.io`, and what stands there instead; nothing if it is taken out.
fn changes() -> Vec<(&'static str, Option<Value>)> {
    let mut changes = Vec::new();
    for path in [
        "/namespace",
        "/serviceaccount/name",
        "/serviceaccount/uid",
        "/pod/name",
        "/pod/uid",
    ] {
        for value in [None, Some(json!("")), Some(json!(1)), Some(json!(null))] {
            changes.push((path, value));
        }
    }
    for path in ["/serviceaccount", "/pod"] {
        for value in [None, Some(json!("billing")), Some(json!([])), Some(json!(null))] {
            changes.push((path, value));
        }
    }
    changes.push(("/namespace", Some(json!("other"))));
    changes.push(("/serviceaccount/name", Some(json!("other"))));
    changes.push(("/secret", Some(json!({ "name": "s", "uid": "1" }))));
    for value in [json!(NOW - 1), json!(0), json!("x"), json!(null), json!(1.5)] {
        changes.push(("/warnafter", Some(value)));
    }
    changes
}

fn changed(mut draft: Draft, path: &str, value: Option<Value>) -> Draft {
    let mut claim: Value = serde_json::from_str(&draft.claims.value("kubernetes.io").unwrap()).unwrap();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = claim.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name)),
    }
    draft.claims.set("kubernetes.io", claim);
    draft
}
