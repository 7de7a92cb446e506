//! A server that starts on a log with a million live keys: how long until it is ready, and what a key costs it
//! in memory.

use crate::driver::pin;
use crate::scene::{RELEASE, Scene};
use crate::segments::{Segments, entries, name};
use crate::server::{Log, Server};
use crate::shared::figures::count;
use crate::support::accounts::service_account;
use crate::table::Figure;
use countersign::api::installation::Account;
use std::time::Duration;

/// Full segments with a million keys.
const SEGMENTS: usize = 1_954;
/// Keys in each.
const KEYS: usize = 512;
/// Requests at once.
const AT_ONCE: usize = 8;
/// What a start leaves behind is done by then.
const SETTLED: Duration = Duration::from_secs(3);
/// Seconds.
const START: f64 = 5.0;
/// Bytes of memory for each live key.
const MEMORY: f64 = 64.0;

/// Measures it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    // The first server makes the anchor.
    drop(scene.ready_server(Log::Cluster, &[])?);
    let (empty, start) = settled(scene.ready_server(Log::Cluster, &[])?)?;
    fill(scene)?;
    let (full, start_full) = settled(scene.ready_server(Log::Cluster, &[])?)?;
    let keys = count(SEGMENTS.saturating_mul(KEYS));
    Ok(vec![
        Figure::milliseconds("start with no live key: ready after", start),
        Figure::of(
            "start with a million live keys: ready after",
            start_full.as_secs_f64(),
            "s",
        )
        .at_most(START),
        Figure::of("memory with no live key", empty / 1e6, "MB"),
        Figure::of("memory with a million live keys", full / 1e6, "MB"),
        Figure::of("memory for each live key", (full - empty) / keys, "B").at_most(MEMORY),
    ])
}

/// The memory of a server that has nothing to do any more, and how long its start took.
fn settled(server: Server) -> anyhow::Result<(f64, Duration)> {
    std::thread::sleep(SETTLED);
    let memory = server.memory()?;
    let start = server.start;
    drop(server);
    Ok((memory, start))
}

/// Writes the log as servers would have done it.
fn fill(scene: &Scene) -> anyhow::Result<()> {
    pin::apart(scene.options.server_processor, || {
        scene.on_this_thread(async || {
            let client = scene
                .plane
                .client_as(RELEASE, &service_account(Account::Server))
                .await;
            let segments = Segments::new(client, RELEASE);
            let one_after_the_other = async |share: usize| -> anyhow::Result<()> {
                for _ in 0..share {
                    let object = Segments::object(&name()?, &entries(KEYS)?)?;
                    segments.create(&object).await?;
                }
                Ok(())
            };
            let share = |task: usize| {
                let more = usize::from(task < SEGMENTS % AT_ONCE);
                (SEGMENTS / AT_ONCE).saturating_add(more)
            };
            let tasks = (0..AT_ONCE).map(|task| one_after_the_other(share(task)));
            futures::future::try_join_all(tasks).await?;
            Ok(())
        })
    })
}
