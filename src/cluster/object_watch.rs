//! Follows one object by its name, with no more than the rights `list` and `watch` on that name.
//!
//! - Every state that is reported comes from a consistent list or from a watch that began at its version.
//! - Errors are logged and followed by another attempt after a growing, jittered pause; the follower
//!   keeps what it had.
//! - A request that never ends is given up: a list after half a minute, and a quiet watch for a new
//!   list after five minutes.

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Load balancers commonly cut connections that were idle for 240 s.
const WATCH_SECONDS: u32 = 200;

const LONGEST_LIST: Duration = Duration::from_secs(30);
const LONGEST_SILENCE: Duration = Duration::from_mins(5);

/// A follower of one object.
pub struct ObjectWatch<K: Debug + 'static> {
    api: Api<K>,
    name: String,
    events: BoxStream<'static, Result<Event<K>, watcher::Error>>,
    /// The object that the list under way has shown.
    listed: Option<K>,
    give_up: Instant,
}

/// What is known of the object.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen<K> {
    /// It stands there like this.
    Present(K),
    /// It does not exist.
    Absent,
}

// === impl ObjectWatch ===

impl<K: Debug + 'static> Debug for ObjectWatch<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectWatch")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<K> ObjectWatch<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    /// Follows the object `name` in the namespace of `api`. Nothing is asked before the first
    /// [`ObjectWatch::next`].
    pub fn new(api: Api<K>, name: impl Into<String>) -> Self {
        let name = name.into();
        let events = start(&api, &name);
        Self {
            api,
            name,
            events,
            listed: None,
            give_up: later(LONGEST_LIST),
        }
    }

    /// Forgets the present watch and begins with a new list.
    pub fn restart(&mut self) {
        self.events = start(&self.api, &self.name);
        self.listed = None;
        self.give_up = later(LONGEST_LIST);
    }

    /// The next state of the object; the same state may be reported again. It may be dropped at any point
    /// without losing anything.
    pub async fn next(&mut self) -> Seen<K> {
        loop {
            let Ok(Some(event)) = timeout_at(self.give_up, self.events.next()).await else {
                tracing::debug!(object = %self.name, "reading the object anew");
                self.restart();
                continue;
            };
            match event {
                Ok(Event::Init) => {
                    self.listed = None;
                    self.give_up = later(LONGEST_LIST);
                }
                Ok(Event::InitApply(object)) => self.listed = Some(object),
                Ok(Event::InitDone) => {
                    self.give_up = later(LONGEST_SILENCE);
                    return self.listed.take().map_or(Seen::Absent, Seen::Present);
                }
                Ok(Event::Apply(object)) => {
                    self.give_up = later(LONGEST_SILENCE);
                    return Seen::Present(object);
                }
                Ok(Event::Delete(_)) => {
                    self.give_up = later(LONGEST_SILENCE);
                    return Seen::Absent;
                }
                Err(error) => {
                    tracing::warn!(object = %self.name, %error, "cannot follow the object; trying again");
                    self.give_up = later(LONGEST_SILENCE);
                }
            }
        }
    }
}

fn start<K>(api: &Api<K>, name: &str) -> BoxStream<'static, Result<Event<K>, watcher::Error>>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let only_this = Config::default()
        .fields(&format!("metadata.name={name}"))
        .timeout(WATCH_SECONDS);
    watcher(api.clone(), only_this).default_backoff().boxed()
}

fn later(pause: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(pause).unwrap_or(now)
}
