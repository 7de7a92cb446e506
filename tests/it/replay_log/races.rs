//! The same assertion, many times at once.

use super::checker::{Faults, check};
use super::load::{PATIENT, Races};
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, Site};
use futures::StreamExt as _;
use futures::stream;
use std::time::Duration;

const SHAPE: Races<'_> = Races {
    times: 64,
    at_once: 4,
    replicas: &ALL,
    wait: PATIENT,
    pause: Duration::ZERO,
};

/// Nothing is wrong, and everybody wants the same.
pub(super) async fn identical_assertions(extent: Extent) -> Summary {
    let site = Site::start("races").await;
    let (recorder, mut summary) = (
        Recorder::new(),
        Summary::new("64 identical assertions at once, three replicas"),
    );
    let rounds = extent.choose(20, 11_000);
    let races = stream::iter(0..rounds).map(|_| site.race(&recorder, &SHAPE));
    let races = races.buffer_unordered(SHAPE.at_once).map(drop).collect::<()>();
    races.await;
    summary.verdict.join(check(&recorder.since(0), Faults::None));
    summary.expect_replays(&site).await;
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_of_identical_assertions_at_once_one_is_granted() {
    identical_assertions(Extent::Short).await.assert_lawful();
}
