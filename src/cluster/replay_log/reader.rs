//! Follows the log: a consistent list, then the watch from exactly its version, event by event.

use super::anchor;
use super::list::list;
use super::metrics::Resync;
use super::objects::{Segment, Segments, brief};
use super::shared::{Shared, tell};
use crate::readiness::{BlockReady, Readiness};
use crate::replay::Standing;
use crate::replay::version::ResourceVersion;
use futures::StreamExt;
use kube::core::WatchEvent;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

/// How long the opening of a watch may take.
const OPEN_PATIENCE: Duration = Duration::from_secs(2);
/// A quiet watch shows a bookmark every minute.
const LONGEST_SILENCE: Duration = Duration::from_secs(75);
/// An append that is not seen by then makes us doubt the watch, and open it again where it was.
const LATE: Duration = Duration::from_secs(1);
/// Whoever waits is told by then that nothing can be said.
const GIVE_UP: Duration = Duration::from_secs(4);
/// How often all this is looked at.
const TICK: Duration = Duration::from_millis(250);
/// A watch that ends sooner is not opened again at once.
const SHORT: Duration = Duration::from_secs(1);
/// Pauses between attempts to read the log, and after a short watch.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Reads the log for as long as the process lives.
pub(super) async fn run(shared: &Shared, segments: &Segments, readiness: &Readiness) {
    let mut blocked = Some(readiness.block("the replay log"));
    let (first, longest) = PAUSES;
    let mut pause = first;
    shared.metrics.resync(Resync::Start);
    loop {
        let begun = Instant::now();
        match list(shared, segments).await {
            Ok(version) => {
                let mut watching = Watching::new(shared, readiness, &mut blocked);
                let reason = watching.follow(segments, version).await;
                tracing::warn!(?reason, "the replay log is read anew");
                let told = shared.state().replica.lost_sight();
                tell(told);
                shared.abandoned.notify_waiters();
                shared.metrics.resync(reason);
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the replay log could not be read"),
        }
        if begun.elapsed() > longest {
            pause = first;
        } else {
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(longest);
        }
    }
}

/// One stretch of watching, between two lists.
struct Watching<'a> {
    shared: &'a Shared,
    readiness: &'a Readiness,
    blocked: &'a mut Option<BlockReady>,
    anchor: String,
    opened: Instant,
    last_event: Instant,
}

/// How a watch ended.
enum Ended {
    /// It can go on where it was.
    Resume,
    /// It has to start from a list.
    Relist(Resync),
}

impl<'a> Watching<'a> {
    fn new(shared: &'a Shared, readiness: &'a Readiness, blocked: &'a mut Option<BlockReady>) -> Self {
        let now = Instant::now();
        Self {
            anchor: anchor::name(&shared.options.issuer),
            shared,
            readiness,
            blocked,
            opened: now,
            last_event: now,
        }
    }

    /// Follows the watch from `version` on until it has to start from a list, and says why.
    async fn follow(&mut self, segments: &Segments, mut version: ResourceVersion) -> Resync {
        loop {
            let text = version.to_string();
            let events = match timeout(OPEN_PATIENCE, segments.watch(&text)).await {
                Ok(Ok(events)) => events,
                Ok(Err(kube::Error::Api(status))) if status.code == 410 => return Resync::Gone,
                Ok(Err(error)) => {
                    tracing::warn!(error = %brief(error), "the watch of the replay log cannot be opened");
                    return Resync::Unreachable;
                }
                Err(_) => return Resync::Unreachable,
            };
            self.opened = Instant::now();
            self.last_event = self.opened;
            if let Ended::Relist(reason) = self.drain(pin!(events)).await {
                return reason;
            }
            if self.opened.elapsed() < SHORT {
                sleep(PAUSES.0).await;
            }
            match self.shared.state().replica.ledger() {
                Some(ledger) => version = ledger.version(),
                None => return Resync::Fault,
            }
        }
    }

    async fn drain(
        &mut self,
        mut events: impl futures::Stream<Item = Result<WatchEvent<Segment>, kube::Error>> + Unpin,
    ) -> Ended {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                _ = ticks.tick() => match self.look() {
                    None => continue,
                    Some(ended) => return ended,
                },
            };
            let taken = match event {
                None => return Ended::Resume,
                Some(Err(kube::Error::SerdeError(error))) => {
                    tracing::error!(%error, "the watch of the replay log shows what is no segment");
                    return Ended::Relist(Resync::Fault);
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, "the watch of the replay log was interrupted");
                    return Ended::Resume;
                }
                Some(Ok(event)) => self.take(event),
            };
            if let Some(ended) = taken {
                return ended;
            }
        }
    }

    /// Takes one event in; whoever it settles is told.
    fn take(&mut self, event: WatchEvent<Segment>) -> Option<Ended> {
        self.last_event = Instant::now();
        match event {
            WatchEvent::Added(segment) | WatchEvent::Modified(segment) if !segment.is_anchor() => {
                self.stored(&segment)
            }
            WatchEvent::Deleted(segment) if segment.metadata.name == self.anchor => {
                tracing::error!("the anchor of the replay log was deleted: a new log begins");
                self.shared.state().birth = None;
                Some(Ended::Relist(Resync::Anchor))
            }
            WatchEvent::Added(other) | WatchEvent::Modified(other) | WatchEvent::Deleted(other) => {
                self.seen_up_to(&other.metadata.resource_version)
            }
            WatchEvent::Bookmark(bookmark) => self.seen_up_to(&bookmark.metadata.resource_version),
            WatchEvent::Error(status) if status.code == 410 => Some(Ended::Relist(Resync::Gone)),
            WatchEvent::Error(status) => {
                tracing::debug!(%status, "the watch of the replay log ended");
                Some(Ended::Resume)
            }
        }
    }

    fn stored(&self, segment: &Segment) -> Option<Ended> {
        let Ok(version) = segment.metadata.resource_version.parse() else {
            return Some(Ended::Relist(Resync::Fault));
        };
        let (shown, now) = (segment.shown(), self.shared.steady());
        let mut state = self.shared.state();
        state.pace.seen(shown.writer, now);
        let sent = state.replica.unseen_since();
        let settled = state.replica.event(version, &shown);
        let seen = sent.filter(|_| state.replica.unseen_since().is_none());
        drop(state);
        match settled {
            Ok(verdicts) => {
                if let Some(sent) = seen {
                    self.shared.metrics.seen(now.saturating_sub(sent));
                    self.shared.work.notify_one();
                }
                tell(verdicts);
                None
            }
            Err((fault, verdicts)) => {
                tracing::error!(%fault, "the watch of the replay log cannot be trusted");
                tell(verdicts);
                Some(Ended::Relist(Resync::Fault))
            }
        }
    }

    fn seen_up_to(&self, version: &str) -> Option<Ended> {
        match version.parse() {
            Ok(version) => {
                self.shared.state().replica.seen_up_to(version);
                None
            }
            Err(_) => Some(Ended::Relist(Resync::Fault)),
        }
    }

    /// What has to be looked at from time to time.
    fn look(&mut self) -> Option<Ended> {
        self.forget();
        self.show_readiness();
        let silence = self.last_event.elapsed();
        let state = self.shared.state();
        if let Some(ledger) = state.replica.ledger() {
            self.shared.metrics.now(ledger.keys(), ledger.segments(), silence);
        }
        let unseen = state.replica.unseen_since();
        drop(state);
        let unseen = unseen.map(|since| self.shared.steady().saturating_sub(since));
        match unseen {
            Some(age) if age > GIVE_UP => Some(Ended::Relist(Resync::Stalled)),
            // Opened after the append was sent, it has shown it or will.
            Some(age) if age > LATE && self.opened.elapsed() > age => Some(Ended::Resume),
            _ if silence > LONGEST_SILENCE => Some(Ended::Resume),
            _ => None,
        }
    }

    /// Forgets by the API server's clock, while there is no doubt about it.
    fn forget(&self) {
        let skew = self.shared.options.skew;
        if let Some(measured) = self.shared.api_clock.last() {
            self.shared.metrics.clock_offset(measured.offset());
            if !measured.is_apart(skew) {
                self.shared.state().replica.forget(measured.date, skew);
            }
        }
    }

    fn show_readiness(&mut self) {
        match self.shared.standing() {
            Standing::Complete(_) => drop(self.blocked.take()),
            Standing::NotRead | Standing::ClocksApart | Standing::SecondLog => {
                let readiness = self.readiness;
                self.blocked
                    .get_or_insert_with(|| readiness.block("the replay log"));
            }
        }
    }
}
