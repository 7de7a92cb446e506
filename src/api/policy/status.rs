//! Who may write the status of our kinds.
//!
//! Servers believe the keys in `status`. A tenant with rights on all resources of our group, as wildcards
//! give them, could write keys of its own there; so the API server itself refuses everyone but the
//! controller, whatever RBAC allows.

use super::{namespaces, policy};
use crate::api::installation::{Account, Installation};
use crate::api::v1alpha1::GROUP;
use serde_json::{Value, json};

/// The policy and its binding, in the watched namespaces. Two that rule one namespace would let nobody write there: of
/// those that rule the whole cluster there can be only one.
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
        members.insert(
            "namespaceSelector".to_owned(),
            namespaces(&installation.watch_namespaces),
        );
    }
    let validations = json!([{
        "expression": format!("request.userInfo.username == '{controller}'"),
        "message": format!("only the controller of Countersign ({controller}) may write this status"),
        "reason": "Forbidden",
    }]);
    policy(&installation.sole_name("status"), &constraints, &validations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_that_watches_parts_of_a_cluster_rules_those_alone() {
        let selected = |watched: &[&str]| {
            let [policy, _] = manifests(&Installation {
                namespace: "cs".to_owned(),
                watch_namespaces: watched.iter().map(|name| (*name).to_owned()).collect(),
                ..Installation::default()
            });
            policy
                .pointer("/spec/matchConstraints/namespaceSelector/matchExpressions/0/values")
                .cloned()
        };
        assert_eq!(selected(&["a", "b"]), Some(json!(["a", "b"])));
        assert_eq!(selected(&[]), None);
    }
}
