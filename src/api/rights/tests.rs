use super::*;
use crate::api::checked_in::assert_same;
use serde_json::Value;
use std::collections::BTreeSet;

fn installation(namespace: &str, watched: &[&str]) -> Installation {
    Installation {
        namespace: namespace.to_owned(),
        watch_namespaces: watched.iter().map(|name| (*name).to_owned()).collect(),
        ..Installation::default()
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("-")
        .to_owned()
}

/// `kind namespace/name` of each object.
fn names(objects: &[Value]) -> Vec<String> {
    objects
        .iter()
        .map(|object| {
            let of = |pointer| text(object, pointer);
            format!(
                "{} {}/{}",
                of("/kind"),
                of("/metadata/namespace"),
                of("/metadata/name")
            )
        })
        .collect()
}

#[test]
fn the_checked_in_page_is_the_generated_one() {
    assert_same("docs/rights.md", &markdown());
}

#[test]
fn nothing_is_granted_by_wildcard_nor_twice() {
    for right in RIGHTS {
        let What::Objects {
            group,
            resource,
            names,
        } = right.what
        else {
            continue;
        };
        for word in [group, resource].iter().chain(right.verbs).chain(names) {
            assert!(!word.contains('*'), "{right:?}");
        }
        let verbs: BTreeSet<_> = right.verbs.iter().collect();
        assert_eq!(verbs.len(), right.verbs.len(), "{right:?}");
    }
}

/// The rights with a verb that `matches`, as `who resource reach`.
fn with_verb(matches: impl Fn(&str) -> bool) -> Vec<String> {
    RIGHTS
        .iter()
        .filter(|right| right.verbs.iter().any(|verb| matches(verb)))
        .map(|right| match right.what {
            What::Objects { resource, .. } | What::Owner { resource, .. } => {
                format!("{:?} {resource} {:?}", right.who, right.reach)
            }
            What::Discovery { role } => role.to_owned(),
        })
        .collect()
}

#[test]
fn the_server_writes_the_replay_log_and_the_controller_what_is_named() {
    assert_eq!(
        with_verb(|verb| !["get", "list", "watch"].contains(&verb)),
        [
            "Server replaysegments Release",
            "Controller oauthclients/status Watched",
            "Controller events Watched",
            "Controller configmaps Watched",
            "Controller leases Release",
            "Controller leases Release",
            "Controller secrets Release",
            "Controller secrets Release",
            "Controller secrets Release",
            "Controller secrets Release",
            "Controller configmaps ReleaseApart",
            "Controller replaysegments Release",
        ]
    );
}

#[test]
fn nothing_is_deleted_but_the_replay_log_by_the_controller_one_by_one() {
    assert_eq!(
        with_verb(|verb| verb.starts_with("delete")),
        ["Controller replaysegments Release"]
    );
    assert!(
        RIGHTS
            .iter()
            .all(|right| !right.verbs.contains(&"deletecollection"))
    );
}

#[test]
fn who_appends_to_the_replay_log_does_not_delete_from_it() {
    for (account, verbs) in [
        (
            Account::Server,
            &["create", "list", "update", "watch", "list"][..],
        ),
        (Account::Controller, &["list", "delete"]),
    ] {
        let given: Vec<&str> = RIGHTS
            .iter()
            .filter(|right| {
                right.who == account && right.what == objects("countersign.dev", "replaysegments")
            })
            .flat_map(|right| right.verbs.iter().copied())
            .collect();
        assert_eq!(given, verbs, "{account:?}");
    }
}

#[test]
fn secrets_are_read_by_name_or_where_their_owner_opted_in() {
    for right in RIGHTS {
        let What::Objects {
            resource: "secrets",
            names,
            ..
        } = right.what
        else {
            continue;
        };
        let reads = right.verbs != ["create"];
        assert!(
            !reads || !names.is_empty() || right.reach == Reach::OptIn,
            "{right:?}"
        );
    }
}

#[test]
fn the_whole_cluster_is_bound_once() {
    assert_eq!(
        names(&manifests(&Installation::default())),
        [
            "ServiceAccount countersign-system/countersign-server",
            "ClusterRole -/countersign-server",
            "ClusterRoleBinding -/countersign-server",
            "Role countersign-system/countersign-server",
            "RoleBinding countersign-system/countersign-server",
            "ClusterRole -/countersign-server-cluster.countersign-system",
            "ClusterRoleBinding -/countersign-server-cluster.countersign-system",
            "ClusterRoleBinding -/countersign-server-discovery.countersign-system",
            "ServiceAccount countersign-system/countersign-controller",
            "ClusterRole -/countersign-controller",
            "ClusterRoleBinding -/countersign-controller",
            "Role countersign-system/countersign-controller",
            "RoleBinding countersign-system/countersign-controller",
            "ClusterRole -/countersign-controller-cluster.countersign-system",
            "ClusterRoleBinding -/countersign-controller-cluster.countersign-system",
            "ClusterRole -/countersign-key-reader",
            "ClusterRole -/countersign-view",
            "ClusterRole -/countersign-edit",
        ]
    );
}

#[test]
fn watched_namespaces_are_bound_one_by_one_and_the_cluster_is_not() {
    let objects = manifests(&installation("cs", &["a", "b"]));
    let bindings: Vec<String> = names(&objects)
        .into_iter()
        .filter(|name| name.contains("Binding"))
        .collect();
    assert_eq!(
        bindings,
        [
            "RoleBinding a/countersign-server.cs",
            "RoleBinding b/countersign-server.cs",
            "RoleBinding cs/countersign-server",
            "ClusterRoleBinding -/countersign-server-discovery.cs",
            "RoleBinding a/countersign-controller.cs",
            "RoleBinding b/countersign-controller.cs",
            "RoleBinding cs/countersign-controller",
        ]
    );
}

#[test]
fn two_installations_share_no_object_even_if_they_watch_the_same_namespaces() {
    let of = |namespace| -> BTreeSet<String> {
        names(&manifests(&installation(namespace, &["a", "b"])))
            .into_iter()
            .collect()
    };
    assert_eq!(of("one").intersection(&of("two")).count(), 0);
}

#[test]
fn every_binding_names_a_role_that_exists_and_an_account_of_ours() {
    for installation in [Installation::default(), installation("cs", &["a"])] {
        let objects = manifests(&installation);
        let roles: BTreeSet<String> = objects
            .iter()
            .filter(|object| text(object, "/kind").ends_with("Role"))
            .map(|object| format!("{} {}", text(object, "/kind"), text(object, "/metadata/name")))
            .collect();
        for object in &objects {
            if object.get("roleRef").is_none() {
                continue;
            }
            let role = format!(
                "{} {}",
                text(object, "/roleRef/kind"),
                text(object, "/roleRef/name")
            );
            assert!(
                roles.contains(&role) || role.starts_with("ClusterRole system:"),
                "{role}"
            );
            assert_eq!(text(object, "/subjects/0/namespace"), installation.namespace);
        }
    }
}

#[test]
fn no_role_for_users_reaches_the_status() {
    for object in manifests(&Installation::default()) {
        let name = text(&object, "/metadata/name");
        if name == "countersign-view" || name == "countersign-edit" {
            assert_eq!(
                object.pointer("/rules/0/resources"),
                Some(&serde_json::json!(["oauthclients"]))
            );
        }
    }
}

#[test]
fn the_whole_cluster_is_left_alone_where_parts_are_watched() {
    let objects = manifests(&installation("cs", &["a"]));
    for object in &objects {
        let rules = object.pointer("/rules").and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            for resource in ["namespaces", "clusterroles"] {
                assert!(!rule.to_string().contains(resource), "{rule}");
            }
        }
    }
    let text = serde_json::to_string(&objects).unwrap();
    assert!(text.contains(r#""resourceNames":["countersign-controller.cs"],"resources":["rolebindings"]"#));
    assert!(text.contains(r#""resourceNames":["countersign-controller"],"resources":["deployments"]"#));
}
