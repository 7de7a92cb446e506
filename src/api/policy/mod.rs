//! What RBAC cannot say about who may write our kinds, and what.
//!
//! No policy takes parameters: nothing that can be missing decides about it. All of them fail closed.

mod replay_log;
mod status;

use crate::api::installation::Installation;
use crate::api::labels::labels;
use serde_json::{Value, json};

const API_VERSION: &str = "admissionregistration.k8s.io/v1";

/// Every policy, each followed by its binding.
pub fn manifests(installation: &Installation) -> Vec<Value> {
    [
        status::manifests(installation),
        replay_log::manifests(installation),
    ]
    .concat()
}

/// A policy and its binding.
fn policy(name: &str, constraints: &Value, validations: &Value) -> [Value; 2] {
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

/// Selects namespaces by their names.
fn namespaces(names: &[String]) -> Value {
    json!({"matchExpressions": [{
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": names,
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Policies and bindings, in pairs, of installations of both kinds.
    fn pairs() -> Vec<[Value; 2]> {
        let parts = Installation {
            namespace: "cs".to_owned(),
            watch_namespaces: vec!["a".to_owned()],
            ..Installation::default()
        };
        let mut pairs = Vec::new();
        for installation in [Installation::default(), parts] {
            let mut objects = manifests(&installation).into_iter();
            while let (Some(policy), Some(binding)) = (objects.next(), objects.next()) {
                pairs.push([policy, binding]);
            }
        }
        pairs
    }

    #[test]
    fn each_fails_closed_and_depends_on_nothing() {
        let pairs = pairs();
        assert_eq!(pairs.len(), 4);
        for [policy, binding] in pairs {
            assert_eq!(policy.pointer("/kind"), Some(&json!("ValidatingAdmissionPolicy")));
            assert_eq!(policy.pointer("/spec/failurePolicy"), Some(&json!("Fail")));
            assert_eq!(policy.pointer("/spec/paramKind"), None);
            assert_eq!(policy.pointer("/spec/matchConditions"), None);
            assert_eq!(binding.pointer("/spec/validationActions"), Some(&json!(["Deny"])));
            assert_eq!(
                binding.pointer("/spec/policyName"),
                policy.pointer("/metadata/name")
            );
        }
    }

    #[test]
    fn what_two_installations_may_share_a_cluster_with_has_a_name_of_its_own() {
        let names: Vec<Value> = pairs()
            .iter()
            .map(|[policy, _]| policy["metadata"]["name"].clone())
            .collect();
        assert_eq!(
            names,
            [
                "countersign-status",
                "countersign-replay-log",
                "countersign-status.cs",
                "countersign-replay-log.cs"
            ]
        );
    }
}
