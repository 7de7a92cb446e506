//! What a server knows of the world, in memory: the answers to every question of the token endpoint.
//!
//! Readers never wait for I/O: the locks here are held for a map look-up, never across an await.

use heartbeat::LastHeartbeat;
pub mod heartbeat;

use crate::core::client::Client;
use crate::core::ids::{ClientId, ServiceAccountId};
use crate::grants::{Directory, LocalIssuer};
use crate::jose::Algorithm;
use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// The protected resources that access tokens are minted for, and how they are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MintedResources {
    /// These, each with its algorithm.
    Listed(BTreeMap<String, Algorithm>),
    /// Whatever a client's object names; for `dev` and `demo`, where one person writes both sides.
    Any(Algorithm),
}

/// The clients, the local issuer and the heartbeat, as they were last seen.
#[derive(Debug)]
pub struct Index {
    resources: MintedResources,
    clients: RwLock<Clients>,
    heartbeat: Arc<LastHeartbeat>,
    local_issuer: ArcSwapOption<LocalIssuer>,
}

#[derive(Debug, Default)]
struct Clients {
    by_id: HashMap<ClientId, Arc<Client>>,
    by_service_account: HashMap<ServiceAccountId, Vec<Arc<Client>>>,
}

// === impl Index ===

impl Index {
    /// An index that knows nobody.
    pub fn new(resources: MintedResources) -> Self {
        Self {
            resources,
            clients: RwLock::default(),
            heartbeat: Arc::default(),
            local_issuer: ArcSwapOption::empty(),
        }
    }

    /// Replaces what is known of one client; the next request sees it.
    pub fn put(&self, client: Client) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.remove(&client.id.clone());
        clients.insert(Arc::new(client));
    }

    /// Forgets a client.
    pub fn remove(&self, id: &ClientId) {
        self.clients
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// Replaces everything that is known of the clients of one namespace, or of all, at one stroke.
    pub fn reset(&self, namespace: Option<&str>, all: impl IntoIterator<Item = Client>) {
        let mut fresh = Clients::default();
        for client in all {
            fresh.insert(Arc::new(client));
        }
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(namespace) = namespace {
            for client in clients
                .by_id
                .values()
                .filter(|client| client.id.namespace() != namespace)
            {
                fresh.insert(Arc::clone(client));
            }
        }
        *clients = fresh;
    }

    /// How many clients are known.
    pub fn len(&self) -> usize {
        self.clients
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .len()
    }

    /// Whether no client is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The controller's last sign of life; whoever hears of one sets it.
    pub fn last_heartbeat(&self) -> Arc<LastHeartbeat> {
        Arc::clone(&self.heartbeat)
    }

    /// Replaces the local issuer and its keys.
    pub fn set_local_issuer(&self, issuer: LocalIssuer) {
        self.local_issuer.store(Some(Arc::new(issuer)));
    }

    /// The algorithms that tokens are signed with.
    pub fn signing_algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = match &self.resources {
            MintedResources::Listed(resources) => resources.values().copied().collect(),
            MintedResources::Any(algorithm) => vec![*algorithm],
        };
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }
}

impl Directory for Index {
    fn client(&self, id: &ClientId) -> Option<Arc<Client>> {
        self.clients
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(id)
            .cloned()
    }

    fn clients_of(&self, service_account: &ServiceAccountId) -> Vec<Arc<Client>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients
            .by_service_account
            .get(service_account)
            .cloned()
            .unwrap_or_default()
    }

    fn heartbeat(&self) -> Option<Timestamp> {
        self.heartbeat.get()
    }

    fn local_issuer(&self) -> Option<Arc<LocalIssuer>> {
        self.local_issuer.load_full()
    }

    fn signing_algorithm(&self, resource: &str) -> Option<Algorithm> {
        match &self.resources {
            MintedResources::Listed(resources) => resources.get(resource).copied(),
            MintedResources::Any(algorithm) => Some(*algorithm),
        }
    }
}

// === impl Clients ===

impl Clients {
    fn insert(&mut self, client: Arc<Client>) {
        for service_account in &client.service_accounts {
            self.by_service_account
                .entry(service_account.clone())
                .or_default()
                .push(Arc::clone(&client));
        }
        self.by_id.insert(client.id.clone(), client);
    }

    fn remove(&mut self, id: &ClientId) {
        let Some(client) = self.by_id.remove(id) else {
            return;
        };
        for service_account in &client.service_accounts {
            if let Some(sharing) = self.by_service_account.get_mut(service_account) {
                sharing.retain(|other| other.id != *id);
                if sharing.is_empty() {
                    self.by_service_account.remove(service_account);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
