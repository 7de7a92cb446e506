//! What the parts of the controller share: what is known, what is due, and who is to be woken.
//!
//! Locks are held for bookkeeping and for planning, never across an await.

use super::clients::{Clients, Reference, place};
use super::observed::Observed;
use super::plan::state::SourceState;
use super::plan::{self, Plan};
use super::queue::{Next, Queue};
use super::sources::labelled::{Labelled, Place, Scope};
use super::sources::schedule::{Pace, Schedule, Start};
use crate::api::installation::Installation;
use crate::core::source::KeySource;
use crate::fetch::Fetched;
use crate::fetch::fault::FetchFault;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// The shared state.
#[derive(Debug)]
pub(crate) struct Desk {
    home: Installation,
    known: Mutex<Known>,
    /// Something became due.
    pub(crate) due: Notify,
    /// Clients refer to other sources than before.
    demand: watch::Sender<()>,
    /// [`Clients::moves`], as it was told last.
    moves: watch::Sender<u64>,
}

#[derive(Debug)]
struct Known {
    clients: Clients,
    config_maps: BTreeMap<Scope, Labelled>,
    secrets: BTreeMap<Scope, Labelled>,
    urls: Schedule,
    queue: Queue,
    /// The scopes whose clients were not listed yet.
    unlisted: BTreeSet<Scope>,
}

/// The kinds of objects that carry keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

// === impl Desk ===

impl Desk {
    pub(crate) fn new(home: Installation, scopes: &[Scope], pace: Pace, at_once: usize) -> Self {
        Self {
            home,
            known: Mutex::new(Known {
                clients: Clients::default(),
                config_maps: BTreeMap::new(),
                secrets: BTreeMap::new(),
                urls: Schedule::new(pace),
                queue: Queue::new(at_once),
                unlisted: scopes.iter().cloned().collect(),
            }),
            due: Notify::new(),
            demand: watch::Sender::new(()),
            moves: watch::Sender::new(0),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What a panic left behind is still a map of what was seen; watches keep correcting it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be told when clients refer to other sources.
    pub(crate) fn demand(&self) -> watch::Receiver<()> {
        self.demand.subscribe()
    }

    fn demand_changed(&self, changed: bool) {
        if changed {
            self.demand.send_replace(());
        }
    }

    /// To be told when other namespaces have clients.
    pub(crate) fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }

    /// The namespaces in which there is any client.
    pub(crate) fn namespaces(&self) -> BTreeSet<String> {
        self.known().clients.namespaces()
    }

    fn clients_moved(&self) {
        let moves = self.known().clients.moves();
        self.moves
            .send_if_modified(|told| std::mem::replace(told, moves) != moves);
    }

    fn wake(&self, places: impl IntoIterator<Item = Place>) {
        let now = Instant::now().into_std();
        let mut known = self.known();
        for place in places {
            known.queue.add(place, now);
        }
        drop(known);
        self.due.notify_one();
    }

    // --- clients ---

    /// A new list of the clients of `scope` begins.
    pub(crate) fn clients_begin(&self, scope: &Scope) {
        self.known().clients.begin(scope);
    }

    /// A client of the list that has begun. Nobody is told of its sources before the list is complete.
    pub(crate) fn client_listed(&self, scope: &Scope, observed: Observed) {
        let place = place(&observed);
        self.known().clients.listed(scope, observed);
        self.wake([place]);
    }

    /// The list is complete.
    pub(crate) fn clients_complete(&self, scope: &Scope) {
        let mut known = self.known();
        known.clients.complete(scope);
        known.unlisted.remove(scope);
        drop(known);
        self.demand_changed(true);
        self.clients_moved();
        self.due.notify_one();
    }

    /// A client appeared or changed.
    pub(crate) fn client_applied(&self, observed: Observed) {
        let place = place(&observed);
        let changed = self.known().clients.applied(observed);
        self.demand_changed(changed);
        self.clients_moved();
        self.wake([place]);
    }

    /// A client is gone.
    pub(crate) fn client_deleted(&self, place: &Place) {
        let mut known = self.known();
        let changed = known.clients.deleted(place);
        known.queue.remove(place);
        drop(known);
        self.demand_changed(changed);
        self.clients_moved();
        self.due.notify_one();
    }

    // --- objects that carry keys ---

    /// Changes what is known of the objects of one watch. `change` says which places may have other
    /// documents than before, none meaning all; their users are woken.
    pub(crate) fn objects(
        &self,
        kind: Kind,
        scope: &Scope,
        change: impl FnOnce(&mut Labelled) -> Option<BTreeSet<Place>>,
    ) {
        let mut known = self.known();
        let watched = match kind {
            Kind::ConfigMap => &mut known.config_maps,
            Kind::Secret => &mut known.secrets,
        };
        let changed = change(watched.entry(scope.clone()).or_default());
        let users: BTreeSet<Place> = match changed {
            Some(places) => places
                .into_iter()
                .flat_map(|place| known.clients.users(&kind.reference(place)))
                .collect(),
            None => known
                .clients
                .users_where(|reference| kind.matches(scope, reference)),
        };
        drop(known);
        if !users.is_empty() {
            self.wake(users);
        }
    }

    /// Forgets the Secrets of a namespace that is no longer watched.
    pub(crate) fn forget_secrets(&self, namespace: &str) {
        self.known()
            .secrets
            .remove(&Scope::Namespace(namespace.to_owned()));
    }

    /// How long to wait after the API server forbade a watch. A right that is given works within this,
    /// which is 3 s, unless so many namespaces withhold theirs that asking them all would be a burden:
    /// together they are asked five times a second.
    pub(crate) fn forbidden_pause(&self) -> Duration {
        let known = self.known();
        let forbidden = known.secrets.values().filter(|objects| objects.is_forbidden());
        let forbidden = u32::try_from(forbidden.count()).unwrap_or(u32::MAX);
        Duration::from_millis(200)
            .saturating_mul(forbidden)
            .max(Duration::from_secs(3))
    }

    /// The namespaces in which any client uses a Secret.
    pub(crate) fn secret_namespaces(&self) -> BTreeSet<String> {
        self.known().clients.secret_namespaces()
    }

    // --- URLs ---

    /// Takes the URLs that clients refer to now; `host` says what host each is at.
    pub(crate) fn want_urls(&self, host: impl Fn(&str) -> String) {
        let mut known = self.known();
        let wanted = known.clients.urls();
        let wanted = wanted.into_iter().map(|url| (url.clone(), host(&url))).collect();
        known.urls.want(&wanted, Instant::now().into_std());
    }

    /// The fetches to start now, and when to ask again at the latest.
    pub(crate) fn start_fetches(&self) -> (Vec<Start>, Option<Instant>) {
        let mut known = self.known();
        let started = known.urls.start(Instant::now().into_std());
        (started, known.urls.next().map(Instant::from_std))
    }

    /// Takes the result of a fetch that ended at `now`.
    pub(crate) fn finish_fetch(&self, start: &Start, result: Result<Fetched, FetchFault>, now: Timestamp) {
        let mut known = self.known();
        let users = if known.urls.finish(start, result, Instant::now().into_std(), now) {
            known.clients.users(&Reference::Url(start.url.clone()))
        } else {
            Vec::new()
        };
        drop(known);
        if !users.is_empty() {
            self.wake(users);
        }
    }

    // --- reconciling ---

    /// The clients to look at now, and when to ask again at the latest.
    pub(crate) fn start_reconciles(&self) -> (Vec<Place>, Option<Instant>) {
        let mut known = self.known();
        let started = known.queue.start(Instant::now().into_std());
        (started, known.queue.next().map(Instant::from_std))
    }

    /// How many clients are due and wait.
    pub(crate) fn waiting(&self) -> usize {
        self.known().queue.depth(Instant::now().into_std())
    }

    /// A client was looked at.
    pub(crate) fn finish_reconcile(&self, place: Place, next: Next) {
        self.known().queue.done(place, next, Instant::now().into_std());
    }

    /// Plans for a client, if it still exists.
    pub(crate) fn plan(&self, place: &Place, now: Timestamp) -> Option<(Arc<Observed>, Plan)> {
        let known = self.known();
        let observed = known.clients.get(place)?;
        let state = |source: &KeySource| known.state(&place.0, source);
        let plan = plan::plan(&observed, &state, &self.home, now);
        Some((observed, plan))
    }

    /// Changes what is known of the clients.
    pub(crate) fn with_clients<T>(&self, change: impl FnOnce(&mut Clients) -> T) -> T {
        change(&mut self.known().clients)
    }

    /// Whether every client was listed and then judged with all that there is to know.
    pub(crate) fn first_pass_done(&self) -> bool {
        let known = self.known();
        known.unlisted.is_empty() && known.clients.unsettled() == 0
    }
}

// === impl Known ===

impl Known {
    fn state(&self, namespace: &str, source: &KeySource) -> SourceState {
        let object = |watched: &BTreeMap<Scope, Labelled>, name: &String, key: &str| {
            let own = Scope::Namespace(namespace.to_owned());
            watched
                .get(&Scope::Cluster)
                .or_else(|| watched.get(&own))
                .map_or(SourceState::Pending, |objects| {
                    objects.state(&(namespace.to_owned(), name.clone()), key)
                })
        };
        match source {
            KeySource::Inline => SourceState::Pending,
            KeySource::Uri(url) => self.urls.state(url),
            KeySource::Secret { name, key } => object(&self.secrets, name, key),
            KeySource::ConfigMap { name, key } => object(&self.config_maps, name, key),
        }
    }
}

// === impl Kind ===

impl Kind {
    fn reference(self, place: Place) -> Reference {
        match self {
            Self::ConfigMap => Reference::ConfigMap(place),
            Self::Secret => Reference::Secret(place),
        }
    }

    fn matches(self, scope: &Scope, reference: &Reference) -> bool {
        let (kind, namespace) = match reference {
            Reference::Url(_) => return false,
            Reference::ConfigMap((namespace, _)) => (Self::ConfigMap, namespace),
            Reference::Secret((namespace, _)) => (Self::Secret, namespace),
        };
        let inside = match scope {
            Scope::Cluster => true,
            Scope::Namespace(only) => only == namespace,
        };
        self == kind && inside
    }
}
