//! A release namespace with our two accounts, which have the rights of this page and no others.

use countersign::core::clock::{Clock, ManualClock};
use countersign::lifecycle::Tasks;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{ControlPlane, eventually};

/// How long a test waits for what ought to happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// One installation, for one test.
pub(crate) struct Release {
    plane: &'static ControlPlane,
    pub(crate) namespace: String,
    pub(crate) clock: Arc<ManualClock>,
    /// Ends with the test.
    pub(crate) tasks: Tasks,
}

// === impl Release ===

impl Release {
    pub(crate) async fn new(prefix: &str) -> Self {
        let plane = ControlPlane::shared();
        let namespace = plane.namespace(prefix).await.to_string();
        let objects = format!(
            "
apiVersion: v1
kind: ServiceAccount
metadata: {{namespace: {namespace}, name: controller}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{namespace: {namespace}, name: server}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{namespace: {namespace}, name: controller}}
rules:
  - {{apiGroups: [''], resources: [secrets], verbs: [create]}}
  - {{apiGroups: [''], resources: [secrets], resourceNames: [countersign-signing-keys], verbs: [list, watch, update]}}
  - {{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}}
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [countersign-controller, countersign-heartbeat]
    verbs: [get, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{namespace: {namespace}, name: server}}
rules:
  - {{apiGroups: [''], resources: [secrets], resourceNames: [countersign-signing-keys], verbs: [list, watch]}}
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [countersign-heartbeat]
    verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{namespace: {namespace}, name: controller}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: controller}}
subjects: [{{kind: ServiceAccount, namespace: {namespace}, name: controller}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{namespace: {namespace}, name: server}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: server}}
subjects: [{{kind: ServiceAccount, namespace: {namespace}, name: server}}]
"
        );
        plane.apply_yaml(&objects).await.unwrap();
        let start: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let release = Self {
            plane,
            namespace,
            clock: Arc::new(ManualClock::new(start)),
            tasks: Tasks::new(),
        };
        release.rights_are_known().await;
        release
    }

    /// The authorizer of the API server learns of a new binding through a watch of its own.
    async fn rights_are_known(&self) {
        let leases: Api<Lease> = Api::namespaced(self.controller().await, &self.namespace);
        eventually(SOON, "the controller's rights", async || {
            leases.get_opt("countersign-controller").await
        })
        .await;
        let secrets: Api<Secret> = Api::namespaced(self.server().await, &self.namespace);
        let only_this = kube::api::ListParams::default().fields("metadata.name=countersign-signing-keys");
        eventually(SOON, "the server's rights", async || {
            secrets.list(&only_this).await
        })
        .await;
    }

    /// A client with the controller's rights.
    pub(crate) async fn controller(&self) -> Client {
        self.plane.client_as(&self.namespace, "controller").await
    }

    /// A client with the server's rights.
    pub(crate) async fn server(&self) -> Client {
        self.plane.client_as(&self.namespace, "server").await
    }

    pub(crate) fn admin(&self) -> Client {
        self.plane.admin()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
