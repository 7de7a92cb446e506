//! What RBAC cannot say about who may write our kinds, and how: admission policies.
//!
//! They take no parameters, so that nothing that can be missing decides about them, and fail closed.

mod replay_log;
mod status;

use crate::api::installation::Installation;
use crate::api::labels::labels;
use serde_json::{Value, json};

/// Every policy with its binding.
pub fn manifests(installation: &Installation) -> Vec<Value> {
    let mut objects = Vec::new();
    objects.extend(status::manifests(installation));
    objects.extend(replay_log::manifests(installation));
    objects
}

/// The policy `name` with its binding. `constraints` tell what it is about.
fn policy(name: &str, constraints: &Value, validations: &Value) -> [Value; 2] {
    const API_VERSION: &str = "admissionregistration.k8s.io/v1";
    let policy = json!({
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "labels": labels()},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": constraints,
            "validations": validations,
        },
    });
    let binding = json!({
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name, "labels": labels()},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    });
    [policy, binding]
}

/// Objects in these namespaces.
fn in_namespaces(namespaces: &[String]) -> Value {
    json!({"matchExpressions": [{
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": namespaces,
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_fail_closed_and_depend_on_nothing() {
        for watched in [vec![], vec!["a".to_owned()]] {
            let installation = Installation {
                namespace: "cs".to_owned(),
                watch_namespaces: watched,
            };
            let objects = manifests(&installation);
            assert_eq!(objects.len(), 4);
            for pair in objects.chunks(2) {
                assert_eq!(pair[0].pointer("/spec/failurePolicy"), Some(&json!("Fail")));
                assert_eq!(pair[0].pointer("/spec/paramKind"), None);
                assert_eq!(pair[1].pointer("/spec/validationActions"), Some(&json!(["Deny"])));
                assert_eq!(
                    pair[1].pointer("/spec/policyName"),
                    pair[0].pointer("/metadata/name")
                );
            }
        }
    }
}
