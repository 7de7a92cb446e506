//! What our own accounts may do in the cluster: one table, from which manifests and docs are generated.
//!
//! Nobody gets a right that does not stand in [`RIGHTS`], and every verb there is needed: a test takes
//! each one away and sees something fail.

mod manifests;
mod markdown;

pub use crate::api::installation::{Account, Installation};
pub use manifests::manifests;
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
    /// In which installations.
    pub when: When,
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
    /// The one object that owns what the controller makes: of that reach, and of this kind.
    Owner {
        /// The API group.
        group: &'static str,
        /// The resource.
        resource: &'static str,
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
    /// The same, if only some namespaces are watched.
    ReleaseApart,
    /// In every namespace that is watched.
    Watched,
    /// The same, if those are only some.
    WatchedApart,
    /// In namespaces whose administrators bind the role themselves, and nowhere else.
    OptIn,
    /// In the whole cluster; nowhere if only some namespaces are watched.
    Cluster,
}

/// In which installations a right is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// In all of them.
    Always,
    /// If the controller makes the serving certificate; which is so unless something else is said.
    ManagedCertificate,
}

/// What the objects are called that own what the controller makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerNames {
    /// The ClusterRole; if only some namespaces are watched, the RoleBinding in each of them.
    pub role: String,
    /// The Deployment.
    pub deployment: String,
}

/// Every right of ours.
pub const RIGHTS: &[Right] = &[
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "oauthclients"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it knows the clients",
    },
    Right {
        who: Account::Server,
        what: named("coordination.k8s.io", "leases", &["countersign-heartbeat"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        when: When::Always,
        why: "it stops believing published keys when the controller is gone",
    },
    Right {
        who: Account::Server,
        what: named("", "secrets", &["countersign-signing-keys"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        when: When::Always,
        why: "it signs access tokens",
    },
    Right {
        who: Account::Server,
        what: named("", "secrets", &["countersign-tls"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        when: When::Always,
        why: "it serves TLS",
    },
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["create", "list", "update", "watch"],
        reach: Reach::Release,
        when: When::Always,
        why: "it records which assertions were used, and learns what other replicas recorded",
    },
    Right {
        who: Account::Server,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["list"],
        reach: Reach::Cluster,
        when: When::Always,
        why: "it finds a second log for the same issuer, wherever it is",
    },
    Right {
        who: Account::Server,
        what: What::Discovery {
            role: "system:service-account-issuer-discovery",
        },
        verbs: &["get"],
        reach: Reach::Cluster,
        when: When::Always,
        why: "it verifies service-account tokens with the cluster's own keys",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "oauthclients"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it judges the clients and finds their keys",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "oauthclients/status"),
        verbs: &["patch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it publishes keys and conditions",
    },
    Right {
        who: Account::Controller,
        what: objects("", "configmaps"),
        verbs: &["list", "watch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it reads keys from ConfigMaps with the label `countersign.dev/keys=true` (RBAC cannot name a label)",
    },
    Right {
        who: Account::Controller,
        what: objects("events.k8s.io", "events"),
        verbs: &["create", "patch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it tells the owner of a client what is wrong, once and then counted",
    },
    Right {
        who: Account::Controller,
        what: named("", "configmaps", &["countersign-ca"]),
        verbs: &["create", "patch"],
        reach: Reach::Watched,
        when: When::Always,
        why: "it publishes the certificates that clients trust where clients are",
    },
    Right {
        who: Account::Controller,
        what: What::Owner {
            group: "rbac.authorization.k8s.io",
            resource: "rolebindings",
        },
        verbs: &["get"],
        reach: Reach::WatchedApart,
        when: When::Always,
        why: "what it makes there is collected when Countersign is uninstalled",
    },
    Right {
        who: Account::Controller,
        what: objects("", "namespaces"),
        verbs: &["list", "watch"],
        reach: Reach::Cluster,
        when: When::Always,
        why: "it publishes them in namespaces with the label `countersign.dev/ca=true`, too",
    },
    Right {
        who: Account::Controller,
        what: What::Owner {
            group: "rbac.authorization.k8s.io",
            resource: "clusterroles",
        },
        verbs: &["get"],
        reach: Reach::Cluster,
        when: When::Always,
        why: "what it makes outside of the release namespace is collected when Countersign is uninstalled",
    },
    Right {
        who: Account::Controller,
        what: objects("", "secrets"),
        verbs: &["list", "watch"],
        reach: Reach::OptIn,
        when: When::Always,
        why: "it reads keys from the Secrets that clients refer to",
    },
    Right {
        who: Account::Controller,
        what: objects("coordination.k8s.io", "leases"),
        verbs: &["create"],
        reach: Reach::Release,
        when: When::Always,
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
        when: When::Always,
        why: "one of its replicas leads, and servers see that it lives",
    },
    Right {
        who: Account::Controller,
        what: objects("", "secrets"),
        verbs: &["create"],
        reach: Reach::Release,
        when: When::Always,
        why: "it makes the Secrets below (RBAC cannot limit a creation by name)",
    },
    Right {
        who: Account::Controller,
        what: named("", "secrets", &["countersign-signing-keys"]),
        verbs: &["list", "watch", "update"],
        reach: Reach::Release,
        when: When::Always,
        why: "it rotates the signing keys",
    },
    Right {
        who: Account::Controller,
        what: named("", "secrets", &["countersign-tls"]),
        verbs: &["list", "watch"],
        reach: Reach::Release,
        when: When::Always,
        why: "it knows the serving certificate that there is, or publishes the `ca.crt` beside one that is given",
    },
    Right {
        who: Account::Controller,
        what: named("", "secrets", &["countersign-tls"]),
        verbs: &["update"],
        reach: Reach::Release,
        when: When::ManagedCertificate,
        why: "it renews the serving certificate",
    },
    Right {
        who: Account::Controller,
        what: named("", "secrets", &["countersign-ca"]),
        verbs: &["list", "watch", "update"],
        reach: Reach::Release,
        when: When::ManagedCertificate,
        why: "it keeps the authority that signs the serving certificate",
    },
    Right {
        who: Account::Controller,
        what: named("", "configmaps", &["countersign-ca"]),
        verbs: &["list", "watch", "create", "patch"],
        reach: Reach::ReleaseApart,
        when: When::Always,
        why: "it publishes the certificates that clients trust at home, too",
    },
    Right {
        who: Account::Controller,
        what: What::Owner {
            group: "apps",
            resource: "deployments",
        },
        verbs: &["get"],
        reach: Reach::Release,
        when: When::Always,
        why: "what it makes there is collected when Countersign is uninstalled",
    },
    Right {
        who: Account::Controller,
        what: objects("countersign.dev", "replaysegments"),
        verbs: &["list", "delete"],
        reach: Reach::Release,
        when: When::Always,
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
    pub fn rule(&self, owners: &OwnerNames) -> Option<serde_json::Value> {
        let (group, resource, names) = match self.what {
            What::Objects {
                group,
                resource,
                names,
            } => (group, resource, names.to_vec()),
            What::Owner { group, resource } => {
                let at_home = self.reach.role() == Reach::Release;
                let name = if at_home { &owners.deployment } else { &owners.role };
                (group, resource, vec![name.as_str()])
            }
            What::Discovery { .. } => return None,
        };
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
}

// === impl Reach ===

impl Reach {
    /// The reach of the role that holds rights of this one.
    #[must_use]
    pub const fn role(self) -> Self {
        match self {
            Self::Release | Self::ReleaseApart => Self::Release,
            Self::Watched | Self::WatchedApart => Self::Watched,
            Self::OptIn => Self::OptIn,
            Self::Cluster => Self::Cluster,
        }
    }

    /// Whether it is one of installations that watch only some namespaces.
    pub const fn is_apart(self) -> bool {
        matches!(self, Self::ReleaseApart | Self::WatchedApart)
    }
}

// === impl OwnerNames ===

impl OwnerNames {
    /// The names in `installation`.
    pub fn of(installation: &Installation) -> Self {
        let part = Account::Controller.role();
        Self {
            role: installation.shared_name(part),
            deployment: installation.own_name(part),
        }
    }
}

#[cfg(test)]
mod tests;
