//! Who may write the replay log, and for how long it must remember.
//!
//! The schema makes a segment append-only. What is left is who appends, who deletes, and all else that
//! would make a segment disappear: an owner (with one that does not exist, the garbage collector deletes
//! the object), a finalizer (which keeps it for ever), an expiry that comes too early or never.

use super::{namespaces, policy};
use crate::api::installation::{Account, Installation};
use crate::api::v1alpha1::{ANCHOR_EXPIRES, ANCHOR_PREFIX, GROUP};
use crate::replay::retention::SEALED_AFTER;
use serde_json::{Value, json};
use std::slice;
use std::time::Duration;

/// A segment expires no later than this after its creation: what nobody collects does not pile up for ever.
const LONGEST: Duration = Duration::from_mins(30);

/// What empties a namespace that is being deleted: the second one where controllers share an account.
const NAMESPACE_CONTROLLERS: [&str; 2] = [
    "system:serviceaccount:kube-system:namespace-controller",
    "system:kube-controller-manager",
];

/// The policy and its binding, in the release namespace.
pub(super) fn manifests(installation: &Installation) -> [Value; 2] {
    let constraints = json!({
        "resourceRules": [{
            "apiGroups": [GROUP],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE", "DELETE"],
            "resources": ["replaysegments"],
        }],
        "namespaceSelector": namespaces(slice::from_ref(&installation.namespace)),
    });
    policy(
        &installation.shared_name("replay-log"),
        &constraints,
        &Value::Array(validations(installation)),
    )
}

/// The API server names the first rule that is broken.
fn validations(installation: &Installation) -> Vec<Value> {
    let server = installation.user_name(Account::Server);
    let controller = installation.user_name(Account::Controller);
    let [namespaces, all] = NAMESPACE_CONTROLLERS;
    // Nobody else: not even the administrator, who can delete the namespace, or this policy.
    let emptied = format!(
        "(request.userInfo.username in ['{namespaces}', '{all}'] && has(namespaceObject.metadata.deletionTimestamp))"
    );
    let is_anchor = format!("object.metadata.name.startsWith('{ANCHOR_PREFIX}')");
    let created = "timestamp(object.metadata.creationTimestamp)";
    let expires = "timestamp(object.spec.expires)";
    let (least, most) = (SEALED_AFTER.as_secs(), LONGEST.as_secs());
    vec![
        deletion(
            &format!("request.userInfo.username == '{controller}' || {emptied}"),
            &format!("only the controller of Countersign ({controller}) may delete a replay segment"),
        ),
        deletion(
            &format!("!oldObject.metadata.name.startsWith('{ANCHOR_PREFIX}') || {emptied}"),
            "the anchor of a replay log is never deleted: with it the log would forget its birth",
        ),
        write(
            &format!("request.userInfo.username == '{server}'"),
            &format!("only the server of Countersign ({server}) may write a replay segment"),
            "Forbidden",
        ),
        write(
            "!has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() == 0",
            "metadata.ownerReferences: must be empty: a replay segment would go with its owner",
            "Invalid",
        ),
        write(
            "!has(object.metadata.finalizers) || object.metadata.finalizers.size() == 0",
            "metadata.finalizers: must be empty: a replay segment must go when it is deleted",
            "Invalid",
        ),
        write(
            &format!("!{is_anchor} || {expires} == timestamp('{ANCHOR_EXPIRES}')"),
            &format!("spec.expires: must be {ANCHOR_EXPIRES} in an anchor, which does not expire"),
            "Invalid",
        ),
        write(
            &format!("{is_anchor} || {expires} >= {created} + duration('{least}s')"),
            &format!("spec.expires: must be at least {least} s after the creation of the replay segment"),
            "Invalid",
        ),
        write(
            &format!("{is_anchor} || {expires} <= {created} + duration('{most}s')"),
            &format!("spec.expires: must be at most {most} s after the creation of the replay segment"),
            "Invalid",
        ),
    ]
}

fn deletion(expression: &str, message: &str) -> Value {
    json!({
        "expression": format!("request.operation != 'DELETE' || {expression}"),
        "message": message,
        "reason": "Forbidden",
    })
}

fn write(expression: &str, message: &str, reason: &str) -> Value {
    json!({
        "expression": format!("request.operation == 'DELETE' || {expression}"),
        "message": message,
        "reason": reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rules_the_release_namespace_whatever_is_watched() {
        for watched in [&[][..], &["a".to_owned()]] {
            let [policy, _] = manifests(&Installation {
                namespace: "cs".to_owned(),
                watch_namespaces: watched.to_vec(),
                ..Installation::default()
            });
            assert_eq!(
                policy.pointer("/spec/matchConstraints/namespaceSelector/matchExpressions/0/values"),
                Some(&json!(["cs"]))
            );
        }
    }
}
