//! Servers in this process whose clocks are wrong, on the real API server.

#[path = "skewed/scene.rs"]
mod scene;

pub(super) use scene::{Scene, now};

use super::history::{Attempt, Outcome};
use super::recorder::Recorder;
use crate::support::accounts::service_account;
use crate::support::release::{LEDGER, Release};
use crate::support::{ControlPlane, eventually};
use countersign::api::installation::Account;
use countersign::clock::SystemClock;
use countersign::cluster::connect::connect;
use countersign::cluster::replay_log::{ClusterLog, LogMetrics, LogOptions};
use countersign::cluster::view::View;
use countersign::core::clock::Clock;
use countersign::core::issuer::Issuer;
use countersign::grants::Settings;
use countersign::index::MintedResources;
use countersign::jose::Algorithm;
use countersign::lifecycle::Tasks;
use countersign::metrics::upstream::{Upstream, UpstreamMetrics};
use countersign::readiness::Readiness;
use countersign::replay::Capacity;
use countersign::server::audit::Record;
use countersign::server::broker::Broker;
use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::site::PATIENCE;

/// A clock that is wrong by so much, and as good as the machine's otherwise.
#[derive(Debug)]
struct WrongClock(SignedDuration);

/// A server whose clock is wrong.
pub(super) struct Skewed {
    broker: Broker,
    readiness: Readiness,
    _tasks: Tasks,
}

/// An assertion and the key of its use.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) key: u64,
    /// Seconds since the epoch.
    pub(super) expires: i64,
    pub(super) jwt: String,
}

// === impl WrongClock ===

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

// === impl Skewed ===

impl Skewed {
    /// A server of `release` and `issuer` whose clock is `ahead` seconds ahead.
    pub(super) async fn start(plane: &ControlPlane, release: &Release, issuer: &str, ahead: i64) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(WrongClock(SignedDuration::from_secs(ahead)));
        let (tasks, readiness) = (Tasks::new(), Readiness::new());
        let home = &release.installation;
        let kubeconfig = plane
            .kubeconfig_as(&home.namespace, &service_account(Account::Server))
            .await;
        let registry = Registry::new();
        let upstream = UpstreamMetrics::new(&registry, &[Upstream::Kubernetes]).unwrap();
        let (client, api_clock) = connect(Some(&kubeconfig), &clock, &upstream).await.unwrap();
        let resources = MintedResources::listed(BTreeMap::from([(LEDGER.to_owned(), Algorithm::Es256)]));
        let view = View::follow(&client, home, resources, &clock, &tasks, &readiness);
        let settings = Settings::new(Issuer::parse(issuer).unwrap());
        let options = LogOptions {
            look_elsewhere: false,
            namespace: home.namespace.clone(),
            issuer: settings.issuer.clone(),
            skew: settings.skew,
            capacity: Capacity::default(),
            append_rate: 100,
        };
        let metrics = LogMetrics::new(&registry).unwrap();
        let log = ClusterLog::follow(&client, options, &clock, &api_clock, metrics, &tasks, &readiness);
        Self {
            broker: Broker {
                settings,
                directory: view.index,
                replay: Arc::new(log.unwrap()),
                keys: view.keys,
                clock,
            },
            readiness,
            _tasks: tasks,
        }
    }

    /// Waits until it says that it is ready.
    pub(super) async fn ready(&self) {
        eventually(PATIENCE, "a ready server", async || {
            self.is_ready()
                .then_some(())
                .ok_or_else(|| self.readiness.waiting_for().join(", "))
        })
        .await;
    }

    /// Whether it says that it is ready.
    pub(super) fn is_ready(&self) -> bool {
        self.readiness.is_ready()
    }

    /// What it says to an assertion: nothing if it is granted, else the reason of the refusal.
    pub(super) async fn take(&self, assertion: &Signed) -> Option<&'static str> {
        let body = format!(
            "grant_type=client_credentials&client_assertion={}\
             &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            assertion.jwt
        );
        let mut record = Record::default();
        let answer = self.broker.exchange(body.as_bytes(), false, &mut record).await;
        answer.err().map(|refusal| refusal.reason.code().as_str())
    }

    /// Presents an assertion as the server with this number, and writes it down unless its times were wrong
    /// from the start, for such a request leaves no trace; returns the reason.
    pub(super) async fn attempt(
        &self,
        recorder: &Recorder,
        replica: usize,
        assertion: &Signed,
    ) -> Option<&'static str> {
        let started = recorder.elapsed();
        let leeway = self.broker.settings.skew.as_secs();
        let over = self.broker.clock.now().as_second() >= assertion.expires + leeway;
        let reason = self.take(assertion).await;
        let outcome = match reason {
            None => Outcome::Granted,
            Some("assertion_replayed") => Outcome::Replay,
            Some("replay_log_unavailable" | "replay_outcome_unknown") => Outcome::Unavailable,
            Some("assertion_expired") if over => return reason,
            Some("assertion_expired") => Outcome::Expired,
            Some(_) => Outcome::Other,
        };
        recorder.record(Attempt {
            key: assertion.key,
            replica,
            started,
            ended: recorder.elapsed(),
            outcome,
        });
        reason
    }
}
