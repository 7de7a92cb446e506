//! What a server knows of the world, in memory: the answers to every question of the token endpoint.
//!
//! Readers never wait for I/O: the locks here are held for a map look-up, never across an await.

pub mod heartbeat;
mod minted;

pub use minted::{MintedResources, Others};

use heartbeat::LastHeartbeat;

use crate::core::client::Client;
use crate::core::ids::{ClientId, ServiceAccountId};
use crate::core::protected_resource::ProtectedResource;
use crate::core::resource::ResourceId;
use crate::core::trusted_issuer::{FederatedSubject, TrustedIssuer};
use crate::grants::{Directory, LocalIssuer};
use crate::jose::Algorithm;
use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The clients, the issuers and the heartbeat, as they were last seen.
#[derive(Debug)]
pub struct Index {
    resources: MintedResources,
    clients: RwLock<Clients>,
    heartbeat: Arc<LastHeartbeat>,
    local_issuer: ArcSwapOption<LocalIssuer>,
    trusted_issuers: ArcSwap<HashMap<String, Arc<TrustedIssuer>>>,
    /// Lists of clients that have not come yet.
    awaited: AtomicUsize,
}

/// A list of clients that an index waits for, until this is dropped.
#[derive(Debug)]
pub struct AwaitedList(Arc<Index>);

#[derive(Debug, Default)]
struct Clients {
    all: HashMap<ClientId, Arc<Client>>,
    of_service_account: HashMap<ServiceAccountId, Vec<Arc<Client>>>,
    of_federated_subject: HashMap<FederatedSubject, Vec<Arc<Client>>>,
}

// === impl AwaitedList ===

impl Drop for AwaitedList {
    fn drop(&mut self) {
        self.0.awaited.fetch_sub(1, Ordering::AcqRel);
    }
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
            trusted_issuers: ArcSwap::default(),
            awaited: AtomicUsize::new(0),
        }
    }

    /// Not everybody is known until the returned value is dropped.
    pub fn await_list(self: &Arc<Self>) -> AwaitedList {
        self.awaited.fetch_add(1, Ordering::AcqRel);
        AwaitedList(Arc::clone(self))
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
                .all
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
            .all
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

    /// Replaces the trusted issuers, of which no two have one issuer identifier: of those that do, none is
    /// trusted.
    pub fn set_trusted_issuers(&self, issuers: impl IntoIterator<Item = TrustedIssuer>) {
        let mut by_identifier: HashMap<String, Option<Arc<TrustedIssuer>>> = HashMap::new();
        for issuer in issuers {
            by_identifier
                .entry(issuer.issuer.clone())
                .and_modify(|claimed| *claimed = None)
                .or_insert_with(|| Some(Arc::new(issuer)));
        }
        let unambiguous = by_identifier
            .into_iter()
            .filter_map(|(id, issuer)| Some((id, issuer?)));
        self.trusted_issuers.store(Arc::new(unambiguous.collect()));
    }

    /// The algorithms that tokens are signed with.
    pub fn signing_algorithms(&self) -> Vec<Algorithm> {
        self.resources.algorithms()
    }
}

impl Directory for Index {
    fn is_complete(&self) -> bool {
        self.awaited.load(Ordering::Acquire) == 0
    }

    fn client(&self, id: &ClientId) -> Option<Arc<Client>> {
        self.clients
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .all
            .get(id)
            .cloned()
    }

    fn clients_of(&self, service_account: &ServiceAccountId) -> Vec<Arc<Client>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients
            .of_service_account
            .get(service_account)
            .cloned()
            .unwrap_or_default()
    }

    fn clients_naming(&self, subject: &FederatedSubject) -> Vec<Arc<Client>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients
            .of_federated_subject
            .get(subject)
            .cloned()
            .unwrap_or_default()
    }

    fn trusted_issuer(&self, issuer: &str) -> Option<Arc<TrustedIssuer>> {
        self.trusted_issuers.load().get(issuer).cloned()
    }

    fn heartbeat(&self) -> Option<Timestamp> {
        self.heartbeat.get()
    }

    fn local_issuer(&self) -> Option<Arc<LocalIssuer>> {
        self.local_issuer.load_full()
    }

    fn protected_resource(
        &self,
        identifier: &ResourceId,
        client: &ClientId,
    ) -> Option<Arc<ProtectedResource>> {
        self.resources.find(identifier, client)
    }
}

// === impl Clients ===

impl Clients {
    fn insert(&mut self, client: Arc<Client>) {
        for service_account in &client.service_accounts {
            enlist(&mut self.of_service_account, service_account, &client);
        }
        for subject in named_subjects(&client) {
            enlist(&mut self.of_federated_subject, subject, &client);
        }
        self.all.insert(client.id.clone(), client);
    }

    fn remove(&mut self, id: &ClientId) {
        let Some(client) = self.all.remove(id) else {
            return;
        };
        for service_account in &client.service_accounts {
            strike(&mut self.of_service_account, service_account, id);
        }
        for subject in named_subjects(&client) {
            strike(&mut self.of_federated_subject, subject, id);
        }
    }
}

/// The subjects of trusted issuers by which a client can be reached, each once.
fn named_subjects(client: &Client) -> impl Iterator<Item = &FederatedSubject> {
    let rule = client
        .grants
        .jwt_bearer
        .as_ref()
        .and_then(|rule| rule.unauthenticated.as_ref());
    let more = rule.map(|rule| rule.subjects.difference(&client.federated));
    client.federated.iter().chain(more.into_iter().flatten())
}

fn enlist<K: Eq + Hash + Clone>(
    clients: &mut HashMap<K, Vec<Arc<Client>>>,
    identity: &K,
    client: &Arc<Client>,
) {
    clients
        .entry(identity.clone())
        .or_default()
        .push(Arc::clone(client));
}

fn strike<K: Eq + Hash>(clients: &mut HashMap<K, Vec<Arc<Client>>>, identity: &K, id: &ClientId) {
    if let Some(sharing) = clients.get_mut(identity) {
        sharing.retain(|other| other.id != *id);
        if sharing.is_empty() {
            clients.remove(identity);
        }
    }
}

#[cfg(test)]
mod tests;
