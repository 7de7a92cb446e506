//! Servers that run, and an API server that runs, and what gets lost between them.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::load::{PATIENT, Races};
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, PATIENCE, Site};
use super::storm;
use crate::support::eventually;
use crate::support::proxy::Mode;
use std::time::Duration;

/// One of so many answers is lost.
const LOST: u32 = 7;
/// On a watch the client has said nothing for so long.
const QUIET: Duration = Duration::from_secs(1);
/// A request whose append is not seen is answered by then, on a machine with other things to do.
const DEADLINE: Duration = Duration::from_secs(8);

/// Answers of the API server are lost, after what they answer was stored.
pub(super) async fn lost_answers(extent: Extent) -> Summary {
    let site = Site::start("lost").await;
    let recorder = Recorder::new();
    let mut summary = Summary::new("answers of the API server lost after the commit");
    let cuts = || {
        site.replicas
            .iter()
            .map(|replica| replica.proxy.cuts())
            .sum::<u32>()
    };
    for _ in 0..extent.choose(1, 12) {
        let before = cuts();
        let fault = async {
            site.set_proxies(Mode::CutAnswers(LOST));
            recorder.more(1, &ALL, Outcome::Unavailable).await;
            eventually(PATIENCE, "lost answers", async || {
                (cuts() >= before + 50)
                    .then_some(())
                    .ok_or_else(|| cuts().to_string())
            })
            .await;
            site.set_proxies(Mode::Pass);
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary.note(format!("{} answers lost", cuts()));
    summary
}

/// The watch of one replica shows nothing any more, while everything else goes on; then nothing of this
/// replica goes through, and all of it comes later.
pub(super) async fn frozen(extent: Extent) -> Summary {
    let site = Site::start("frozen").await;
    let recorder = Recorder::new();
    let mut summary = Summary::new("one of three replicas: its watch is frozen, then all its connections");
    let shape = Races {
        wait: PATIENT,
        ..storm::SHAPE
    };
    let proxy = &site.replicas[0].proxy;
    for _ in 0..extent.choose(1, 9) {
        let fault = async {
            eventually(PATIENCE, "a watch to freeze", async || {
                proxy.freeze_watch(QUIET).then_some(())
            })
            .await;
            recorder.more(storm::WARM, &[0], Outcome::Granted).await;
            proxy.set(Mode::Freeze);
            recorder.more(1, &[0], Outcome::Unavailable).await;
            recorder.more(1, &[1, 2], Outcome::Granted).await;
            proxy.thaw();
        };
        site.storm_of(&recorder, &mut summary, &shape, fault).await;
    }
    let history = recorder.since(0);
    summary.verdict.join(check(&history, Faults::Some));
    let others = recorder.count(&[1, 2], Outcome::Unavailable);
    summary.promise(others == 0, format!("{others} times 503 of the other replicas"));
    let longest = history
        .iter()
        .map(|attempt| attempt.ended.saturating_sub(attempt.started))
        .max();
    let longest = longest.unwrap_or_default();
    summary.promise(longest <= DEADLINE, format!("an answer after {longest:.1?}"));
    summary.note(format!("the longest answer took {longest:.1?}"));
    summary.expect_replays(&site).await;
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t11_a_lost_answer_is_neither_a_grant_nor_a_false_replay() {
    lost_answers(Extent::Short).await.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_a_replica_whose_watch_is_frozen_says_so_and_recovers() {
    frozen(Extent::Short).await.assert_lawful();
}
