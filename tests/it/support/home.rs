//! The namespace of an installation, with its two accounts, and a clock in the test's hand.

use super::accounts::service_account;
use countersign::api::installation::Account;
use countersign::core::clock::{Clock, ManualClock};
use countersign::lifecycle::Tasks;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use std::sync::Arc;
use std::time::Duration;

use super::release::Release;
use super::{ControlPlane, eventually};

/// How long a test waits for what ought to happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The home of one installation, for one test.
pub(crate) struct Home {
    plane: &'static ControlPlane,
    pub(crate) namespace: String,
    pub(crate) clock: Arc<ManualClock>,
    /// Ends with the test.
    pub(crate) tasks: Tasks,
}

// === impl Home ===

impl Home {
    pub(crate) async fn new(prefix: &str) -> Self {
        let plane = ControlPlane::shared();
        let installation = Release::install(plane, prefix).await.installation;
        let start: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let home = Self {
            plane,
            namespace: installation.namespace,
            clock: Arc::new(ManualClock::new(start)),
            tasks: Tasks::new(),
        };
        home.rights_are_known().await;
        home
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
        self.plane
            .client_as(&self.namespace, &service_account(Account::Controller))
            .await
    }

    /// A client with the server's rights.
    pub(crate) async fn server(&self) -> Client {
        self.plane
            .client_as(&self.namespace, &service_account(Account::Server))
            .await
    }

    pub(crate) fn admin(&self) -> Client {
        self.plane.admin()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
