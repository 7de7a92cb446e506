//! Where the bundle is to stand, and what stands there. Pure bookkeeping.

use crate::controller::owners::Owner;
use crate::controller::reconcile::MANAGER;
use crate::controller::sources::labelled::Scope;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::ObjectMeta;
use std::collections::{BTreeMap, BTreeSet};

/// The entry of the ConfigMap.
pub(super) const ENTRY: &str = "ca.crt";

/// What is known of the `ConfigMaps`, by namespace.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Namespaces that have it whether they have clients or not.
    always: BTreeSet<String>,
    clients: BTreeSet<String>,
    labelled: Listed<()>,
    found: Listed<Found>,
}

/// A ConfigMap of our name, but for what does not matter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    bundle: Option<String>,
    metadata: ObjectMeta,
}

/// What several watches show, by namespace.
#[derive(Debug)]
struct Listed<T> {
    present: BTreeMap<String, T>,
    /// Lists that are not complete yet.
    incoming: BTreeMap<Scope, BTreeMap<String, T>>,
}

/// What one look at a namespace finds.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It has what it is to have, or is to have nothing.
    Good,
    /// There is no ConfigMap.
    Absent,
    /// It is not what we published last: the bundle or the owner is another one now.
    Old(Box<ObjectMeta>),
    /// Somebody else wrote it.
    Foreign(Box<ObjectMeta>),
}

// === impl Verdict ===

impl Verdict {
    /// The ConfigMap that stands there and is to be written.
    pub(super) fn standing(&self) -> Option<&ObjectMeta> {
        match self {
            Self::Good | Self::Absent => None,
            Self::Old(metadata) | Self::Foreign(metadata) => Some(metadata),
        }
    }
}

// === impl Found ===

impl Found {
    pub(super) fn new(map: ConfigMap) -> Self {
        let mut metadata = map.metadata;
        let ours = metadata.managed_fields.take().unwrap_or_default().into_iter();
        metadata.managed_fields = Some(
            ours.filter(|entry| entry.manager.as_deref() == Some(MANAGER))
                .collect(),
        );
        Self {
            bundle: map.data.and_then(|mut data| data.remove(ENTRY)),
            metadata,
        }
    }

    /// Whether we were the last to write the bundle: whoever changes it becomes the manager of the field.
    fn is_ours(&self) -> bool {
        self.manages("/f:data/f:ca.crt")
    }

    /// Whether `owner` is among its owners, and no other one that we wrote: the API server takes out what we wrote
    /// before. What others add is theirs.
    fn is_owned_by(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Known(reference) => self
                .metadata
                .owner_references
                .iter()
                .flatten()
                .any(|one| one == reference),
            Owner::Nobody => !self.manages("/f:metadata/f:ownerReferences"),
            Owner::Missing => true,
        }
    }

    fn manages(&self, field: &str) -> bool {
        let managed = self.metadata.managed_fields.iter().flatten();
        let mut fields = managed.filter_map(|entry| entry.fields_v1.as_ref());
        fields.any(|fields| fields.0.pointer(field).is_some())
    }
}

// === impl Listed ===

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            present: BTreeMap::new(),
            incoming: BTreeMap::new(),
        }
    }
}

impl<T> Listed<T> {
    fn begin(&mut self, scope: &Scope) {
        self.incoming.insert(scope.clone(), BTreeMap::new());
    }

    fn listed(&mut self, scope: &Scope, namespace: String, item: T) {
        self.incoming
            .entry(scope.clone())
            .or_default()
            .insert(namespace, item);
    }

    /// What does not stand in the list is gone.
    fn complete(&mut self, scope: &Scope) {
        let incoming = self.incoming.remove(scope).unwrap_or_default();
        self.present.retain(|namespace, _| match scope {
            Scope::Cluster => false,
            Scope::Namespace(only) => only != namespace,
        });
        self.present.extend(incoming);
    }
}

// === impl Board ===

impl Board {
    /// The bundle always stands in these namespaces.
    pub(super) fn new(always: impl IntoIterator<Item = String>) -> Self {
        Self {
            always: always.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The namespaces that have clients now.
    pub(super) fn set_clients(&mut self, namespaces: BTreeSet<String>) {
        self.clients = namespaces;
    }

    /// A new list of `ConfigMaps` begins.
    pub(super) fn begin(&mut self, scope: &Scope) {
        self.found.begin(scope);
    }

    /// A ConfigMap of that list.
    pub(super) fn listed(&mut self, scope: &Scope, map: ConfigMap) {
        let namespace = map.metadata.namespace.clone().unwrap_or_default();
        self.found.listed(scope, namespace, Found::new(map));
    }

    /// That list is complete.
    pub(super) fn complete(&mut self, scope: &Scope) {
        self.found.complete(scope);
    }

    /// A ConfigMap stands there like this; returns its namespace.
    pub(super) fn applied(&mut self, map: ConfigMap) -> String {
        let namespace = map.metadata.namespace.clone().unwrap_or_default();
        self.found.present.insert(namespace.clone(), Found::new(map));
        namespace
    }

    /// A ConfigMap is gone.
    pub(super) fn deleted(&mut self, namespace: &str) {
        self.found.present.remove(namespace);
    }

    /// A new list of labelled namespaces begins.
    pub(super) fn namespaces_begin(&mut self) {
        self.labelled.begin(&Scope::Cluster);
    }

    /// A namespace of that list.
    pub(super) fn namespace_listed(&mut self, namespace: &Namespace) {
        if let Some(name) = living(namespace) {
            self.labelled.listed(&Scope::Cluster, name, ());
        }
    }

    /// That list is complete.
    pub(super) fn namespaces_complete(&mut self) {
        self.labelled.complete(&Scope::Cluster);
    }

    /// A namespace has the label. One that is being deleted gets nothing any more.
    pub(super) fn namespace_applied(&mut self, namespace: &Namespace) {
        match living(namespace) {
            Some(name) => drop(self.labelled.present.insert(name, ())),
            None => self.namespace_deleted(namespace),
        }
    }

    /// A namespace, or its label, is gone.
    pub(super) fn namespace_deleted(&mut self, namespace: &Namespace) {
        let name = namespace.metadata.name.as_deref().unwrap_or_default();
        self.labelled.present.remove(name);
    }

    /// Every namespace that is to have the bundle, and those that had it: pods may still have it mounted.
    pub(super) fn wanted(&self) -> BTreeSet<String> {
        let ours = self.found.present.iter().filter(|(_, found)| found.is_ours());
        let ours = ours.map(|(namespace, _)| namespace);
        let named = self
            .always
            .iter()
            .chain(&self.clients)
            .chain(self.labelled.present.keys());
        named.chain(ours).cloned().collect()
    }

    /// Whether the bundle is to stand in `namespace`.
    fn wants(&self, namespace: &str) -> bool {
        self.always.contains(namespace)
            || self.clients.contains(namespace)
            || self.labelled.present.contains_key(namespace)
            || self.found.present.get(namespace).is_some_and(Found::is_ours)
    }

    /// What is to be said of `namespace` if `bundle` is to stand there, owned by `owner`.
    pub(super) fn look(&self, namespace: &str, bundle: &str, owner: &Owner) -> Verdict {
        if !self.wants(namespace) {
            return Verdict::Good;
        }
        let Some(found) = self.found.present.get(namespace) else {
            return Verdict::Absent;
        };
        if !found.is_ours() {
            return Verdict::Foreign(Box::new(found.metadata.clone()));
        }
        if found.bundle.as_deref() == Some(bundle) && found.is_owned_by(owner) {
            return Verdict::Good;
        }
        Verdict::Old(Box::new(found.metadata.clone()))
    }
}

fn living(namespace: &Namespace) -> Option<String> {
    let metadata = &namespace.metadata;
    metadata
        .name
        .clone()
        .filter(|_| metadata.deletion_timestamp.is_none())
}

#[cfg(test)]
mod tests;
