//! Who owns what the controller makes, so that uninstalling Countersign collects it.
//!
//! - An owner is looked up, never assumed: the garbage collector deletes whatever names an owner that does not exist.
//! - What is known of an owner is a minute old at the most. Before it is named anew, and when what it owns has
//!   vanished, it is looked up again: it may have been deleted, and perhaps made anew.
//! - Where an owner is named that is not to be had, nothing is made: Countersign is being uninstalled, and whatever is
//!   made without an owner now is never collected. What stands stays as it is.

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
use thiserror::Error;
use tokio::time::{Instant, timeout};

/// For how long an answer counts.
const FRESH: Duration = Duration::from_mins(1);

/// For how long it counts for what is made, or changes hands.
const JUST_NOW: Duration = Duration::from_secs(1);

/// The first pause after an owner was missed; each further one in a row doubles it, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

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
    /// Nobody: no owner is named.
    Nobody,
    /// One is named, but it does not exist, is being deleted, or cannot be read: nothing is made, and whatever stands
    /// in an object stays.
    Missing,
}

/// Finds owners; shared by all that write objects.
pub struct Owners {
    client: Client,
    installation: Installation,
    names: OwnerNames,
    /// By namespace, or `""` for all that the ClusterRole owns.
    known: Mutex<BTreeMap<String, Answer>>,
}

/// What was found.
#[derive(Debug, Clone)]
struct Answer {
    owner: Owner,
    at: Instant,
    /// How often in a row it was missed.
    misses: u32,
}

// === impl Owner ===

impl Owner {
    /// The references that an object is to have, if that is known.
    pub fn references(&self) -> Option<Vec<OwnerReference>> {
        match self {
            Self::Known(reference) => Some(vec![reference.clone()]),
            Self::Nobody => Some(Vec::new()),
            Self::Missing => None,
        }
    }

    /// Whether an object may be made.
    pub fn lets_make(&self) -> bool {
        *self != Self::Missing
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

    /// Who owns an object in the release namespace that stands there like this, or is to be made.
    pub async fn of(&self, metadata: Option<&ObjectMeta>) -> Owner {
        let home = &self.installation.namespace;
        if let Some(metadata) = metadata {
            let owner = self.within(home).await;
            if owner.is_named_by(metadata) {
                return owner;
            }
        }
        self.within_now(home).await
    }

    /// Who owns what stands in `namespace`.
    pub async fn within(&self, namespace: &str) -> Owner {
        self.answer(namespace, FRESH).await
    }

    /// Who owns what is to be made in `namespace`, or to change hands there.
    pub async fn within_now(&self, namespace: &str) -> Owner {
        self.answer(namespace, JUST_NOW).await
    }

    /// When the owner of what is made in `namespace` will be looked up again, if it is missing.
    pub fn pause(&self, namespace: &str) -> Option<Duration> {
        let known = self.lock();
        let answer = known.get(self.place(namespace))?;
        let left = answer.pause()?.saturating_sub(answer.at.elapsed());
        Some(left.max(FIRST_PAUSE))
    }

    /// The same for the release namespace, but `longest` at the most, and if nothing is missing.
    pub fn pause_at_home(&self, longest: Duration) -> Duration {
        let pause = self.pause(&self.installation.namespace);
        pause.map_or(longest, |pause| pause.min(longest))
    }

    /// What was found in `namespace` is not to be believed any more: something that was owned has vanished. An owner
    /// that is missing is looked up in its own time.
    pub fn doubt(&self, namespace: &str) {
        let mut known = self.lock();
        let place = self.place(namespace);
        if known.get(place).is_some_and(|answer| answer.owner.lets_make()) {
            known.remove(place);
        }
    }

    /// The same for the release namespace.
    pub fn doubt_at_home(&self) {
        self.doubt(&self.installation.namespace);
    }

    async fn answer(&self, namespace: &str, age: Duration) -> Owner {
        let place = self.place(namespace);
        let before = self.lock().get(place).cloned();
        if let Some(answer) = &before
            && answer.at.elapsed() < answer.pause().unwrap_or(age)
        {
            return answer.owner.clone();
        }
        let owner = self.look_up(namespace).await;
        let tries = before.map_or(0, |answer| answer.misses);
        let owner = match owner {
            Ok(owner) => {
                if tries > 0 {
                    tracing::info!(namespace, "the owner is there again: what is missing is made");
                }
                owner
            }
            Err(missing) if tries > 0 => {
                tracing::debug!(namespace, %missing, "nothing is made");
                Owner::Missing
            }
            Err(missing) => {
                tracing::warn!(namespace, %missing, "nothing is made or restored until its owner is there");
                Owner::Missing
            }
        };
        let misses = if owner.lets_make() {
            0
        } else {
            tries.saturating_add(1)
        };
        let answer = Answer {
            owner: owner.clone(),
            at: Instant::now(),
            misses,
        };
        self.lock().insert(place.to_owned(), answer);
        owner
    }

    /// One ClusterRole owns everything outside of the release namespace.
    fn place<'n>(&self, namespace: &'n str) -> &'n str {
        if self.installation.is_cluster_wide() && namespace != self.installation.namespace {
            ""
        } else {
            namespace
        }
    }

    async fn look_up(&self, namespace: &str) -> Result<Owner, Missing> {
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Answer>> {
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

// === impl Answer ===

impl Answer {
    /// For how long it counts that the owner is missing.
    fn pause(&self) -> Option<Duration> {
        let doublings = self.misses.checked_sub(1)?;
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
        Some(pause.min(LONGEST_PAUSE))
    }
}

/// Why an owner is not to be had.
#[derive(Debug, Error)]
#[error("the {kind} {name} {fault}")]
struct Missing {
    kind: &'static str,
    name: String,
    fault: Fault,
}

#[derive(Debug, Error)]
enum Fault {
    #[error("does not exist")]
    Absent,
    #[error("is being deleted")]
    Leaving,
    #[error("cannot be read: {0}")]
    Unreadable(Told),
    #[error("cannot be read: no answer in time")]
    TimedOut,
}

/// Asks for the object, which decides whether it exists and which of all that ever had its name it is.
async fn found<K>(api: Api<K>, name: Option<&str>) -> Result<Owner, Missing>
where
    K: kube::Resource<DynamicType = ()>
        + Resource
        + Metadata<Ty = ObjectMeta>
        + DeserializeOwned
        + Clone
        + Debug,
{
    let Some(name) = name else {
        return Ok(Owner::Nobody);
    };
    let kind = <K as Resource>::KIND;
    let found = match timeout(PATIENCE, api.get_metadata_opt(name)).await {
        Ok(Ok(found)) => living(found.map(|object| object.metadata)),
        Ok(Err(error)) => Err(Fault::Unreadable(Told::from(&error))),
        Err(_) => Err(Fault::TimedOut),
    };
    let uid = found.map_err(|fault| Missing {
        kind,
        name: name.to_owned(),
        fault,
    })?;
    Ok(Owner::Known(OwnerReference {
        api_version: <K as Resource>::API_VERSION.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid,
        controller: Some(false),
        block_owner_deletion: Some(false),
    }))
}

/// The UID of an owner that is there and stays.
fn living(metadata: Option<ObjectMeta>) -> Result<String, Fault> {
    let metadata = metadata.ok_or(Fault::Absent)?;
    if metadata.deletion_timestamp.is_some() {
        return Err(Fault::Leaving);
    }
    metadata.uid.ok_or(Fault::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

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
        Owner::Missing.claim(&mut metadata);
        assert!(reinstalled.is_named_by(&metadata) && Owner::Missing.is_named_by(&metadata));
        Owner::Nobody.claim(&mut metadata);
        assert_eq!(metadata, ObjectMeta::default());
    }

    #[test]
    fn an_owner_that_is_going_owns_nothing_new() {
        let mut metadata = ObjectMeta {
            uid: Some("1".to_owned()),
            ..ObjectMeta::default()
        };
        assert_eq!(living(Some(metadata.clone())).ok().as_deref(), Some("1"));
        metadata.deletion_timestamp = Some(Time(jiff::Timestamp::UNIX_EPOCH));
        assert!(matches!(living(Some(metadata)), Err(Fault::Leaving)));
        assert!(matches!(living(None), Err(Fault::Absent)));
        assert!(Owner::Known(reference("1")).lets_make() && Owner::Nobody.lets_make());
        assert!(!Owner::Missing.lets_make());
    }

    #[test]
    fn a_missing_owner_is_looked_up_less_and_less_often() {
        let pause = |misses| {
            let answer = Answer {
                owner: Owner::Missing,
                at: Instant::now(),
                misses,
            };
            answer.pause().map(|pause| pause.as_secs())
        };
        let pauses = [0, 1, 2, 5, 6, 100].map(pause);
        assert_eq!(pauses, [None, Some(1), Some(2), Some(16), Some(30), Some(30)]);
    }
}
