//! What the publisher hears of the cluster.

use super::LABEL;
use super::board::Board;
use super::publisher::{NAME, Publisher};
use crate::controller::follow::{Heard, Which, follow};
use crate::controller::sources::labelled::Scope;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::runtime::watcher::Event;
use kube::{Api, Client};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How long to wait after the API server forbade a watch.
const FORBIDDEN: Duration = Duration::from_secs(3);

/// Follows the `ConfigMaps` of our name in `scope`.
pub(super) async fn config_maps(
    client: Client,
    scope: Scope,
    publisher: &Publisher<'_>,
    stop: &CancellationToken,
) {
    let api: Api<ConfigMap> = match &scope {
        Scope::Cluster => Api::all(client),
        Scope::Namespace(namespace) => Api::namespaced(client, namespace),
    };
    let hear = |heard| match heard {
        Heard::Event(Event::Init) => publisher.change(|board| board.begin(&scope)),
        Heard::Event(Event::InitApply(map)) => publisher.change(|board| board.listed(&scope, map)),
        Heard::Event(Event::InitDone) => {
            publisher.change(|board| board.complete(&scope));
            publisher.knows(&scope);
        }
        Heard::Event(Event::Apply(map)) => {
            let namespace = publisher.change(|board| board.applied(map));
            publisher.wake([namespace]);
        }
        Heard::Event(Event::Delete(map)) => {
            let namespace = map.metadata.namespace.unwrap_or_default();
            publisher.vanished(&namespace);
        }
        Heard::Forbidden => {
            warn!("the controller may not watch the ConfigMaps that it publishes: see its roles");
            publisher.knows(&scope);
        }
    };
    follow(api, Which::Named(NAME), || FORBIDDEN, stop, hear).await;
}

/// Follows the namespaces that have the label.
pub(super) async fn namespaces(client: Client, publisher: &Publisher<'_>, stop: &CancellationToken) {
    let hear = |heard: Heard<Namespace>| match heard {
        Heard::Event(Event::Init) => publisher.change(Board::namespaces_begin),
        Heard::Event(Event::InitApply(namespace)) => {
            publisher.change(|board| board.namespace_listed(&namespace));
        }
        Heard::Event(Event::InitDone) => {
            publisher.change(Board::namespaces_complete);
            publisher.sweep();
        }
        Heard::Event(Event::Apply(namespace)) => {
            publisher.change(|board| board.namespace_applied(&namespace));
            publisher.wake(namespace.metadata.name);
        }
        Heard::Event(Event::Delete(namespace)) => {
            publisher.change(|board| board.namespace_deleted(&namespace));
        }
        Heard::Forbidden => warn!("the controller may not watch namespaces: see its ClusterRole"),
    };
    follow(
        Api::<Namespace>::all(client),
        Which::Labelled(LABEL),
        || FORBIDDEN,
        stop,
        hear,
    )
    .await;
}
