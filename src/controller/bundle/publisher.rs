//! Writing the bundle where it is to stand.

use super::board::{Board, ENTRY, Verdict};
use super::watches;
use crate::api::installation::Installation;
use crate::controller::certificates::Bundle;
use crate::controller::desk::Desk;
use crate::controller::owners::{Owner, Owners};
use crate::controller::queue::{Next, Queue};
use crate::controller::reconcile::MANAGER;
use crate::controller::sources::labelled::{Place, Scope};
use crate::controller::sources::urls::sleep_until;
use crate::controller::told::Told;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference};
use kube::api::{ObjectMeta, Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder};
use kube::{Api, Client};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// The name of the ConfigMap.
pub const NAME: &str = "countersign-ca";

/// How long one call to the API server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many `ConfigMaps` are written at a time.
const AT_ONCE: usize = 8;

/// How often every namespace is looked at, whatever the watches say.
const SWEEP: Duration = Duration::from_mins(1);

/// The pause between two writes to one namespace: whoever fights over the ConfigMap costs one write a second.
const SPACING: Duration = Duration::from_secs(1);

/// Keeps the bundle where it is to stand.
pub(crate) struct Publisher<'d> {
    client: Client,
    desk: &'d Desk,
    recorder: Recorder,
    owners: Arc<Owners>,
    scopes: Vec<Scope>,
    cluster_wide: bool,
    state: Mutex<State>,
    due: Notify,
}

struct State {
    board: Board,
    queue: Queue,
    /// The scopes whose `ConfigMaps` were not listed yet: until then nobody is accused of having changed one.
    unknown: BTreeSet<Scope>,
    bundle: Bundle,
    /// When each namespace may be written again.
    rested: BTreeMap<String, Instant>,
}

// === impl Publisher ===

impl<'d> Publisher<'d> {
    pub(crate) fn new(
        client: Client,
        desk: &'d Desk,
        recorder: Recorder,
        installation: &Installation,
        owners: Arc<Owners>,
    ) -> Self {
        let Installation {
            namespace: home,
            watch_namespaces,
            ..
        } = installation;
        let always: BTreeSet<String> = watch_namespaces.iter().chain([home]).cloned().collect();
        let cluster_wide = installation.is_cluster_wide();
        let scopes: Vec<Scope> = if cluster_wide {
            vec![Scope::Cluster]
        } else {
            always.iter().cloned().map(Scope::Namespace).collect()
        };
        Self {
            client,
            desk,
            recorder,
            owners,
            cluster_wide,
            state: Mutex::new(State {
                board: Board::new(always),
                queue: Queue::new(AT_ONCE),
                unknown: scopes.iter().cloned().collect(),
                bundle: None,
                rested: BTreeMap::new(),
            }),
            scopes,
            due: Notify::new(),
        }
    }

    /// Publishes what `bundle` says until `stop`.
    pub(crate) async fn run(&self, bundle: watch::Receiver<Bundle>, stop: &CancellationToken) {
        let maps = self
            .scopes
            .iter()
            .map(|scope| watches::config_maps(self.client.clone(), scope.clone(), self, stop));
        let namespaces = async {
            if self.cluster_wide {
                watches::namespaces(self.client.clone(), self, stop).await;
            }
        };
        tokio::join!(
            join_all(maps),
            namespaces,
            self.learn(bundle, stop),
            self.work(stop)
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left behind is still a record of what was seen; watches and sweeps keep correcting it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        change(&mut self.state().board)
    }

    /// Looks at these namespaces as soon as they may be written.
    pub(super) fn wake(&self, namespaces: impl IntoIterator<Item = String>) {
        let mut state = self.state();
        let now = Instant::now();
        state.rested.retain(|_, rested| *rested > now);
        for namespace in namespaces {
            let when = state.rested.get(&namespace).copied().unwrap_or(now);
            state.queue.add((namespace, NAME.to_owned()), when.into_std());
        }
        drop(state);
        self.due.notify_one();
    }

    /// Looks at every namespace.
    pub(super) fn sweep(&self) {
        let wanted = self.state().board.wanted();
        self.wake(wanted);
    }

    /// What stands in `scope` is known from now on, as far as it can be.
    pub(super) fn knows(&self, scope: &Scope) {
        self.state().unknown.remove(scope);
        self.sweep();
    }

    /// A ConfigMap is gone, perhaps with its owner.
    pub(super) fn vanished(&self, namespace: &str) {
        self.owners.doubt(namespace);
        self.change(|board| board.deleted(namespace));
        self.wake([namespace.to_owned()]);
    }

    /// Follows the bundle and the namespaces that have clients.
    async fn learn(&self, mut bundle: watch::Receiver<Bundle>, stop: &CancellationToken) {
        let mut moves = self.desk.moves();
        let mut ticks = interval(SWEEP);
        loop {
            let present = bundle.borrow_and_update().clone();
            self.state().bundle = present;
            let namespaces = self.desk.namespaces();
            self.change(|board| board.set_clients(namespaces));
            self.sweep();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Ok(()) = bundle.changed() => {}
                Ok(()) = moves.changed() => {}
                _ = ticks.tick() => {}
            }
        }
    }

    async fn work(&self, stop: &CancellationToken) {
        let mut running = FuturesUnordered::new();
        loop {
            let (started, again) = self.state().start(Instant::now());
            for place in started {
                running.push(async move {
                    let next = self.look(&place.0).await;
                    (place, next)
                });
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some((place, next)) = running.next() => {
                    self.state().queue.done(place, next, Instant::now().into_std());
                }
                () = self.due.notified() => {}
                () = sleep_until(again) => {}
            }
        }
    }

    /// Looks at one namespace, and brings it what it is to have.
    async fn look(&self, namespace: &str) -> Next {
        let owner = self.owners.within(namespace).await;
        let first = self.judge(namespace, &owner);
        if first.is_none_or(|(verdict, _)| verdict == Verdict::Good) {
            return Next::Rest;
        }
        let owner = self.owners.within_now(namespace).await;
        let Some((verdict, bundle)) = self.judge(namespace, &owner) else {
            return Next::Rest;
        };
        if verdict == Verdict::Good {
            return Next::Rest;
        }
        if verdict == Verdict::Absent && !owner.lets_make() {
            return self.owners.pause(namespace).map_or(Next::Retry, Next::After);
        }
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let params = PatchParams::apply(MANAGER).force();
        let body = config_map(namespace, &bundle, &owner, verdict.standing());
        let answer = timeout(PATIENCE, api.patch(NAME, &params, &Patch::Apply(&body))).await;
        match answer {
            Ok(Ok(map)) => {
                info!(namespace, ?owner, "CA bundle published");
                self.written(namespace, map);
                if let Verdict::Foreign(metadata) = verdict {
                    self.tell_of_takeover(namespace, *metadata).await;
                }
                Next::Rest
            }
            Ok(Err(kube::Error::Api(status))) if is_leaving(&status) => {
                debug!(namespace, "the namespace is going, or gone: no CA bundle");
                Next::Rest
            }
            Ok(Err(kube::Error::Api(status))) if status.code == 409 => {
                debug!(namespace, "the CA bundle has vanished while it was published");
                self.owners.doubt(namespace);
                Next::Retry
            }
            Ok(Err(error)) => {
                self.owners.doubt(namespace);
                warn!(namespace, error = %Told::from(&error), "the CA bundle could not be published");
                Next::Retry
            }
            Err(_) => {
                warn!(namespace, "the CA bundle could not be published in time");
                Next::Retry
            }
        }
    }

    /// What is to be said of `namespace`, and what is to stand there.
    fn judge(&self, namespace: &str, owner: &Owner) -> Option<(Verdict, Arc<str>)> {
        let state = self.state();
        let bundle = state.bundle.clone()?;
        Some((state.board.look(namespace, &bundle, owner), bundle))
    }

    fn written(&self, namespace: &str, map: ConfigMap) {
        let mut state = self.state();
        state.board.applied(map);
        if let Some(rested) = Instant::now().checked_add(SPACING) {
            state.rested.insert(namespace.to_owned(), rested);
        }
    }

    async fn tell_of_takeover(&self, namespace: &str, metadata: ObjectMeta) {
        warn!(
            namespace,
            "the ConfigMap {NAME} was written by somebody else and is put right"
        );
        let event = Event {
            type_: EventType::Warning,
            reason: "CABundleReplaced".to_owned(),
            note: Some(format!(
                "{ENTRY} was written by somebody else than Countersign, which keeps it: it has been put right"
            )),
            action: "Publish".to_owned(),
            secondary: None,
        };
        let reference = ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("ConfigMap".to_owned()),
            name: metadata.name,
            namespace: metadata.namespace,
            uid: metadata.uid,
            ..ObjectReference::default()
        };
        match timeout(PATIENCE, self.recorder.publish(&event, &reference)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(error = %Told::from(&error), "an Event could not be published"),
            Err(_) => debug!("an Event could not be published in time"),
        }
    }
}

// === impl State ===

impl State {
    /// The namespaces to look at now, and when to ask again at the latest.
    fn start(&mut self, now: Instant) -> (Vec<Place>, Option<Instant>) {
        if !self.unknown.is_empty() || self.bundle.is_none() {
            return (Vec::new(), None);
        }
        let started = self.queue.start(now.into_std());
        (started, self.queue.next().map(Instant::from_std))
    }
}

/// The ConfigMap to apply. With the UID of what stands there it is never made: that may have vanished a moment ago.
/// If its owner is missing, it keeps those that it has.
fn config_map(namespace: &str, bundle: &str, owner: &Owner, standing: Option<&ObjectMeta>) -> ConfigMap {
    let kept = || standing.and_then(|metadata| metadata.owner_references.clone());
    let references = owner.references().or_else(kept).unwrap_or_default();
    let label = ("app.kubernetes.io/managed-by".to_owned(), MANAGER.to_owned());
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(NAME.to_owned()),
            namespace: Some(namespace.to_owned()),
            uid: standing.and_then(|metadata| metadata.uid.clone()),
            labels: Some(BTreeMap::from([label])),
            owner_references: (!references.is_empty()).then_some(references),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([(ENTRY.to_owned(), bundle.to_owned())])),
        ..ConfigMap::default()
    }
}

/// Whether a refusal says that the namespace is being deleted, or is no more.
fn is_leaving(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let going = causes
        .into_iter()
        .any(|cause| cause.reason == "NamespaceTerminating");
    going || status.code == 404
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

    #[test]
    fn what_stands_there_is_never_made_anew_and_keeps_a_missing_owner() {
        let reference = |uid: &str| OwnerReference {
            uid: uid.to_owned(),
            ..OwnerReference::default()
        };
        let standing = ObjectMeta {
            uid: Some("map".to_owned()),
            owner_references: Some(vec![reference("old")]),
            ..ObjectMeta::default()
        };
        let owners =
            |owner: &Owner, standing| config_map("a", "b", owner, standing).metadata.owner_references;
        let known = Owner::Known(reference("new"));
        assert_eq!(owners(&known, Some(&standing)), Some(vec![reference("new")]));
        assert_eq!(owners(&Owner::Nobody, Some(&standing)), None);
        assert_eq!(
            owners(&Owner::Missing, Some(&standing)),
            standing.owner_references
        );
        let written = config_map("a", "b", &known, Some(&standing));
        assert_eq!(written.metadata.uid, standing.uid);
        assert_eq!(config_map("a", "b", &known, None).metadata.uid, None);
    }
}
