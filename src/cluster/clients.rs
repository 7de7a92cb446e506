//! Follows the `OAuthClient` objects into the [`Index`].

use crate::api::serve::{self, Standing};
use crate::api::v1alpha1::OAuthClient;
use crate::core::client::Client;
use crate::core::ids::ClientId;
use crate::index::{AwaitedList, Index};
use crate::readiness::BlockReady;
use futures::StreamExt;
use kube::core::DeserializeGuard;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, ResourceExt};
use std::pin::pin;
use std::sync::Arc;

/// Keeps `index` in step with the objects of one namespace, or of all; never returns. `ready` is
/// released once a consistent list has been applied.
///
/// An object that is suspended, not acceptable or not even readable is not served: the client it
/// declared until then is gone at once.
pub async fn follow(
    client: kube::Client,
    namespace: Option<String>,
    index: Arc<Index>,
    ready: (BlockReady, AwaitedList),
) {
    let api: Api<DeserializeGuard<OAuthClient>> = match &namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let mut events = pin!(watch(api, watcher::Config::default().timeout(200)).default_backoff());
    let mut ready = Some(ready);
    let mut listed = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(object)) => listed.extend(served(object).ok()),
            Ok(Event::InitDone) => {
                index.reset(namespace.as_deref(), listed.drain(..));
                tracing::info!(clients = index.len(), "the clients are known");
                drop(ready.take());
            }
            Ok(Event::Apply(object)) => match served(object) {
                Ok(client) => index.put(client),
                Err(Some(id)) => index.remove(&id),
                Err(None) => {}
            },
            Ok(Event::Delete(object)) => {
                if let Some(id) = identifier(&object) {
                    index.remove(&id);
                }
            }
            Err(error) => tracing::warn!(%error, "the watch of OAuthClients was interrupted"),
        }
    }
}

/// The client that an object declares, or the name of one that must not be served.
fn served(object: DeserializeGuard<OAuthClient>) -> Result<Client, Option<ClientId>> {
    let id = identifier(&object);
    let Ok(object) = object.0 else {
        tracing::warn!(
            client = id.as_ref().map(ClientId::as_str),
            "an OAuthClient cannot be read and is not served"
        );
        return Err(id);
    };
    match serve::client(&object) {
        Ok(Standing::Active(client)) => Ok(*client),
        Ok(Standing::Suspended(id)) => Err(Some(id)),
        Err(faults) => {
            tracing::warn!(
                client = id.as_ref().map(ClientId::as_str),
                faults = faults.len(),
                "an OAuthClient is not acceptable and is not served"
            );
            Err(id)
        }
    }
}

fn identifier(object: &DeserializeGuard<OAuthClient>) -> Option<ClientId> {
    ClientId::new(&object.namespace()?, &object.name_any()).ok()
}
