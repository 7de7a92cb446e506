//! Several API servers, and none.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::load::Races;
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, Site, plane};
use super::storm::{self, WARM};
use crate::support::controlplane::Part;
use crate::support::proxy::{Mode, Proxy};
use std::time::Duration;

/// How far one API server is behind.
const BEHIND: Duration = Duration::from_millis(300);

/// One replica uses an API server of its own, which is behind the other, and then loses etcd.
pub(super) async fn one_behind(extent: Extent) -> Summary {
    let etcd = plane().etcd_url().strip_prefix("http://").unwrap();
    let proxy = Proxy::start(etcd.parse().unwrap()).await;
    let another = plane()
        .another_apiserver(&format!("http://{}", proxy.address()))
        .await;
    let site = Site::prepare("behind", &[(1, &another.url)]).await;
    site.run().await;
    let recorder = Recorder::new();
    let mut summary = Summary::new("two API servers, one of them behind");
    for _ in 0..extent.choose(1, 8) {
        let fault = async {
            proxy.set(Mode::Delay(BEHIND));
            recorder.more(WARM, &[0, 2], Outcome::Granted).await;
            // It loses every race, but for what nobody else has.
            site.grants(1).await;
            proxy.set(Mode::Freeze);
            recorder.more(WARM, &[0, 2], Outcome::Granted).await;
            recorder.more(1, &[1], Outcome::Unavailable).await;
            proxy.thaw();
        };
        site.storm(&recorder, &mut summary, fault).await;
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    let others = recorder.count(&[0, 2], Outcome::Unavailable);
    summary.promise(others == 0, format!("{others} times 503 of the other replicas"));
    summary.expect_replays(&site).await;
    summary
}

/// The API server is away: who needs no log is served as before, and everybody else is told to wait.
pub(super) async fn away(extent: Extent) -> Summary {
    let site = Site::start("away").await;
    let workload = site.workload().await;
    let recorder = Recorder::new();
    let mut summary = Summary::new("the API server is away");
    let (mut looks, mut unserved) = (0, Vec::new());
    let time = extent.choose(Duration::from_secs(10), Duration::from_mins(10));
    let shape = Races {
        at_once: 2,
        pause: Duration::from_millis(20),
        ..storm::SHAPE
    };
    let fault = async {
        site.plane.kill(Part::ApiServer).await;
        for replica in ALL {
            recorder.more(1, &[replica], Outcome::Unavailable).await;
        }
        let granted = ALL.map(|replica| recorder.count(&[replica], Outcome::Granted));
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < time {
            for replica in ALL {
                unserved.extend(site.unserved(replica, &workload).await);
                looks += 1;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let since = ALL.map(|replica| recorder.count(&[replica], Outcome::Granted));
        if granted != since {
            unserved.push(format!(
                "self-signed assertions were granted: {granted:?}, {since:?}"
            ));
        }
        site.plane.start_again(Part::ApiServer);
        site.plane.ready().await;
    };
    site.storm_of(&recorder, &mut summary, &shape, fault).await;
    summary.note(format!(
        "away for {time:?}: {looks} looks at key set, metadata, readiness and an exchange of a service-account \
         token, of which {} failed",
        unserved.len()
    ));
    for what in unserved {
        summary.promise(false, what);
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t14_nothing_is_granted_twice_by_replicas_of_two_api_servers() {
    one_behind(Extent::Short).await.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_without_the_api_server_assertions_wait_and_the_rest_goes_on() {
    away(Extent::Short).await.assert_lawful();
}
