//! The leader's part in the replay log: it deletes what nobody needs to remember any more.
//!
//! - Whether a segment may go is decided by the clock of the API server that showed it, never by our own.
//! - It is deleted in the very state in which it was shown, by its UID and resourceVersion: what was appended to since
//!   stays. So two leaders at a time do no harm.
//! - Segments go one at a time. A deletion of the whole collection knows no such conditions.

mod due;
mod metrics;

pub use due::{Segment, due};
pub use metrics::CollectionMetrics;

use crate::api::v1alpha1::ReplaySegment;
use crate::cluster::dated::{self, Dated};
use crate::controller::told::Told;
use due::{Page, is_anchor};
use jiff::{SignedDuration, Timestamp};
use kube::api::{DeleteParams, ListParams, Preconditions};
use kube::core::{Request, request};
use kube::{Client, Error, Resource};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::fmt;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// The pause between two looks at the log.
pub const EVERY: Duration = Duration::from_secs(30);

/// How far a server's clock and the API server's may be apart: beyond it, a server decides nothing.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// How many segments are asked for at a time.
const PAGE: u32 = 100;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The collector of one installation's log.
pub struct Collector {
    client: Client,
    segments: Request,
    metrics: CollectionMetrics,
}

/// What one look at the log came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Segments that were deleted.
    pub deleted: u64,
    /// Segments that are still there, as far as this look went; anchors do not count.
    pub left: u64,
    /// Requests that failed, and answers without a date.
    pub failures: u64,
    /// Whether the log was seen to its end.
    pub complete: bool,
}

/// What became of a segment that was due.
enum Deletion {
    /// We deleted it.
    Deleted,
    /// Somebody else did.
    Gone,
    /// It is not what was shown any more.
    Changed,
}

// === impl Collector ===

impl Collector {
    /// A collector of the log in the namespace `release`.
    pub fn new(client: Client, release: &str, metrics: CollectionMetrics) -> Self {
        Self {
            client,
            segments: Request::new(ReplaySegment::url_path(&(), Some(release))),
            metrics,
        }
    }

    /// Collects at once and then every [`EVERY`], until `stop`. What fails is logged, and tried again the next time.
    pub async fn run(&self, stop: CancellationToken) {
        let looks = async {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let collected = self.collect().await;
                debug!(?collected, "looked through the replay log");
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = looks => {}
        }
    }

    /// Looks through the log once. It may be dropped at any point.
    pub async fn collect(&self) -> Collected {
        let mut collected = Collected::default();
        match self.look(&mut collected).await {
            Ok(()) => {
                collected.complete = true;
                let left = i64::try_from(collected.left).unwrap_or(i64::MAX);
                self.metrics.left.set(left);
            }
            Err(told) => self.failed(&mut collected, &told),
        }
        collected
    }

    /// Looks at each page as it comes. A later page shows what was there at the time of the first one: then the
    /// conditions of a deletion may not hold any more.
    async fn look(&self, collected: &mut Collected) -> Result<(), Told> {
        let mut which = ListParams::default().limit(PAGE);
        loop {
            let Dated { answer, date } = self.ask::<Page>(self.segments.list(&which)).await;
            let page = answer?;
            if date.is_none() {
                self.failed(collected, &"the API server's answer has no usable date");
            }
            let next = page.metadata.next.clone().filter(|next| !next.is_empty());
            self.page(page, date, collected).await?;
            if next.is_none() {
                return Ok(());
            }
            which.continue_token = next;
        }
    }

    async fn page(&self, page: Page, date: Option<Timestamp>, collected: &mut Collected) -> Result<(), Told> {
        let shown = page.items.len();
        let segments: Vec<Segment> = page.items.into_iter().filter_map(|item| item.0).collect();
        let unreadable = shown.saturating_sub(segments.len());
        if unreadable > 0 {
            warn!(unreadable, "segments of the replay log cannot be read and stay");
        }
        let anchors = segments.iter().filter(|segment| is_anchor(segment)).count();
        let mut left = u64::try_from(shown.saturating_sub(anchors)).unwrap_or(u64::MAX);
        for segment in due(&segments, date, SKEW) {
            match self.delete(segment).await {
                Ok(Deletion::Deleted) => {
                    left = left.saturating_sub(1);
                    collected.deleted = collected.deleted.saturating_add(1);
                    self.metrics.collected.inc();
                }
                Ok(Deletion::Gone) => left = left.saturating_sub(1),
                Ok(Deletion::Changed) => {}
                // Another one may still be deleted.
                Err(told) if is_about_one(&told) => self.failed(collected, &told),
                Err(told) => return Err(told),
            }
        }
        collected.left = collected.left.saturating_add(left);
        Ok(())
    }

    /// Deletes `segment`, if it still is what was shown.
    async fn delete(&self, segment: &Segment) -> Result<Deletion, Told> {
        let conditions = Preconditions {
            uid: Some(segment.uid.clone()),
            resource_version: Some(segment.resource_version.clone()),
        };
        let params = DeleteParams::default().preconditions(conditions);
        let request = self.segments.delete(&segment.name, &params);
        match self.ask::<IgnoredAny>(request).await.answer {
            Ok(IgnoredAny) => Ok(Deletion::Deleted),
            Err(Told::Refused { code: 404, .. }) => Ok(Deletion::Gone),
            Err(Told::Refused { code: 409, .. }) => Ok(Deletion::Changed),
            Err(told) => Err(told),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Result<http::Request<Vec<u8>>, request::Error>,
    ) -> Dated<Result<T, Told>> {
        let asked = async {
            let request = request.map_err(Error::BuildRequest);
            match request {
                Ok(request) => dated::request(&self.client, request).await,
                Err(error) => Dated::undated(Err(error)),
            }
        };
        match timeout(PATIENCE, asked).await {
            Ok(Dated { answer, date }) => Dated {
                answer: answer.map_err(|error| Told::from(&error)),
                date,
            },
            Err(_) => Dated::undated(Err(Told::Unreachable)),
        }
    }

    fn failed(&self, collected: &mut Collected, why: &dyn fmt::Display) {
        // One line for each look, however many segments there are.
        if collected.failures == 0 {
            warn!(%why, "the replay log cannot be collected as it should; trying again later");
        }
        collected.failures = collected.failures.saturating_add(1);
        self.metrics.failures.inc();
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector")
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

/// Whether a refusal may be about one segment, and not about all that is asked now.
fn is_about_one(told: &Told) -> bool {
    matches!(told, Told::Refused { code, .. } if (400..500).contains(code) && *code != 429)
}
