//! Replicas that crash, and replicas that stand still.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{REPLICAS, Site};
use super::storm::WARM;
use std::time::Duration;
use tokio::time::sleep;

/// Longer than any request, write or watch of a server waits for its answer.
const STANDSTILL: Duration = Duration::from_secs(11);

/// What a server says that is asked before it is ready, as no Service would.
const STARTING: &str = "assertion_client_unknown";

/// The replicas that are not this one.
fn others(replica: usize) -> [usize; REPLICAS - 1] {
    [(replica + 1) % REPLICAS, (replica + 2) % REPLICAS]
}

/// One replica after the other crashes, and starts again.
pub(super) async fn crashes(extent: Extent) -> Summary {
    let site = Site::start("crashes").await;
    let (recorder, mut summary) = (Recorder::new(), Summary::new("kill -9 of a replica"));
    for round in 0..extent.choose(2, 21) {
        let replica = round % REPLICAS;
        let fault = async {
            site.kill_replica(replica);
            recorder.more(WARM, &others(replica), Outcome::Granted).await;
            site.start_replica(replica);
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays_and(&site, &[STARTING]).await;
    summary
}

/// One replica after the other stands still for longer than anything waits, and goes on.
pub(super) async fn standstills(extent: Extent) -> Summary {
    let site = Site::start("standstills").await;
    let (recorder, mut summary) = (Recorder::new(), Summary::new("SIGSTOP of a replica for 11 s"));
    for round in 0..extent.choose(1, 4) {
        let replica = round % REPLICAS;
        let fault = async {
            site.signal_replica(replica, "STOP");
            let others = others(replica);
            tokio::join!(sleep(STANDSTILL), recorder.more(1, &others, Outcome::Granted));
            site.signal_replica(replica, "CONT");
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c7_nothing_is_granted_again_after_the_crash_of_a_replica() {
    crashes(Extent::Short).await.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_granted_twice_by_a_replica_that_stood_still() {
    standstills(Extent::Short).await.assert_lawful();
}
