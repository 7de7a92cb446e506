//! What our own accounts may do in the cluster: one table, from which manifests and docs are generated.
//!
//! Nobody gets a right that does not stand in [`RIGHTS`], and every verb there is needed: a test takes
//! each one away and sees something fail.

mod manifests;
mod markdown;

pub use crate::api::installation::{Account, Installation};
pub use manifests::{manifests, rules};
pub use markdown::markdown;

/// One right: `who` may do `verbs` to `what`, `reach` tells where, because of `why`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The account that has it.
    pub who: Account,
    /// What it is about.
    pub what: What,
    /// What may be done.
    pub verbs: &'static [&'static str],
    /// Where.
    pub reach: Reach,
    /// What it is needed for, as a phrase that completes "so that".
    pub why: &'static str,
}

/// What a right is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Objects of the API.
    Objects {
        /// The API group; empty for the core group.
        group: &'static str,
        /// The resource, with its subresource if it is about that.
        resource: &'static str,
        /// The only names that it is about. None means any name, as RBAC has it.
        names: &'static [&'static str],
    },
    /// Paths of the API server that a ClusterRole of Kubernetes' own opens.
    Discovery {
        /// That ClusterRole.
        role: &'static str,
    },
}

/// Where a right holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// In the release namespace only.
    Release,
    /// In every namespace that is watched.
    Watched,
    /// In namespaces whose administrators bind the role themselves, and nowhere else.
    OptIn,
    /// In the whole cluster; nowhere if only some namespaces are watched.
    Cluster,
}

/// Every right of ours.
pub const RIGHTS: &[Right] = &[
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "oauthclients"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        why: "it knows the clients",
    },
    Right {
        who: Account::Server,
        what: named("coordination.k8s.io", "leases", &["countersign-heartbeat"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        why: "it stops believing published keys when the controller is gone",
    },
    Right {
        who: Account::Server,
        what: named("", "secrets", &["countersign-signing-keys"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        why: "it signs access tokens",
    },
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["create", "list", "update", "watch"],
        reach: Reach::Release,
        why: "it records which assertions were used, and learns what other replicas recorded",
    },
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["list"],
        reach: Reach::Cluster,
        why: "it finds a second log for the same issuer, wherever it is",
    },
    Right {
        who: Account::Server,
        what: What::Discovery {
            role: "system:service-account-issuer-discovery",
        },
        verbs: &["get"],
        reach: Reach::Cluster,
        why: "it verifies service-account tokens with the cluster's own keys",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "oauthclients"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        why: "it judges the clients and finds their keys",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "oauthclients/status"),
        verbs: &["patch"],
        reach: Reach::Watched,
        why: "it publishes keys and conditions",
    },
    Right {
        who: Account::Controller,
        what: objects("", "configmaps"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        why: "it reads keys from ConfigMaps with the label `countersign.dev/keys=true` (RBAC cannot name a label)",
    },
    Right {
        who: Account::Controller,
        what: objects("events.k8s.io", "events"),
        verbs: &["create", "patch"],
        reach: Reach::Watched,
        why: "it tells the owner of a client what is wrong, once and then counted",
    },
    Right {
        who: Account::Controller,
        what: objects("", "secrets"),
        verbs: &["list", "watch"],
        reach: Reach::OptIn,
        why: "it reads keys from the Secrets that clients refer to",
    },
    Right {
        who: Account::Controller,
        what: objects("coordination.k8s.io", "leases"),
        verbs: &["create"],
        reach: Reach::Release,
        why: "it makes the two leases below (RBAC cannot limit a creation by name)",
    },
    Right {
        who: Account::Controller,
        what: named(
            "coordination.k8s.io",
            "leases",
            &["countersign-controller", "countersign-heartbeat"],
        ),
        verbs: &["get", "update"],
        reach: Reach::Release,
        why: "one of its replicas leads, and servers see that it lives",
    },
    Right {
        who: Account::Controller,
        what: objects("", "secrets"),
        verbs: &["create"],
        reach: Reach::Release,
        why: "it makes the Secret of the signing keys (RBAC cannot limit a creation by name)",
    },
    Right {
        who: Account::Controller,
        what: named("", "secrets", &["countersign-signing-keys"]),
        verbs: &["list", "watch", "update"],
        reach: Reach::Release,
        why: "it rotates the signing keys",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["list", "delete"],
        reach: Reach::Release,
        why: "it deletes what the replay log need not remember any more",
    },
];

const fn objects(group: &'static str, resource: &'static str) -> What {
    named(group, resource, &[])
}

const fn named(group: &'static str, resource: &'static str, names: &'static [&'static str]) -> What {
    What::Objects {
        group,
        resource,
        names,
    }
}

// === impl Right ===

impl Right {
    /// The rule of a Role that gives this right, or nothing if a role of Kubernetes' own does.
    fn rule(&self) -> Option<serde_json::Value> {
        match self.what {
            What::Objects {
                group,
                resource,
                names,
            } => {
                let mut rule = serde_json::json!({
                    "apiGroups": [group],
                    "resources": [resource],
                    "verbs": self.verbs,
                });
                if let (false, Some(members)) = (names.is_empty(), rule.as_object_mut()) {
                    members.insert("resourceNames".to_owned(), names.into());
                }
                Some(rule)
            }
            What::Discovery { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
