//! One bare append: a writer creates a segment or adds to it, and waits for its own watch to say so. There
//! is nothing to do less; what the server takes is told as a multiple of it.

use crate::driver::latency::percentile;
use crate::driver::pin;
use crate::scene::{RELEASE, Scene};
use crate::segments::{ENTRY_TEXT, Segment, Segments, entries, name};
use crate::shared::figures::count;
use crate::support::accounts::service_account;
use crate::table::Figure;
use anyhow::Context;
use countersign::api::installation::Account;
use futures::StreamExt;
use futures::stream::BoxStream;
use kube::core::WatchEvent;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long each size is measured.
const TIME: Duration = Duration::from_secs(4);
/// Appends before each that do not count.
const WARM_UP: usize = 20;

/// Keys in one append.
const SIZES: [usize; 3] = [1, 16, 200];

/// The latencies of bare appends of one size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appends {
    /// Keys in each.
    pub(crate) keys: usize,
    /// The median and the 99th percentile of those that create a segment.
    pub(crate) creates: [Duration; 2],
    /// The same of those that add to one.
    pub(crate) updates: [Duration; 2],
    /// How many a second one writer makes.
    rate: f64,
}

/// Measures all sizes, and tells about them.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for keys in SIZES {
        let appends = of(scene, keys)?;
        for (what, [p50, p99]) in [("create", appends.creates), ("update", appends.updates)] {
            let name = format!("bare append of {keys} keys, {what}");
            figures.push(Figure::milliseconds(format!("{name}: p50"), p50));
            figures.push(Figure::milliseconds(format!("{name}: p99"), p99));
        }
        let name = format!("bare appends of {keys} keys, one writer");
        figures.push(Figure::of(name, appends.rate, "/s"));
    }
    Ok(figures)
}

/// Measures appends of so many keys from the server's processor, with its rights.
pub(crate) fn of(scene: &Scene, keys: usize) -> anyhow::Result<Appends> {
    pin::apart(scene.options.server_processor, || {
        scene.on_this_thread(async || {
            let client = scene
                .plane
                .client_as(RELEASE, &service_account(Account::Server))
                .await;
            let segments = Segments::new(client, RELEASE);
            let mut writer = Writer {
                watch: segments.watch().await?,
                segments,
            };
            writer.measure(keys).await
        })
    })
}

struct Writer {
    segments: Segments,
    watch: BoxStream<'static, kube::Result<WatchEvent<Segment>>>,
}

// === impl Writer ===

impl Writer {
    async fn measure(&mut self, keys: usize) -> anyhow::Result<Appends> {
        let (mut creates, mut updates) = (Vec::new(), Vec::new());
        for _ in 0..WARM_UP {
            self.fill_one(keys, &mut Vec::new(), &mut Vec::new()).await?;
        }
        let begin = Instant::now();
        while begin.elapsed() < TIME {
            self.fill_one(keys, &mut creates, &mut updates).await?;
        }
        let rate = count(creates.len().saturating_add(updates.len())) / begin.elapsed().as_secs_f64();
        let both = |mut times: Vec<Duration>| {
            times.sort_unstable();
            [50.0, 99.0].map(|percent| percentile(&times, percent))
        };
        Ok(Appends {
            keys,
            creates: both(creates),
            updates: both(updates),
            rate,
        })
    }

    /// Fills one segment as a server would, and takes the time of each append.
    async fn fill_one(
        &mut self,
        keys: usize,
        creates: &mut Vec<Duration>,
        updates: &mut Vec<Duration>,
    ) -> anyhow::Result<()> {
        let (name, mut held) = (name()?, entries(keys)?);
        let mut object = Segments::object(&name, &held)?;
        let start = Instant::now();
        let written = self.segments.create(&object).await?;
        self.see(&written).await?;
        creates.push(start.elapsed());
        let mut version = written.metadata.resource_version;
        for appends in 1_usize.. {
            let cost = appends.saturating_mul(32);
            if (held.len() / ENTRY_TEXT).saturating_add(cost) >= 512 {
                return Ok(());
            }
            held.push_str(&entries(keys)?);
            set(&mut object, "/spec/keys", Value::from(held.clone()))?;
            if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
                metadata.insert("resourceVersion".to_owned(), version.into());
            }
            let start = Instant::now();
            let written = self.segments.replace(&name, &object).await?;
            self.see(&written).await?;
            updates.push(start.elapsed());
            version = written.metadata.resource_version;
        }
        Ok(())
    }

    /// Waits until the watch has shown what was written.
    async fn see(&mut self, written: &Segment) -> anyhow::Result<()> {
        loop {
            let event = self.watch.next().await.context("the watch ended")??;
            match event {
                WatchEvent::Added(seen) | WatchEvent::Modified(seen)
                    if seen.metadata.resource_version == written.metadata.resource_version =>
                {
                    anyhow::ensure!(seen.spec.keys == written.spec.keys, "another segment was shown");
                    return Ok(());
                }
                WatchEvent::Error(status) => anyhow::bail!("the watch failed: {status:?}"),
                WatchEvent::Added(_)
                | WatchEvent::Modified(_)
                | WatchEvent::Deleted(_)
                | WatchEvent::Bookmark(_) => {}
            }
        }
    }
}

fn set(object: &mut Value, pointer: &str, value: Value) -> anyhow::Result<()> {
    let place = object.pointer_mut(pointer);
    *place.with_context(|| format!("no {pointer}"))? = value;
    Ok(())
}
