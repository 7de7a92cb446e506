//! The installation goes, and comes back.

use super::checker::{Faults, check};
use super::history::Outcome;
use super::load::Assertion;
use super::recorder::Recorder;
use super::scenario::{Extent, Summary};
use super::site::{ALL, PATIENCE, Site};
use crate::support::eventually;
use countersign::api::{crds, manifests};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use serde_json::json;

/// What is deleted and made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    /// Accounts, rights and policies. The log stays.
    Manifests,
    /// These and the kinds, and every object of them.
    Kinds,
    /// The namespace of the installation.
    Namespace,
}

impl Site {
    fn stop(&self) {
        self.kill_controller();
        for replica in ALL {
            self.kill_replica(replica);
        }
    }

    async fn delete(&self, yaml: &str) {
        self.plane
            .kubectl(&["delete", "--wait", "-f", "-"], yaml)
            .await
            .unwrap();
    }

    async fn uninstall(&self, what: Goes) {
        let installation = &self.release.installation;
        if what == Goes::Namespace {
            let _finalizes = self.plane.start_controller_manager().await;
            let name = &installation.namespace;
            self.plane
                .kubectl(&["delete", "--wait=false", "namespace", name], "")
                .await
                .unwrap();
            let namespaces: Api<Namespace> = Api::all(self.plane.admin());
            eventually(PATIENCE, "the end of the namespace", async || {
                let found = namespaces
                    .get_opt(name)
                    .await
                    .map_err(|error| error.to_string())?;
                found.map_or(Ok(()), |namespace| Err(format!("{:?}", namespace.status)))
            })
            .await;
            return;
        }
        self.delete(&manifests::rbac_yaml(installation).unwrap()).await;
        self.delete(&manifests::policies_yaml(installation).unwrap())
            .await;
        if what == Goes::Kinds {
            self.delete(&crds::yaml().unwrap()).await;
        }
    }

    async fn install_again(&mut self) {
        let name = &self.release.installation.namespace;
        let home = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.plane.apply(&home).await;
        self.plane.install_kinds().await;
        let installation = &self.release.installation;
        for yaml in [
            manifests::rbac_yaml(installation),
            manifests::policies_yaml(installation),
        ] {
            self.plane.apply_yaml(&yaml.unwrap()).await.unwrap();
        }
        self.apply_clients().await;
        self.renew_kubeconfigs().await;
    }
}

/// Everything is used, the installation is reinstalled, and everything is used again.
async fn reinstall(site: &mut Site, summary: &mut Summary, what: Goes, count: usize) {
    let recorder = Recorder::new();
    site.run().await;
    let used: Vec<Assertion> = (0..count).map(|_| site.assertion()).collect();
    site.replay(&recorder, &used).await;
    let granted = recorder.count(&ALL, Outcome::Granted);
    summary.promise(granted == count, format!("{granted} of {count} granted before"));

    site.stop();
    site.uninstall(what).await;
    site.install_again().await;
    site.run().await;
    let first = recorder.len();
    site.replay(&recorder, &used).await;
    let expected = match what {
        Goes::Manifests => Outcome::Replay,
        // The new log cannot know them: they were issued before it began.
        Goes::Kinds | Goes::Namespace => Outcome::Unavailable,
    };
    for attempt in recorder.since(first) {
        summary.promise(attempt.outcome == expected, format!("{what:?}: {attempt:?}"));
    }
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(site).await;
    site.stop();
}

/// What was used before is not granted after the installation was made again, in whatever way.
pub(super) async fn reinstalled(extent: Extent) -> Summary {
    let mut site = Site::prepare("reinstalled", &[]).await;
    let mut summary = Summary::new("reinstalled: manifests, kinds, namespace");
    for what in [Goes::Manifests, Goes::Kinds, Goes::Namespace] {
        reinstall(&mut site, &mut summary, what, extent.choose(30, 1_000)).await;
    }
    summary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c6_nothing_is_granted_again_by_a_new_installation() {
    reinstalled(Extent::Short).await.assert_lawful();
}
