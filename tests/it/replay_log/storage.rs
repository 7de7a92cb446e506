//! The API server and its storage crash.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, Site};
use crate::support::controlplane::Part;

async fn crashes(mut summary: Summary, part: Part, rounds: usize) -> Summary {
    let site = Site::start("storage").await;
    let recorder = Recorder::new();
    for _ in 0..rounds {
        let fault = async {
            let t = std::time::Instant::now();
            site.plane.kill(part).await;
            crate::support::announce(format_args!("killed {:?}", t.elapsed()));
            for replica in ALL {
                recorder.more(1, &[replica], Outcome::Unavailable).await;
            }
            crate::support::announce(format_args!("503 {:?}", t.elapsed()));
            site.plane.start_again(part);
            site.plane.ready().await;
            crate::support::announce(format_args!("ready {:?}", t.elapsed()));
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary
}

/// etcd crashes: what it has acknowledged is there afterwards.
pub(super) async fn crashes_of_etcd(extent: Extent) -> Summary {
    crashes(Summary::new("kill -9 of etcd"), Part::Etcd, extent.choose(1, 12)).await
}

/// The API server crashes.
pub(super) async fn crashes_of_the_api_server(extent: Extent) -> Summary {
    crashes(
        Summary::new("kill -9 of kube-apiserver"),
        Part::ApiServer,
        extent.choose(1, 8),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_what_was_honoured_before_the_crash_of_etcd_is_a_replay_after_it() {
    crashes_of_etcd(Extent::Short).await.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_honoured_before_the_crash_of_the_api_server_is_a_replay_after_it() {
    crashes_of_the_api_server(Extent::Short).await.assert_lawful();
}
