//! What can happen to a control plane.

use super::super::leash::Leash;
use super::super::{ControlPlane, eventually, ports};
use super::START;
use super::parts::start;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than a killed process takes to be gone.
const END: Duration = Duration::from_secs(20);

/// A part of a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// etcd.
    Etcd,
    /// The kube-apiserver.
    ApiServer,
}

/// Another API server on the same etcd. It ends with the value.
#[derive(Debug)]
pub(crate) struct AnotherApiServer {
    pub(crate) url: String,
    _leash: Leash,
}

impl ControlPlane {
    /// The process ids of etcd and the API server.
    pub(crate) fn pids(&self) -> [u32; 2] {
        [Part::Etcd, Part::ApiServer].map(|part| self.part(part).pid())
    }

    pub(super) fn part(&self, part: Part) -> MutexGuard<'_, Leash> {
        let leash = match part {
            Part::Etcd => &self.etcd,
            Part::ApiServer => &self.apiserver,
        };
        leash.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a part does not run.
    pub(crate) fn has_ended(&self, part: Part) -> bool {
        self.part(part).ended().is_some()
    }

    /// Sends a part the signal of this name (`STOP`, `CONT`, …).
    pub(crate) fn signal(&self, part: Part, name: &str) {
        self.part(part).signal(name);
    }

    /// Kills a part, as a crash of its machine would, and waits until it is gone.
    pub(crate) async fn kill(&self, part: Part) {
        self.signal(part, "KILL");
        eventually(END, &format!("the end of {part:?}"), async || {
            self.part(part).ended()
        })
        .await;
    }

    /// Starts a part that was killed, with the data and the address that it had.
    pub(crate) fn start_again(&self, part: Part) {
        let started = self.plan.start(part).unwrap_or_else(|error| panic!("{error}"));
        *self.part(part) = started;
    }

    /// Waits until the control plane works, again.
    pub(crate) async fn ready(&self) {
        self.wait_until_ready()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Starts another API server, which reaches etcd at `etcd_url`.
    pub(crate) async fn another_apiserver(&self, etcd_url: &str) -> AnotherApiServer {
        let port = ports::free_port();
        let url = format!("https://127.0.0.1:{port}");
        let log = self.folder().join(format!("kube-apiserver-{port}.log"));
        let leash =
            start(self.plan.apiserver(&url, etcd_url), &log).unwrap_or_else(|error| panic!("{error}"));
        let client = self.admin_at(&url);
        eventually(START, "another API server", async || super::ready(&client).await).await;
        AnotherApiServer { url, _leash: leash }
    }
}
