//! What is written to the log, and what is not.

use super::history::{Outcome, Slot};
use super::load::PATIENT;
use super::site::{ALL, PATIENCE, REPLICAS, Site};
use crate::support::{announce, eventually};
use countersign::api::v1alpha1::ReplaySegment;
use kube::api::{Api, ListParams};
use std::collections::BTreeMap;

const EXCHANGES: usize = 200;
const SIGNED: u64 = 30;
/// Writes of Kubernetes itself that may come in between.
const NOISE: u64 = 20;

impl Site {
    /// The versions of the segments and the anchor.
    async fn segments(&self) -> BTreeMap<String, String> {
        let home = &self.release.installation.namespace;
        let segments: Api<ReplaySegment> = Api::namespaced(self.plane.admin(), home);
        let found = segments.list(&ListParams::default()).await.unwrap().items;
        let named = found.into_iter().map(|segment| {
            let metadata = segment.metadata;
            (metadata.name.unwrap(), metadata.resource_version.unwrap())
        });
        named.collect()
    }

    /// How many writes etcd has seen.
    async fn puts(&self) -> u64 {
        const NAME: &str = "etcd_mvcc_put_total ";
        let text = reqwest::get(format!("{}/metrics", self.plane.etcd_url()))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(NAME));
        line.expect("etcd counts its writes").parse().unwrap()
    }
}

/// Service-account tokens are reused until the kubelet rotates them: they are not recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_of_service_account_tokens_write_nothing() {
    let site = Site::start("writes").await;
    let workload = site.workload().await;
    for replica in ALL {
        eventually(PATIENCE, "the workload's first token", async || {
            site.exchange(replica, &workload).await
        })
        .await;
    }
    site.kill_controller();

    let (segments, puts) = (site.segments().await, site.puts().await);
    for number in 0..EXCHANGES {
        site.exchange(number % REPLICAS, &workload).await.unwrap();
    }
    let written = site.puts().await - puts;
    assert_eq!(site.segments().await, segments);
    assert!(written <= NOISE, "{written} writes to etcd");

    let puts = site.puts().await;
    for _ in 0..SIGNED {
        let answer = site.answer(0, &site.assertion(), Slot::Client, PATIENT).await;
        assert_eq!(answer.outcome, Outcome::Granted);
    }
    let signed = site.puts().await - puts;
    assert_ne!(site.segments().await, segments);
    assert!(signed >= SIGNED, "{signed} writes to etcd");
    announce(format_args!(
        "replay log: {EXCHANGES} exchanges of a service-account token: {written} writes to etcd; {SIGNED} of \
         assertions, one after the other: {signed}"
    ));
}
