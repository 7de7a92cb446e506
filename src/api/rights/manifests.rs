//! The rights as Kubernetes objects.

use super::{Account, Installation, OwnerNames, RIGHTS, Reach, Right, What};
use serde_json::{Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Every object that gives our accounts, and the users of our kinds, what they may do; in an order in
/// which they can be applied.
pub fn manifests(installation: &Installation) -> Vec<Value> {
    let mut objects = Vec::new();
    for account in Account::ALL {
        objects.push(service_account(installation, account));
        objects.extend(watched(installation, account));
        objects.extend(release(installation, account));
        objects.extend(cluster(installation, account));
        objects.extend(discovery(installation, account));
    }
    objects.push(key_reader(installation));
    objects.extend(user_roles(installation));
    objects
}

/// The rules of `account` in the role of this reach, in the order of the table. The controller makes the serving
/// certificate.
fn rules(installation: &Installation, account: Account, reach: Reach) -> Vec<Value> {
    let owners = OwnerNames::of(installation);
    let apart = !installation.is_cluster_wide();
    let given = |right: &&Right| {
        right.who == account && right.reach.role() == reach && (apart || !right.reach.is_apart())
    };
    let rights = RIGHTS.iter().filter(given);
    rights.filter_map(|right| right.rule(&owners)).collect()
}

fn service_account(installation: &Installation, account: Account) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(&installation.service_account(account), Some(&installation.namespace)),
    })
}

/// A ClusterRole, bound once for the cluster or in each watched namespace.
fn watched(installation: &Installation, account: Account) -> Vec<Value> {
    let name = installation.shared_name(account.role());
    let mut objects = vec![json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "ClusterRole",
        "metadata": metadata(&name, None),
        "rules": rules(installation, account, Reach::Watched),
    })];
    if installation.is_cluster_wide() {
        objects.push(binding(
            installation,
            account,
            &name,
            None,
            ("ClusterRole", &name),
        ));
    }
    for namespace in &installation.watch_namespaces {
        objects.push(binding(
            installation,
            account,
            &name,
            Some(namespace),
            ("ClusterRole", &name),
        ));
    }
    objects
}

/// A Role in the release namespace.
fn release(installation: &Installation, account: Account) -> [Value; 2] {
    let name = installation.service_account(account);
    let role = json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "Role",
        "metadata": metadata(&name, Some(&installation.namespace)),
        "rules": rules(installation, account, Reach::Release),
    });
    let bound = binding(
        installation,
        account,
        &name,
        Some(&installation.namespace),
        ("Role", &name),
    );
    [role, bound]
}

/// A ClusterRole that is bound for the whole cluster, if the whole cluster is watched and there is anything in it.
fn cluster(installation: &Installation, account: Account) -> Vec<Value> {
    let rules = rules(installation, account, Reach::Cluster);
    if rules.is_empty() || !installation.is_cluster_wide() {
        return Vec::new();
    }
    let name = installation.cluster_role(account);
    let role = json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "ClusterRole",
        "metadata": metadata(&name, None),
        "rules": rules,
    });
    let bound = binding(installation, account, &name, None, ("ClusterRole", &name));
    vec![role, bound]
}

/// Bindings to roles of Kubernetes' own.
fn discovery(installation: &Installation, account: Account) -> Vec<Value> {
    RIGHTS
        .iter()
        .filter(|right| right.who == account)
        .filter_map(|right| match right.what {
            What::Discovery { role } => Some(role),
            What::Objects { .. } | What::Owner { .. } => None,
        })
        .map(|role| {
            // Cluster-scoped even if only some namespaces are watched: the name always tells whose it is.
            let name = format!(
                "{}-discovery.{}",
                installation.service_account(account),
                installation.namespace
            );
            binding(installation, account, &name, None, ("ClusterRole", role))
        })
        .collect()
}

/// Bound by nobody here: that is each namespace's own decision.
fn key_reader(installation: &Installation) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "ClusterRole",
        "metadata": metadata(&installation.key_reader_role(), None),
        "rules": rules(installation, Account::Controller, Reach::OptIn),
    })
}

/// What Kubernetes' own `view`, `edit` and `admin` may do with our kinds. Never `status`: the keys there
/// are believed.
fn user_roles(installation: &Installation) -> [Value; 2] {
    let role = |part: &str, into: &[&str], verbs: &[&str]| {
        let mut metadata = metadata(&installation.shared_name(part), None);
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            for into in into {
                labels.insert(format!("{GROUP}/aggregate-to-{into}"), "true".into());
            }
        }
        json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [{"apiGroups": [crate::api::v1alpha1::GROUP], "resources": ["oauthclients"], "verbs": verbs}],
        })
    };
    [
        role("view", &["view", "edit", "admin"], &["get", "list", "watch"]),
        role(
            "edit",
            &["edit", "admin"],
            &["create", "update", "patch", "delete", "deletecollection"],
        ),
    ]
}

/// Binds `role` to `account`: in `namespace`, or in the whole cluster.
fn binding(
    installation: &Installation,
    account: Account,
    name: &str,
    namespace: Option<&str>,
    (role_kind, role): (&str, &str),
) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" },
        "metadata": metadata(name, namespace),
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": installation.service_account(account), "namespace": installation.namespace}],
    })
}

fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let mut metadata = json!({"name": name, "labels": crate::api::labels::labels()});
    if let (Some(namespace), Some(members)) = (namespace, metadata.as_object_mut()) {
        members.insert("namespace".to_owned(), namespace.into());
    }
    metadata
}
