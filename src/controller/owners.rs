//! Who owns what the controller makes, so that uninstalling Countersign collects it.
//!
//! An owner is looked up, never assumed: the garbage collector deletes whatever names an owner that does not exist.
//! What is known of an owner is a minute old at the most, and looked up again when what it owns has vanished: then it
//! may have been deleted and made anew.

use super::told::Told;
use crate::api::installation::Installation;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use k8s_openapi::{Metadata, Resource};
use kube::api::ObjectMeta;
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// For how long an answer counts.
const FRESH: Duration = Duration::from_mins(1);

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The objects that own what the controller makes; nothing is owned where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerNames {
    /// The ClusterRole that owns what is made outside of the release namespace; if only some namespaces are watched,
    /// the RoleBinding of that name in each of them.
    pub role: Option<String>,
    /// The Deployment that owns what is made in the release namespace.
    pub deployment: Option<String>,
}

/// Who owns an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Owner {
    /// This object.
    Known(OwnerReference),
    /// Nobody: no owner is named, or there is no such object.
    Nobody,
    /// The API server did not say: whatever stands in an object is to stay.
    Unknown,
}

/// Finds owners; shared by all that write objects.
pub struct Owners {
    client: Client,
    installation: Installation,
    names: OwnerNames,
    /// By namespace, with the time of the answer.
    known: Mutex<BTreeMap<String, (Owner, Instant)>>,
}

// === impl Owner ===

impl Owner {
    /// The references that an object is to have, if that is known.
    pub fn references(&self) -> Option<Vec<OwnerReference>> {
        match self {
            Self::Known(reference) => Some(vec![reference.clone()]),
            Self::Nobody => Some(Vec::new()),
            Self::Unknown => None,
        }
    }

    /// Whether `metadata` names exactly this owner, or it is not known whom it should name.
    pub fn is_named_by(&self, metadata: &ObjectMeta) -> bool {
        let named = metadata.owner_references.as_deref().unwrap_or_default();
        self.references().is_none_or(|references| references == named)
    }

    /// Writes exactly this owner into `metadata`, if it is known.
    pub fn claim(&self, metadata: &mut ObjectMeta) {
        if let Some(references) = self.references() {
            metadata.owner_references = (!references.is_empty()).then_some(references);
        }
    }
}

// === impl Owners ===

impl Owners {
    /// The owners of one installation.
    pub fn new(client: Client, installation: Installation, names: OwnerNames) -> Self {
        Self {
            client,
            installation,
            names,
            known: Mutex::default(),
        }
    }

    /// Who owns what is made in the release namespace.
    pub async fn at_home(&self) -> Owner {
        self.within(&self.installation.namespace).await
    }

    /// Who owns what is made in `namespace`.
    pub async fn within(&self, namespace: &str) -> Owner {
        let place = self.place(namespace);
        if let Some((owner, seen)) = self.lock().get(place)
            && seen.elapsed() < FRESH
        {
            return owner.clone();
        }
        let owner = self.look_up(namespace).await;
        if owner != Owner::Unknown {
            self.lock()
                .insert(place.to_owned(), (owner.clone(), Instant::now()));
        }
        owner
    }

    /// What was found in `namespace` is not to be believed any more: something that was owned has vanished.
    pub fn doubt(&self, namespace: &str) {
        self.lock().remove(self.place(namespace));
    }

    /// The same for the release namespace.
    pub fn doubt_at_home(&self) {
        self.doubt(&self.installation.namespace);
    }

    /// One ClusterRole owns everything outside of the release namespace.
    fn place<'n>(&self, namespace: &'n str) -> &'n str {
        if self.installation.is_cluster_wide() && namespace != self.installation.namespace {
            ""
        } else {
            namespace
        }
    }

    async fn look_up(&self, namespace: &str) -> Owner {
        let client = self.client.clone();
        let OwnerNames { role, deployment } = &self.names;
        if namespace == self.installation.namespace {
            found(
                Api::<Deployment>::namespaced(client, namespace),
                deployment.as_deref(),
            )
            .await
        } else if self.installation.is_cluster_wide() {
            found(Api::<ClusterRole>::all(client), role.as_deref()).await
        } else {
            found(Api::<RoleBinding>::namespaced(client, namespace), role.as_deref()).await
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Owner, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Owners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Owners")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Asks for the object, which decides whether it exists and which of all that ever had its name it is.
async fn found<K>(api: Api<K>, name: Option<&str>) -> Owner
where
    K: kube::Resource<DynamicType = ()>
        + Resource
        + Metadata<Ty = ObjectMeta>
        + DeserializeOwned
        + Clone
        + Debug,
{
    let Some(name) = name else {
        return Owner::Nobody;
    };
    let kind = <K as Resource>::KIND;
    let metadata = match timeout(PATIENCE, api.get_metadata_opt(name)).await {
        Ok(Ok(Some(object))) => object.metadata,
        Ok(Ok(None)) => {
            tracing::warn!(kind, name, "the owner does not exist: what is made has none");
            return Owner::Nobody;
        }
        Ok(Err(error)) => {
            let told = Told::from(&error);
            tracing::warn!(kind, name, error = %told, "the owner cannot be read");
            return if told.is_forbidden() {
                Owner::Nobody
            } else {
                Owner::Unknown
            };
        }
        Err(_) => {
            tracing::warn!(kind, name, "the owner cannot be read: no answer in time");
            return Owner::Unknown;
        }
    };
    metadata.uid.map_or(Owner::Unknown, |uid| {
        Owner::Known(OwnerReference {
            api_version: <K as Resource>::API_VERSION.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            uid,
            controller: Some(false),
            block_owner_deletion: Some(false),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(uid: &str) -> OwnerReference {
        OwnerReference {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            name: "countersign-controller".to_owned(),
            uid: uid.to_owned(),
            ..OwnerReference::default()
        }
    }

    #[test]
    fn an_object_names_its_owner_and_nobody_else() {
        let mut metadata = ObjectMeta::default();
        let (owner, reinstalled) = (Owner::Known(reference("1")), Owner::Known(reference("2")));
        assert!(!owner.is_named_by(&metadata) && Owner::Nobody.is_named_by(&metadata));
        owner.claim(&mut metadata);
        assert!(owner.is_named_by(&metadata) && !reinstalled.is_named_by(&metadata));
        reinstalled.claim(&mut metadata);
        assert_eq!(metadata.owner_references, Some(vec![reference("2")]));
        Owner::Unknown.claim(&mut metadata);
        assert!(reinstalled.is_named_by(&metadata) && Owner::Unknown.is_named_by(&metadata));
        Owner::Nobody.claim(&mut metadata);
        assert_eq!(metadata, ObjectMeta::default());
    }
}
