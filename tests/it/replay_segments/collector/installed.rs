//! The controller as it is installed, with its own rights and under the policy.

use crate::replay_segments::place::{ENTRY, PATIENCE, Place};
use crate::support::accounts::service_account;
use crate::support::ports::free_port;
use crate::support::{ControlPlane, Process, eventually};
use countersign::api::installation::Account;

#[tokio::test]
async fn the_leader_collects_the_log_and_counts() {
    let place = Place::new(ControlPlane::shared(), "collect-installed").await;
    place.made("alive", ENTRY).await;
    place.anchored("anchor-a").await;
    place.put_old("due").await;

    let account = &service_account(Account::Controller);
    let kubeconfig = place.plane.kubeconfig_as(place.home(), account).await;
    let health = format!("127.0.0.1:{}", free_port());
    let watched = place.release.namespace();
    let flags = [
        "--namespace",
        place.home(),
        "--watch-namespace",
        watched,
        "--health-listen",
        &health,
    ];
    let _controller = Process::countersign(["controller"].into_iter().chain(flags))
        .env("KUBECONFIG", kubeconfig)
        .start();
    eventually(
        PATIENCE,
        "the end of the segment that is due",
        async || match place.stored("due").await {
            Err(message) if message.contains("not found") => Ok(()),
            found => Err(format!("{found:?}")),
        },
    )
    .await;
    let url = format!("http://{health}/metrics");
    let lines = [
        "countersign_replay_segments_collected_total 1",
        "countersign_replay_collection_failures_total 0",
        "countersign_replay_collection_segments 1",
    ];
    eventually(PATIENCE, "the metrics", async || {
        let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        let shown = lines.iter().all(|line| text.lines().any(|shown| shown == *line));
        shown.then_some(()).ok_or(text)
    })
    .await;
    for name in ["alive", "anchor-a"] {
        assert!(place.stored(name).await.is_ok(), "{name}");
    }
}
