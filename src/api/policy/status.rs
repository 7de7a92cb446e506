//! Who may write `status`.
//!
//! Servers believe the keys in `status`. A tenant with rights on all resources of our group, as wildcards
//! give them, could write keys of its own there; so the API server itself refuses everyone but the
//! controller, whatever RBAC allows.

use super::{in_namespaces, policy};
use crate::api::installation::{Account, Installation};
use crate::api::v1alpha1::GROUP;
use serde_json::{Value, json};

/// The policy and its binding.
pub(super) fn manifests(installation: &Installation) -> [Value; 2] {
    let controller = installation.user_name(Account::Controller);
    let mut constraints = json!({
        "resourceRules": [{
            "apiGroups": [GROUP],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["*/status"],
        }],
    });
    if let (false, Some(members)) = (installation.is_cluster_wide(), constraints.as_object_mut()) {
        let watched = in_namespaces(&installation.watch_namespaces);
        members.insert("namespaceSelector".to_owned(), watched);
    }
    let validations = json!([{
        "expression": format!("request.userInfo.username == '{controller}'"),
        "message": format!("only the controller of Countersign ({controller}) may write this status"),
        "reason": "Forbidden",
    }]);
    policy(
        &installation.shared_name("countersign-status"),
        &constraints,
        &validations,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watching(namespaces: &[&str]) -> [Value; 2] {
        manifests(&Installation {
            namespace: "cs".to_owned(),
            watch_namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    const SELECTOR: &str = "/spec/matchConstraints/namespaceSelector/matchExpressions/0/values";

    #[test]
    fn an_installation_that_watches_parts_of_a_cluster_rules_those_alone() {
        let [policy, binding] = watching(&["a", "b"]);
        assert_eq!(policy.pointer(SELECTOR), Some(&json!(["a", "b"])));
        for object in [&policy, &binding] {
            assert_eq!(
                object.pointer("/metadata/name"),
                Some(&json!("countersign-status.cs"))
            );
        }
        assert_eq!(
            binding.pointer("/spec/policyName"),
            policy.pointer("/metadata/name")
        );
        assert_eq!(watching(&[])[0].pointer(SELECTOR), None);
    }
}
