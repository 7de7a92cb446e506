//! Reads the whole log from one consistent list.

use super::anchor;
use super::objects::{Segment, Segments, brief};
use super::shared::{Shared, tell};
use crate::replay::ledger::Ledger;
use crate::replay::version::ResourceVersion;
use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a page of a list may take.
const PAGE_PATIENCE: Duration = Duration::from_secs(5);
/// A segment that is younger may still be written to.
const OPEN: SignedDuration = SignedDuration::from_mins(1);

/// Reads the whole log, and makes its anchor if there is none. Returns the list's version.
pub(super) async fn list(shared: &Shared, segments: &Segments) -> anyhow::Result<ResourceVersion> {
    let begun = Instant::now();
    let anchor = anchor::name(&shared.options.issuer);
    let Listed {
        ledger,
        anchor: found,
        writers,
    } = read(segments, &anchor).await?;
    let Some(found) = found else {
        match segments.create_anchor(&anchor).await {
            Ok(()) => tracing::info!(anchor, "the replay log begins"),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(brief(error)).context("cannot make the anchor of the replay log"),
        }
        bail!("it begins now");
    };
    if let Err(error) = anchor::look(shared, segments).await {
        tracing::warn!(%error, "cannot look for other replay logs of this issuer");
    }
    let (version, keys, live) = (ledger.version(), ledger.keys(), ledger.segments());
    let mut state = shared.state();
    let told = state.replica.relisted(ledger)?;
    state.birth = Some(found.metadata.created_before());
    state.salt = found.metadata.uid;
    let (now, date) = (shared.steady(), shared.api_clock.date());
    for (writer, created) in writers {
        // Its segment may still be open: it counts as if it had written now.
        if date.is_none_or(|date| date.duration_since(created) < OPEN) {
            state.pace.seen(&writer, now);
        }
    }
    drop(state);
    tell(told);
    tracing::info!(keys, segments = live, took = ?begun.elapsed(), "the replay log was read");
    Ok(version)
}

/// What a list says.
struct Listed {
    ledger: Ledger,
    anchor: Option<Segment>,
    /// Who made a segment, and when the last one.
    writers: BTreeMap<String, Timestamp>,
}

/// All pages of one consistent list.
async fn read(segments: &Segments, anchor: &str) -> anyhow::Result<Listed> {
    let mut next = None;
    let mut ledger: Option<Ledger> = None;
    let (mut found, mut writers) = (None, BTreeMap::new());
    loop {
        let page = timeout(PAGE_PATIENCE, segments.list(next.as_deref()))
            .await
            .context("no answer in time")?
            .map_err(brief)?;
        let version: ResourceVersion = page.metadata.resource_version.parse()?;
        let ledger = ledger.get_or_insert_with(|| Ledger::new(version));
        for segment in page.items {
            if segment.metadata.name == anchor {
                found = Some(segment);
            } else if !segment.is_anchor() {
                let shown = segment.shown();
                ledger.insert_listed(&shown)?;
                let created = segment.metadata.created_before();
                let last: &mut Timestamp = writers.entry(shown.writer.to_owned()).or_insert(created);
                *last = created.max(*last);
            }
        }
        if page.metadata.next.is_empty() {
            break;
        }
        next = Some(page.metadata.next);
    }
    Ok(Listed {
        ledger: ledger.context("an empty answer")?,
        anchor: found,
        writers,
    })
}
