//! Following a collection of the API server for ever, whatever happens to the watch.

use futures::StreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// The pause after the API server said that we may not: a right that is given works within this.
const FORBIDDEN_PAUSE: Duration = Duration::from_secs(3);
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

/// Follows `api` until `stop`, from a consistent list and with a new one after each interruption that
/// needs it.
pub(crate) async fn follow<K>(
    api: Api<K>,
    labels: Option<&str>,
    stop: &CancellationToken,
    mut hear: impl FnMut(Heard<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut failures = 0_u32;
    loop {
        // Load balancers cut idle connections after four minutes.
        let mut config = watcher::Config::default().timeout(200);
        if let Some(labels) = labels {
            config = config.labels(labels);
        }
        let mut events = pin!(watcher(api.clone(), config));
        loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                next = events.next() => next,
            };
            let pause = match next {
                None => break,
                Some(Ok(event)) => {
                    // That a list begins is no sign that it will come.
                    if !matches!(event, Event::Init) {
                        failures = 0;
                    }
                    hear(Heard::Event(event));
                    continue;
                }
                Some(Err(error)) if is_forbidden(&error) => {
                    debug!(resource = api.resource_url(), "may not be read");
                    hear(Heard::Forbidden);
                    FORBIDDEN_PAUSE
                }
                Some(Err(error)) => {
                    warn!(resource = api.resource_url(), %error, "watch failed");
                    failures = failures.saturating_add(1);
                    let doublings = failures.saturating_sub(1);
                    FIRST_PAUSE
                        .saturating_mul(2_u32.saturating_pow(doublings))
                        .min(LONGEST_PAUSE)
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if pause == FORBIDDEN_PAUSE {
                // A resumed watch would not say what it missed: list anew.
                break;
            }
        }
    }
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status)) => status.is_forbidden(),
        watcher::Error::WatchError(status) => status.is_forbidden(),
        watcher::Error::InitialListFailed(_)
        | watcher::Error::WatchStartFailed(_)
        | watcher::Error::WatchFailed(_)
        | watcher::Error::NoResourceVersion => false,
    }
}
