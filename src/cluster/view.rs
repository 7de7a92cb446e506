//! All that a server knows of its cluster, followed together.

use crate::api::installation::Installation;
use crate::cluster::{clients, heartbeat, issuer, signing_keys};
use crate::core::clock::Clock;
use crate::index::{Index, MintedResources};
use crate::keys::SigningKeyStore;
use crate::lifecycle::Tasks;
use crate::readiness::Readiness;
use kube::{Api, Client};
use std::sync::Arc;

/// What a server knows; it changes as the cluster does.
#[derive(Debug)]
pub struct View {
    /// The clients, the service-account issuer and the controller's last heartbeat.
    pub index: Arc<Index>,
    /// The signing keys.
    pub keys: Arc<SigningKeyStore>,
}

// === impl View ===

impl View {
    /// Follows what `installation` watches, until the shutdown of `tasks`. `readiness` is blocked until the
    /// clients, the issuer and the signing keys have been read; not for the heartbeat, without which
    /// clients with keys in their own `spec` are served all the same.
    pub fn follow(
        client: &Client,
        installation: &Installation,
        resources: MintedResources,
        clock: &Arc<dyn Clock>,
        tasks: &Tasks,
        readiness: &Readiness,
    ) -> Self {
        let index = Arc::new(Index::new(resources));
        let keys = Arc::new(SigningKeyStore::new());
        let namespaces = if installation.is_cluster_wide() {
            vec![None]
        } else {
            installation.watch_namespaces.iter().cloned().map(Some).collect()
        };
        for namespace in namespaces {
            let ready = (readiness.block("the clients"), index.await_list());
            let followed = clients::follow(client.clone(), namespace, Arc::clone(&index), ready);
            tasks.spawn_essential("clients", until(tasks, followed));
        }
        let ready = readiness.block("the service-account issuer");
        let followed = issuer::follow(client.clone(), Arc::clone(clock), Arc::clone(&index), ready);
        tasks.spawn_essential("service-account issuer", until(tasks, followed));

        let ready = readiness.block("the signing keys");
        let (store, stop) = (Arc::clone(&keys), tasks.shutdown());
        let secrets = Api::namespaced(client.clone(), &installation.namespace);
        tasks.spawn_essential("signing keys", async move {
            signing_keys::follow(&store, secrets, ready, |_| {}, stop).await;
            Ok(())
        });
        let (beats, stop) = (index.last_heartbeat(), tasks.shutdown());
        let leases = Api::namespaced(client.clone(), &installation.namespace);
        let time = Arc::clone(clock);
        tasks.spawn_essential("heartbeat", async move {
            heartbeat::follow(&beats, leases, time.as_ref(), stop).await;
            Ok(())
        });
        Self { index, keys }
    }
}

/// A task that would never end, ended by the shutdown.
fn until(
    tasks: &Tasks,
    task: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
    let shutdown = tasks.shutdown();
    async move {
        match shutdown.run_until_cancelled_owned(task).await {
            None => Ok(()),
            Some(()) => anyhow::bail!("it ended by itself"),
        }
    }
}
