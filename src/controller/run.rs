//! The controller's parts, put together.

use super::bundle::Publisher;
use super::certificates::Bundle;
use super::clients;
use super::desk::Desk;
use super::follow::{Heard, Which, follow};
use super::metrics::ControllerMetrics;
use super::observed::Observed;
use super::owners::Owners;
use super::queue::Next;
use super::reconcile::{Reconciler, recorder};
use super::sources::labelled::Scope;
use super::sources::objects::{config_maps, secrets};
use super::sources::schedule::Pace;
use super::sources::urls::{sleep_until, urls};
use crate::api::installation::Installation;
use crate::core::clock::Clock;
use crate::fetch::{FetchOptions, Fetcher, InvalidFetchOptions};
use crate::telemetry::SPANS;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use kube::runtime::watcher::Event;
use kube::{Api, Client};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, info, info_span, warn};

/// How the controller works.
#[derive(Debug)]
pub struct ControllerOptions {
    /// Where it is installed, and which namespaces it watches.
    pub installation: Installation,
    /// What an administrator decides about fetches.
    pub fetch: FetchOptions,
    /// How often URLs are fetched.
    pub pace: Pace,
    /// The most clients that are looked at at a time.
    pub at_once: usize,
    /// The name of this replica, for its Events.
    pub instance: String,
    /// The certificates that clients are to trust, as they become known.
    pub bundle: watch::Receiver<Bundle>,
    /// Who owns what is made.
    pub owners: Arc<Owners>,
    /// What it counts.
    pub metrics: ControllerMetrics,
}

/// Why the controller cannot run.
#[derive(Debug, Error)]
pub enum ControllerError {
    /// The options of the fetches cannot be used.
    #[error("the options for fetching key sets cannot be used: {0}")]
    Fetch(#[from] InvalidFetchOptions),
}

/// Keeps the status of every client up to date until `shutdown`; to be run by the leader.
///
/// `synced` is called once, after every client that exists was judged with all that there is to know:
/// from then on this controller can vouch for what stands in their status. The connections of `client`
/// must have a read timeout longer than a watch (200 s), since nothing else ends a list that hangs.
pub async fn run(
    client: Client,
    options: ControllerOptions,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
    synced: impl FnOnce() + Send,
) -> Result<(), ControllerError> {
    let ControllerOptions {
        installation,
        fetch,
        pace,
        at_once,
        instance,
        bundle,
        owners,
        metrics,
    } = options;
    let fetcher = Fetcher::new(fetch)?;
    let scopes = scopes(&installation);
    let desk = Desk::new(installation.clone(), &scopes, pace, at_once.max(1));
    let clock = clock.as_ref();
    let (desk, stop, metrics) = (&desk, &shutdown, &metrics);
    let recorder = recorder(client.clone(), instance);
    let reconciler = Reconciler::new(client.clone(), desk, recorder.clone(), clock);
    let publisher = Publisher::new(client.clone(), desk, recorder, &installation, owners);

    let _leading = metrics.lead();
    let watches = join_all(scopes.iter().map(|scope| {
        let client = client.clone();
        async move {
            tokio::join!(
                watch_clients(client.clone(), desk, scope.clone(), stop),
                config_maps(client, desk, scope.clone(), clock, stop),
            );
        }
    }));
    tokio::join!(
        watches,
        secrets(client.clone(), desk, clock, stop),
        urls(&fetcher, desk, metrics, clock, stop),
        work(&reconciler, desk, metrics, stop, synced),
        publisher.run(bundle, stop),
    );
    Ok(())
}

/// The watches that cover the installation's namespaces.
fn scopes(installation: &Installation) -> Vec<Scope> {
    if installation.is_cluster_wide() {
        return vec![Scope::Cluster];
    }
    let namespaces = installation.watch_namespaces.iter();
    namespaces.cloned().map(Scope::Namespace).collect()
}

async fn watch_clients(client: Client, desk: &Desk, scope: Scope, stop: &CancellationToken) {
    let api: Api<Observed> = match &scope {
        Scope::Cluster => Api::all(client),
        Scope::Namespace(namespace) => Api::namespaced(client, namespace),
    };
    follow(
        api,
        Which::All,
        || desk.forbidden_pause(),
        stop,
        |heard| match heard {
            Heard::Event(Event::Init) => desk.clients_begin(&scope),
            Heard::Event(Event::InitApply(observed)) => desk.client_listed(&scope, observed),
            Heard::Event(Event::InitDone) => desk.clients_complete(&scope),
            Heard::Event(Event::Apply(observed)) => desk.client_applied(observed),
            Heard::Event(Event::Delete(observed)) => desk.client_deleted(&clients::place(&observed)),
            Heard::Forbidden => warn!("the controller may not watch OAuthClients: see its ClusterRole"),
        },
    )
    .await;
}

/// Looks at clients as they become due.
async fn work(
    reconciler: &Reconciler<'_>,
    desk: &Desk,
    metrics: &ControllerMetrics,
    stop: &CancellationToken,
    synced: impl FnOnce() + Send,
) {
    let mut synced = Some(synced);
    let mut running = FuturesUnordered::new();
    loop {
        let (started, again) = desk.start_reconciles();
        for place in started {
            let span = info_span!(
                target: SPANS,
                parent: None,
                "reconcile",
                otel.status_code = Empty,
                countersign.client = format!("{}/{}", place.0, place.1),
            );
            running.push(async move {
                let began = Instant::now();
                let result = reconciler.reconcile(&place).instrument(span.clone()).await;
                if result.is_err() {
                    span.record("otel.status_code", "ERROR");
                }
                (place, result, began.elapsed())
            });
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some((place, result, took)) = running.next() => {
                let (outcome, next) = match result {
                    Ok(next) => ("ok", next),
                    Err(error) => {
                        let (namespace, name) = (&place.0, &place.1);
                        warn!(namespace, name, %error, "a client could not be brought up to date");
                        ("error", Next::Retry)
                    }
                };
                metrics.reconciled(outcome, took);
                desk.finish_reconcile(place, next);
            }
            () = desk.due.notified() => {}
            () = sleep_until(again) => {}
        }
        desk.with_clients(|clients| metrics.counted(clients.ready()));
        metrics.waiting(desk.waiting());
        if synced.is_some() && desk.first_pass_done() {
            info!("every client was looked at");
            if let Some(synced) = synced.take() {
                synced();
            }
        }
    }
}
