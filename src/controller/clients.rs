//! The clients that exist, and who uses which source. Pure bookkeeping.

use super::observed::Observed;
use super::plan;
use super::sources::labelled::{Place, Scope};
use crate::api::v1alpha1::OAuthClientStatus;
use crate::core::source::KeySource;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The clients, and an index of their sources.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    entries: BTreeMap<Place, Entry>,
    by_source: BTreeMap<Reference, BTreeSet<Place>>,
    /// Per scope, the names of a list that is not complete yet.
    incoming: BTreeMap<Scope, BTreeSet<Place>>,
    unsettled: usize,
    ready: BTreeMap<&'static str, usize>,
    /// How many there are in each namespace that has any.
    populations: BTreeMap<String, usize>,
    /// How often a namespace got its first client or lost its last one.
    moves: u64,
}

/// A source as it is looked up: a URL is the same for all namespaces, an object is in one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    /// A URL.
    Url(String),
    /// A Secret.
    Secret(Place),
    /// A ConfigMap.
    ConfigMap(Place),
}

#[derive(Debug)]
struct Entry {
    observed: Arc<Observed>,
    references: BTreeSet<Reference>,
    settled: bool,
    ready: &'static str,
}

// === impl Reference ===

impl Reference {
    /// How `source` is looked up for a client in `namespace`; inline keys are not.
    pub(crate) fn new(namespace: &str, source: &KeySource) -> Option<Self> {
        let place = |name: &String| (namespace.to_owned(), name.clone());
        match source {
            KeySource::Inline => None,
            KeySource::Uri(url) => Some(Self::Url(url.clone())),
            KeySource::Secret { name, .. } => Some(Self::Secret(place(name))),
            KeySource::ConfigMap { name, .. } => Some(Self::ConfigMap(place(name))),
        }
    }
}

// === impl Clients ===

impl Clients {
    /// A new list of `scope` begins.
    pub(crate) fn begin(&mut self, scope: &Scope) {
        self.incoming.insert(scope.clone(), BTreeSet::new());
    }

    /// A client of the list that has begun.
    pub(crate) fn listed(&mut self, scope: &Scope, observed: Observed) -> bool {
        if let Some(incoming) = self.incoming.get_mut(scope) {
            incoming.insert(place(&observed));
        }
        self.applied(observed)
    }

    /// The list is complete: clients of the scope that do not stand in it are gone. Returns whether any
    /// of them had a source.
    pub(crate) fn complete(&mut self, scope: &Scope) -> bool {
        let listed = self.incoming.remove(scope).unwrap_or_default();
        let gone: Vec<Place> = self
            .entries
            .keys()
            .filter(|(namespace, name)| {
                let inside = match scope {
                    Scope::Cluster => true,
                    Scope::Namespace(only) => only == namespace,
                };
                inside && !listed.contains(&(namespace.clone(), name.clone()))
            })
            .cloned()
            .collect();
        let mut any = false;
        for place in &gone {
            any |= self.deleted(place);
        }
        any
    }

    /// A client appeared or changed; returns whether its sources did.
    pub(crate) fn applied(&mut self, observed: Observed) -> bool {
        let place = place(&observed);
        let references: BTreeSet<Reference> = plan::sources(&observed)
            .iter()
            .filter_map(|source| Reference::new(&place.0, source))
            .collect();
        let known = self.entries.get(&place).map(|entry| (entry.settled, entry.ready));
        if known.is_none() {
            self.unsettled = self.unsettled.saturating_add(1);
            self.count("Unknown", 1);
            self.enters(&place.0);
        }
        let (settled, ready) = known.unwrap_or((false, "Unknown"));
        let before = self.entries.insert(
            place.clone(),
            Entry {
                observed: Arc::new(observed),
                references: references.clone(),
                settled,
                ready,
            },
        );
        let before = before.map(|entry| entry.references).unwrap_or_default();
        for reference in before.difference(&references) {
            self.forget(reference, &place);
        }
        for reference in &references {
            self.by_source
                .entry(reference.clone())
                .or_default()
                .insert(place.clone());
        }
        before != references
    }

    /// A client is gone; returns whether it had a source.
    pub(crate) fn deleted(&mut self, place: &Place) -> bool {
        let Some(entry) = self.entries.remove(place) else {
            return false;
        };
        if !entry.settled {
            self.unsettled = self.unsettled.saturating_sub(1);
        }
        self.count(entry.ready, -1);
        self.leaves(&place.0);
        for reference in &entry.references {
            self.forget(reference, place);
        }
        !entry.references.is_empty()
    }

    /// The client as it was last seen.
    pub(crate) fn get(&self, place: &Place) -> Option<Arc<Observed>> {
        self.entries.get(place).map(|entry| Arc::clone(&entry.observed))
    }

    /// Takes the status that was written over `basis`, if nothing newer was seen meanwhile: the next plan
    /// must not be made from a status that is no longer there.
    pub(crate) fn written(&mut self, place: &Place, basis: &Arc<Observed>, status: OAuthClientStatus) {
        if let Some(entry) = self.entries.get_mut(place)
            && Arc::ptr_eq(&entry.observed, basis)
        {
            let mut observed = Observed::clone(basis);
            observed.status = Some(status);
            entry.observed = Arc::new(observed);
        }
    }

    /// Takes note that a client was judged with all that there is to know, and whether it is ready.
    pub(crate) fn judged(&mut self, place: &Place, settled: bool, ready: Option<&'static str>) {
        let Some(entry) = self.entries.get_mut(place) else {
            return;
        };
        if settled && !entry.settled {
            entry.settled = true;
            self.unsettled = self.unsettled.saturating_sub(1);
        }
        if let Some(ready) = ready {
            let before = std::mem::replace(&mut entry.ready, ready);
            self.count(before, -1);
            self.count(ready, 1);
        }
    }

    /// The number of clients that were not judged with all that there is to know.
    pub(crate) fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// The numbers of clients by the status of `Ready`.
    pub(crate) fn ready(&self) -> &BTreeMap<&'static str, usize> {
        &self.ready
    }

    /// The clients that use a source.
    pub(crate) fn users(&self, reference: &Reference) -> Vec<Place> {
        self.by_source
            .get(reference)
            .map(|places| places.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The clients that use any source for which `which` holds.
    pub(crate) fn users_where(&self, which: impl Fn(&Reference) -> bool) -> BTreeSet<Place> {
        self.by_source
            .iter()
            .filter(|(reference, _)| which(reference))
            .flat_map(|(_, places)| places.iter().cloned())
            .collect()
    }

    /// The URLs that any client uses.
    pub(crate) fn urls(&self) -> BTreeSet<String> {
        let references = self.by_source.keys();
        references
            .filter_map(|reference| match reference {
                Reference::Url(url) => Some(url.clone()),
                Reference::Secret(_) | Reference::ConfigMap(_) => None,
            })
            .collect()
    }

    /// The namespaces in which any client uses a Secret.
    pub(crate) fn secret_namespaces(&self) -> BTreeSet<String> {
        let references = self.by_source.keys();
        references
            .filter_map(|reference| match reference {
                Reference::Secret((namespace, _)) => Some(namespace.clone()),
                Reference::Url(_) | Reference::ConfigMap(_) => None,
            })
            .collect()
    }

    /// The namespaces in which there is any client.
    pub(crate) fn namespaces(&self) -> BTreeSet<String> {
        self.populations.keys().cloned().collect()
    }

    /// Another number whenever [`namespaces`](Self::namespaces) are others.
    pub(crate) const fn moves(&self) -> u64 {
        self.moves
    }

    fn enters(&mut self, namespace: &str) {
        let population = self.populations.entry(namespace.to_owned()).or_default();
        if *population == 0 {
            self.moves = self.moves.wrapping_add(1);
        }
        *population = population.saturating_add(1);
    }

    fn leaves(&mut self, namespace: &str) {
        if let Some(population) = self.populations.get_mut(namespace) {
            *population = population.saturating_sub(1);
            if *population == 0 {
                self.populations.remove(namespace);
                self.moves = self.moves.wrapping_add(1);
            }
        }
    }

    fn forget(&mut self, reference: &Reference, place: &Place) {
        if let Some(users) = self.by_source.get_mut(reference) {
            users.remove(place);
            if users.is_empty() {
                self.by_source.remove(reference);
            }
        }
    }

    fn count(&mut self, ready: &'static str, change: isize) {
        let count = self.ready.entry(ready).or_default();
        *count = count.saturating_add_signed(change);
    }
}

/// Where an object is.
pub(crate) fn place(observed: &Observed) -> Place {
    let metadata = &observed.metadata;
    (
        metadata.namespace.clone().unwrap_or_default(),
        metadata.name.clone().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn client(namespace: &str, name: &str, urls: &[&str]) -> Observed {
        let identities: Vec<_> = urls.iter().map(|url| json!({"keys": {"jwksURI": url}})).collect();
        serde_json::from_value(json!({
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"identities": identities},
        }))
        .unwrap()
    }

    fn at(namespace: &str, name: &str) -> Place {
        (namespace.to_owned(), name.to_owned())
    }

    const A: &str = "https://a.example/";
    const B: &str = "https://b.example/";

    #[test]
    fn the_index_follows_the_clients() {
        let mut clients = Clients::default();
        assert!(clients.applied(client("n", "1", &[A])));
        assert!(clients.applied(client("n", "2", &[A, B])));
        assert!(!clients.applied(client("n", "2", &[B, A])), "the same sources");
        let a = Reference::Url(A.to_owned());
        assert_eq!(clients.users(&a), [at("n", "1"), at("n", "2")]);
        assert!(clients.applied(client("n", "2", &[B])));
        assert_eq!(clients.users(&a), [at("n", "1")]);
        assert!(clients.deleted(&at("n", "1")));
        assert!(!clients.deleted(&at("n", "1")));
        assert!(clients.users(&a).is_empty());
        assert_eq!(clients.urls(), BTreeSet::from([B.to_owned()]));
    }

    #[test]
    fn a_complete_list_drops_the_rest_of_its_scope_only() {
        let mut clients = Clients::default();
        let scope = Scope::Namespace("n".to_owned());
        for (namespace, name) in [("n", "1"), ("n", "2"), ("m", "1")] {
            clients.applied(client(namespace, name, &[A]));
        }
        clients.begin(&scope);
        clients.listed(&scope, client("n", "2", &[A]));
        assert!(clients.get(&at("n", "1")).is_some(), "not before it is complete");
        assert!(clients.complete(&scope));
        assert!(clients.get(&at("n", "1")).is_none());
        assert!(clients.get(&at("n", "2")).is_some());
        assert!(clients.get(&at("m", "1")).is_some());
        clients.begin(&Scope::Cluster);
        clients.complete(&Scope::Cluster);
        assert!(clients.get(&at("m", "1")).is_none());
    }

    #[test]
    fn namespaces_are_those_with_any_client() {
        let mut clients = Clients::default();
        clients.applied(client("n", "1", &[]));
        let moves = clients.moves();
        clients.applied(client("n", "1", &[A]));
        clients.applied(client("n", "2", &[]));
        clients.deleted(&at("n", "1"));
        assert_eq!(
            (clients.namespaces(), clients.moves()),
            (BTreeSet::from(["n".to_owned()]), moves)
        );
        clients.deleted(&at("n", "2"));
        assert!(clients.namespaces().is_empty());
        assert_ne!(clients.moves(), moves);
    }

    #[test]
    fn what_is_unsettled_and_ready_is_counted() {
        let mut clients = Clients::default();
        for name in ["1", "2", "3"] {
            clients.applied(client("n", name, &[]));
        }
        assert_eq!(clients.unsettled(), 3);
        clients.judged(&at("n", "1"), true, Some("True"));
        clients.judged(&at("n", "1"), true, Some("False"));
        clients.judged(&at("n", "2"), false, Some("True"));
        clients.applied(client("n", "1", &[]));
        assert_eq!(clients.unsettled(), 2);
        assert_eq!(
            clients.ready(),
            &BTreeMap::from([("False", 1), ("True", 1), ("Unknown", 1)])
        );
        clients.deleted(&at("n", "1"));
        clients.deleted(&at("n", "3"));
        assert_eq!(clients.unsettled(), 1);
        assert_eq!(
            clients.ready(),
            &BTreeMap::from([("False", 0), ("True", 1), ("Unknown", 0)])
        );
    }

    #[test]
    fn a_written_status_is_taken_unless_something_newer_was_seen() {
        let mut clients = Clients::default();
        let place = at("n", "1");
        let status = |id: &str| OAuthClientStatus {
            client_id: Some(id.to_owned()),
            ..OAuthClientStatus::default()
        };
        clients.applied(client("n", "1", &[]));
        let old = clients.get(&place).unwrap();
        clients.applied(client("n", "1", &[]));
        clients.written(&place, &old, status("late"));
        assert_eq!(clients.get(&place).unwrap().status, None);
        let current = clients.get(&place).unwrap();
        clients.written(&place, &current, status("now"));
        assert_eq!(clients.get(&place).unwrap().status, Some(status("now")));
    }
}
