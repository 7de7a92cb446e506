//! Watching labelled `ConfigMaps` and Secrets.
//!
//! `ConfigMaps` are watched wherever clients are. Secrets are watched only in namespaces where a client
//! refers to one, each by a watch of its own: the right to do so is given per namespace.

use super::labelled::{Carrier, Place, Scope};
use crate::controller::desk::{Desk, Kind};
use crate::controller::follow::{Heard, Which, follow};
use crate::core::clock::Clock;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::runtime::watcher::Event;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use tokio_util::sync::CancellationToken;

/// The label that an object with keys must carry.
pub(crate) const LABEL: &str = "countersign.dev/keys=true";

/// Follows the labelled `ConfigMaps` of `scope` until `stop`.
pub(crate) async fn config_maps(
    client: Client,
    desk: &Desk,
    scope: Scope,
    clock: &dyn Clock,
    stop: &CancellationToken,
) {
    objects::<ConfigMap>(client, desk, Kind::ConfigMap, scope, clock, stop).await;
}

/// Follows the labelled Secrets of exactly those namespaces in which a client refers to one, until `stop`.
pub(crate) async fn secrets(client: Client, desk: &Desk, clock: &dyn Clock, stop: &CancellationToken) {
    let mut demand = desk.demand();
    let mut watched: BTreeMap<String, CancellationToken> = BTreeMap::new();
    let mut running = FuturesUnordered::new();
    loop {
        let wanted = desk.secret_namespaces();
        watched.retain(|namespace, token| {
            let keep = wanted.contains(namespace);
            if !keep {
                token.cancel();
                desk.forget_secrets(namespace);
            }
            keep
        });
        for namespace in wanted {
            watched.entry(namespace.clone()).or_insert_with(|| {
                let token = stop.child_token();
                let scope = Scope::Namespace(namespace);
                let client = client.clone();
                let own = token.clone();
                running.push(async move {
                    objects::<Secret>(client, desk, Kind::Secret, scope, clock, &own).await;
                });
                token
            });
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = demand.changed() => if changed.is_err() { return },
            Some(()) = running.next() => {}
        }
    }
}

async fn objects<K>(
    client: Client,
    desk: &Desk,
    kind: Kind,
    scope: Scope,
    clock: &dyn Clock,
    stop: &CancellationToken,
) where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Carrier,
    K: Clone + DeserializeOwned + Debug + Send + 'static,
{
    let api: Api<K> = match &scope {
        Scope::Cluster => Api::all(client),
        Scope::Namespace(namespace) => Api::namespaced(client, namespace),
    };
    let nothing = || Some(BTreeSet::new());
    let only = |place: Place, changed: bool| Some(changed.then_some(place).into_iter().collect());
    follow(
        api,
        Which::Labelled(LABEL),
        || desk.forbidden_pause(),
        stop,
        |heard| {
            desk.objects(kind, &scope, |objects| match heard {
                Heard::Event(Event::Init) => {
                    objects.begin();
                    nothing()
                }
                Heard::Event(Event::InitApply(object)) => {
                    objects.listed(place(&object), object.documents());
                    nothing()
                }
                Heard::Event(Event::InitDone) => objects.complete(),
                Heard::Event(Event::Apply(object)) => {
                    let place = place(&object);
                    let changed = objects.applied(place.clone(), object.documents());
                    only(place, changed)
                }
                Heard::Event(Event::Delete(object)) => {
                    let place = place(&object);
                    let changed = objects.deleted(&place);
                    only(place, changed)
                }
                Heard::Forbidden if objects.forbidden(clock.now()) => None,
                Heard::Forbidden => nothing(),
            });
        },
    )
    .await;
}

fn place<K: Resource>(object: &K) -> Place {
    let metadata = object.meta();
    (
        metadata.namespace.clone().unwrap_or_default(),
        metadata.name.clone().unwrap_or_default(),
    )
}
