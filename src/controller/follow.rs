//! Following a collection of the API server for ever, whatever happens to the watch.

use super::told::Told;
use futures::StreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a follower hears.
#[derive(Debug)]
pub(crate) enum Heard<K> {
    /// An event of the watch.
    Event(Event<K>),
    /// The collection may not be read. What follows is a new list.
    Forbidden,
}

/// Which objects of a collection are followed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    /// All of them.
    All,
    /// Those with these labels.
    Labelled(&'static str),
    /// Those of this name.
    Named(&'static str),
}

/// Follows `api` until `stop`, from a consistent list and with a new one after each interruption that
/// needs it. After the API server said that we may not, the next try is `forbidden_pause` later.
pub(crate) async fn follow<K>(
    api: Api<K>,
    which: Which,
    forbidden_pause: impl Fn() -> Duration,
    stop: &CancellationToken,
    mut hear: impl FnMut(Heard<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut failures = 0_u32;
    loop {
        // Load balancers cut idle connections after four minutes.
        let config = watcher::Config::default().timeout(200);
        let config = match which {
            Which::All => config,
            Which::Labelled(labels) => config.labels(labels),
            Which::Named(name) => config.fields(&format!("metadata.name={name}")),
        };
        let mut events = pin!(watcher(api.clone(), config));
        loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                next = events.next() => next,
            };
            // A resumed watch would not say what it missed while it was forbidden: then, list anew.
            let (pause, anew) = match next {
                None => break,
                Some(Ok(event)) => {
                    // That a list begins is no sign that it will come.
                    if !matches!(event, Event::Init) {
                        failures = 0;
                    }
                    hear(Heard::Event(event));
                    continue;
                }
                Some(Err(error)) if Told::from(&error).is_forbidden() => {
                    debug!(resource = api.resource_url(), "may not be read");
                    hear(Heard::Forbidden);
                    (forbidden_pause(), true)
                }
                Some(Err(error)) => {
                    warn!(resource = api.resource_url(), error = %Told::from(&error), "watch failed");
                    failures = failures.saturating_add(1);
                    let doublings = failures.saturating_sub(1);
                    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
                    (pause.min(LONGEST_PAUSE), false)
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if anew {
                break;
            }
        }
    }
}
