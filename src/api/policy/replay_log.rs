//! What the schema of segments cannot say: who may write them, and that nothing makes them go early.
//!
//! With an owner that does not exist, Kubernetes would collect a segment within a second; so nobody may name one.

use super::{in_namespaces, policy};
use crate::api::installation::{Account, Installation};
use crate::api::v1alpha1::GROUP;
use serde_json::{Value, json};

/// What removes the objects of a namespace that is deleted.
const NAMESPACE_CONTROLLERS: [&str; 2] = [
    "system:serviceaccount:kube-system:namespace-controller",
    "system:kube-controller-manager",
];

/// The policy and its binding, for the release namespace.
pub(super) fn manifests(installation: &Installation) -> [Value; 2] {
    let server = installation.user_name(Account::Server);
    let controller = installation.user_name(Account::Controller);
    let constraints = json!({
        "resourceRules": [{
            "apiGroups": [GROUP],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE", "DELETE"],
            "resources": ["replaysegments"],
        }],
        "namespaceSelector": in_namespaces(std::slice::from_ref(&installation.namespace)),
    });
    let written = |rule: &str| format!("request.operation == 'DELETE' || ({rule})");
    let anchor = "object.metadata.name.startsWith('anchor-')";
    let expires = "timestamp(object.spec.expires)";
    let created = "timestamp(object.metadata.creationTimestamp)";
    let namespace_goes = NAMESPACE_CONTROLLERS.map(|user| format!("'{user}'")).join(", ");
    let validations = json!([
        rule(
            &written(&format!("request.userInfo.username == '{server}'")),
            &format!("only the servers of Countersign ({server}) write the replay log"),
            "Forbidden",
        ),
        rule(
            &format!(
                "request.operation != 'DELETE' || request.userInfo.username in [{namespace_goes}] || \
                 (request.userInfo.username == '{controller}' && !oldObject.metadata.name.startsWith('anchor-'))"
            ),
            &format!(
                "only the controller of Countersign ({controller}) deletes from the replay log, and never its anchor"
            ),
            "Forbidden",
        ),
        rule(
            &written("!has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() == 0"),
            "a segment of the replay log has no owner: it would be collected with it",
            "Invalid",
        ),
        rule(
            &written("!has(object.metadata.finalizers) || object.metadata.finalizers.size() == 0"),
            "a segment of the replay log has no finalizers",
            "Invalid",
        ),
        rule(
            &written(&format!(
                "!{anchor} || ({expires} == timestamp('9999-01-01T00:00:00Z') && object.spec.keys == '')"
            )),
            "the anchor of the replay log never expires and has no entries",
            "Invalid",
        ),
        rule(
            &written(&format!("{anchor} || {expires} >= {created} + duration('60s')")),
            "a segment expires no sooner than a minute after its creation: it is written to until then",
            "Invalid",
        ),
        rule(
            &written(&format!("{anchor} || {expires} <= {created} + duration('1800s')")),
            "a segment expires no later than 30 minutes after its creation",
            "Invalid",
        ),
    ]);
    policy(
        &installation.shared_name("countersign-replay-log"),
        &constraints,
        &validations,
    )
}

fn rule(expression: &str, message: &str, reason: &str) -> Value {
    json!({ "expression": expression, "message": message, "reason": reason })
}
