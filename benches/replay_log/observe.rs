//! Looks at the log from outside while servers write it: every append that the API server shows.

use crate::driver::pin;
use crate::scene::{RELEASE, Scene};
use crate::segments::{ENTRY_TEXT, Segment, Segments};
use crate::shared::figures::count;
use crate::support::accounts::service_account;
use anyhow::Context;
use countersign::api::installation::Account;
use futures::StreamExt;
use kube::core::WatchEvent;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The time in which appends are counted.
const SECOND: Duration = Duration::from_secs(1);
/// What was written before the end is shown by then.
const LAST_EVENTS: Duration = Duration::from_millis(500);

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// When each append was shown, and how many keys it added.
    appends: Vec<(Instant, usize)>,
    /// Segments made.
    made: usize,
    /// Segments deleted.
    deleted: usize,
}

/// Does `work`, and looks at the log meanwhile.
pub(crate) fn during<T>(
    scene: &Scene,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, Observed)> {
    let (stop, ready) = (CancellationToken::new(), std::sync::mpsc::channel());
    let (started, starts) = ready;
    std::thread::scope(|scope| {
        let stopped = stop.clone();
        let watcher = scope.spawn(move || {
            pin::apart(scene.options.cluster_processor, || {
                scene.on_this_thread(async || observe(scene, &stopped, started).await)
            })
        });
        // A watch that does not start is told about below.
        let done = starts.recv().map(|()| work());
        stop.cancel();
        let observed = watcher
            .join()
            .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        Ok((done.context("the watch did not start")??, observed))
    })
}

async fn observe(
    scene: &Scene,
    stop: &CancellationToken,
    started: std::sync::mpsc::Sender<()>,
) -> anyhow::Result<Observed> {
    let client = scene
        .plane
        .client_as(RELEASE, &service_account(Account::Server))
        .await;
    let mut events = Segments::new(client, RELEASE).watch::<Segment>().await?;
    started.send(()).context("nobody waits for the watch")?;
    let end = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_EVENTS).await;
    };
    let mut end = std::pin::pin!(end);
    let mut lengths = HashMap::new();
    let mut observed = Observed::default();
    loop {
        let event = tokio::select! {
            () = &mut end => return Ok(observed),
            event = events.next() => event.context("the watch ended")??,
        };
        match event {
            WatchEvent::Added(segment) => {
                observed.made = observed.made.saturating_add(1);
                observed.appended(&mut lengths, segment);
            }
            WatchEvent::Modified(segment) => observed.appended(&mut lengths, segment),
            WatchEvent::Deleted(_) => observed.deleted = observed.deleted.saturating_add(1),
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(status) => anyhow::bail!("the watch failed: {status:?}"),
        }
    }
}

// === impl Observed ===

impl Observed {
    fn appended(&mut self, lengths: &mut HashMap<String, usize>, segment: Segment) {
        let length = segment.spec.keys.len() / ENTRY_TEXT;
        let before = lengths.insert(segment.metadata.name, length).unwrap_or_default();
        self.appends.push((Instant::now(), length.saturating_sub(before)));
    }

    /// Appends.
    pub(crate) fn appends(&self) -> f64 {
        count(self.appends.len())
    }

    /// Keys in all appends.
    pub(crate) fn keys(&self) -> f64 {
        count(self.appends.iter().map(|(_, keys)| *keys).sum())
    }

    /// Segments made.
    pub(crate) fn made(&self) -> f64 {
        count(self.made)
    }

    /// Segments made and not deleted.
    pub(crate) fn live(&self) -> f64 {
        count(self.made.saturating_sub(self.deleted))
    }

    /// The most appends that were shown in any second.
    pub(crate) fn most_in_a_second(&self) -> f64 {
        let mut most = 0;
        let mut first = 0;
        for (last, (shown, _)) in self.appends.iter().enumerate() {
            let early = |(other, _): &&(Instant, usize)| shown.duration_since(*other) >= SECOND;
            let window = self.appends.get(first..last).unwrap_or_default();
            first = first.saturating_add(window.iter().take_while(early).count());
            most = last.saturating_sub(first).saturating_add(1).max(most);
        }
        count(most)
    }

    /// Appends per second, from the first to the last.
    pub(crate) fn rate(&self) -> f64 {
        match (self.appends.first(), self.appends.last()) {
            (Some((first, _)), Some((last, _))) if last > first => {
                (self.appends() - 1.0) / last.duration_since(*first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}
