//! The same assertion, many times at once.

use super::checker::{Faults, check};
use super::load::{PATIENT, Recorder};
use super::scenario::{Extent, Summary};
use super::site::Site;
use futures::StreamExt as _;
use futures::stream;
use std::time::Instant;

/// How often each assertion is presented at once.
const TIMES: usize = 64;
/// How many assertions are on their way at a time.
const AT_ONCE: usize = 4;

/// Nothing is wrong, and everybody wants the same.
pub(super) async fn identical_assertions(extent: Extent) -> Summary {
    let site = Site::start("races").await;
    let (begun, recorder) = (Instant::now(), Recorder::new());
    let rounds = extent.choose(20, 11_000);
    let races = stream::iter(0..rounds).map(|_| site.race(&recorder, TIMES, PATIENT));
    let races = races.buffer_unordered(AT_ONCE).map(drop).collect::<()>();
    races.await;
    let mut summary = Summary::new("64 identical assertions at once, three replicas", begun);
    summary.verdict = check(&recorder.since(0), Faults::None);
    summary.expect_reasons(&site, &["assertion_replayed"]).await;
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_of_identical_assertions_at_once_one_is_granted() {
    identical_assertions(Extent::Short).await.assert_lawful();
}
