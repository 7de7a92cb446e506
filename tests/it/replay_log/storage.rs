//! The API server and its storage crash.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, Site};
use crate::support::controlplane::Part;

async fn crashes(name: &'static str, part: Part, rounds: usize) -> Summary {
    let site = Site::start("storage").await;
    let (recorder, mut summary) = (Recorder::new(), Summary::new(name));
    for _ in 0..rounds {
        let fault = async {
            site.plane.kill(part).await;
            for replica in ALL {
                recorder.more(1, &[replica], Outcome::Unavailable).await;
            }
            site.plane.start_again(part);
            site.plane.ready().await;
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary
}

/// etcd crashes: what it has acknowledged is there afterwards.
pub(super) async fn crashes_of_etcd(extent: Extent) -> Summary {
    crashes("kill -9 of etcd", Part::Etcd, extent.choose(1, 12)).await
}

/// The API server crashes.
pub(super) async fn crashes_of_the_api_server(extent: Extent) -> Summary {
    crashes("kill -9 of kube-apiserver", Part::ApiServer, extent.choose(1, 8)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_what_was_honoured_before_the_crash_of_etcd_is_a_replay_after_it() {
    crashes_of_etcd(Extent::Short).await.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_honoured_before_the_crash_of_the_api_server_is_a_replay_after_it() {
    crashes_of_the_api_server(Extent::Short).await.assert_lawful();
}
