//! Replicas whose clocks are as far apart as they may be, while the log is collected.

use super::checker::{Faults, check};
use super::history::{Attempt, Outcome};
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::PATIENCE;
use super::skewed::{Scene, Signed, now};
use crate::support::eventually;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How far clocks may be from the API server's, in seconds.
const SKEW: i64 = 30;
const CLOCKS: [i64; 3] = [-SKEW, 0, SKEW];
/// How far from it a server answers nobody.
const APART: [i64; 2] = [-SKEW - 3, SKEW + 3];
/// How long assertions live, in seconds.
const LIVES: [i64; 3] = [1, 30, 300];
/// So long after it expired, an assertion is refused by every clock, with its leeway.
const OVER: i64 = 2 * SKEW + 5;
/// Between two rounds.
const ROUND: Duration = Duration::from_millis(250);
/// Replays in a round.
const REPLAYS: usize = 20;

/// Clocks as far apart as they may be; assertions are used and replayed until the last clock calls them
/// expired.
pub(super) async fn apart(extent: Extent) -> Summary {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    let mut summary = Summary::new("clocks of the replicas a minute apart, the log collected");
    // Its segment expires in five seconds, and so does what it has, on the clock that is behind.
    let first_gone = scene.used_before(SKEW, 5).await;
    recorder.record(Attempt {
        key: first_gone.key,
        replica: 0,
        started: Duration::ZERO,
        ended: Duration::ZERO,
        outcome: Outcome::Granted,
    });
    let replicas = join_all(CLOCKS.map(|ahead| scene.server(ahead))).await;
    for replica in &replicas {
        replica.ready().await;
    }
    for ahead in APART {
        refuses_everybody(&scene, ahead).await;
    }

    let time = extent.choose(Duration::from_secs(15), Duration::from_mins(9));
    let (begun, mut live, mut reasons) = (Instant::now(), vec![first_gone], BTreeMap::new());
    let (mut number, mut next, mut collected) = (0, 0, scene.segments().await);
    let mut seen = collected.clone();
    while begun.elapsed() < time {
        let new = scene.sign(LIVES[number % LIVES.len()]);
        number += 1;
        let all = replicas.iter().enumerate();
        let raced = join_all(all.map(|(at, replica)| replica.attempt(&recorder, at, &new))).await;
        live.push(new);
        // Oldest first, and round again.
        let mut told = raced;
        for _ in 0..REPLAYS.min(live.len()) {
            next = (next + 1) % live.len();
            let at = (next + number) % replicas.len();
            told.push(replicas[at].attempt(&recorder, at, &live[next]).await);
        }
        for reason in told.into_iter().flatten() {
            *reasons.entry(reason).or_insert(0_usize) += 1;
        }
        let now = now();
        live.retain(|assertion| now < assertion.expires + OVER);
        seen.extend(scene.segments().await);
        sleep(ROUND).await;
    }
    collected.clone_from(&seen);
    for name in scene.segments().await {
        collected.remove(&name);
    }
    for (reason, count) in &reasons {
        let expected = ["assertion_replayed", "assertion_expired"].contains(reason);
        summary.promise(expected, format!("{count} refusals because of {reason}"));
    }
    summary.verdict.join(check(&recorder.since(0), Faults::None));
    summary.note(format!(
        "{} segments, of which {} were collected; refusals: {reasons:?}",
        seen.len(),
        collected.len()
    ));
    let enough = extent.choose(0, 1);
    summary.promise(collected.len() >= enough, "nothing was collected");
    summary
}

/// A server whose clock is farther from the API server's answers no request.
async fn refuses_everybody(scene: &Scene, ahead: i64) {
    let server = scene.server(ahead).await;
    let refused = async |new: Signed| {
        let reason = server.take(&new).await;
        let expected = reason == Some("clocks_apart");
        expected
            .then_some(())
            .ok_or_else(|| format!("{ahead} s ahead: {reason:?}"))
    };
    eventually(PATIENCE, "a measured clock", async || {
        refused(scene.sign(60)).await
    })
    .await;
    refused(scene.sign(300)).await.unwrap();
    assert!(!server.is_ready(), "{ahead} s ahead, and ready");
}

/// T13, C3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_clocks_apart_by_twice_the_skew_honour_nothing_twice() {
    apart(Extent::Short).await.assert_lawful();
}
