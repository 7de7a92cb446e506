//! Three servers of one installation with one issuer. Each reaches the API server through a proxy.

use crate::support::accounts::service_account;
use crate::support::controlplane::Part;
use crate::support::proxy::{Mode, Proxy};
use crate::support::release::{Release, Server};
use crate::support::seat::Seat;
use crate::support::workloads::{client_object, jwks, key};
use crate::support::{ControlPlane, Options, Process, eventually};
use countersign::api::installation::Account;
use countersign::jose::SigningKey;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::MutexGuard;

use super::history::{Outcome, Slot};

/// How many servers there are.
pub(super) const REPLICAS: usize = 3;
/// All of them.
pub(super) const ALL: [usize; REPLICAS] = [0, 1, 2];
/// How many clients share the load, so that none reaches its share of the log.
const CLIENTS: usize = 16;
/// Enough for whatever is not promised.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The installation, and everything between it and the disk. One at a time: they share a control plane,
/// whose parts crash.
pub(super) struct Site {
    pub(super) plane: &'static ControlPlane,
    pub(super) release: Release,
    pub(super) issuer: String,
    pub(super) clients: Vec<Client>,
    /// The last number of an assertion.
    pub(super) made: AtomicU64,
    pub(super) replicas: Vec<Replica>,
    controller: Mutex<Option<Process>>,
    _turn: MutexGuard<'static, ()>,
}

/// A client and its key.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) key: SigningKey,
}

/// One server: its place, its way to the API server, and its process while there is one.
pub(super) struct Replica {
    pub(super) seat: Seat,
    pub(super) proxy: Proxy,
    pub(super) http: reqwest::Client,
    kubeconfig: PathBuf,
    process: Mutex<Option<Server>>,
}

/// The suite's control plane: etcd waits for the disk.
pub(super) fn plane() -> &'static ControlPlane {
    static PLANE: OnceLock<ControlPlane> = OnceLock::new();
    PLANE.get_or_init(|| {
        ControlPlane::start(&Options {
            fsync: true,
            ..Options::default()
        })
    })
}

// === impl Site ===

impl Site {
    /// An installation that serves: every replica has granted.
    pub(super) async fn start(prefix: &str) -> Self {
        let site = Self::prepare(prefix, &[]).await;
        site.run().await;
        site
    }

    /// Starts everything, and waits until every replica has granted.
    pub(super) async fn run(&self) {
        self.start_controller().await;
        for replica in ALL {
            self.start_replica(replica);
        }
        self.recovered().await;
    }

    /// Changes what becomes of all connections of servers to the API server.
    pub(super) fn set_proxies(&self, mode: Mode) {
        for replica in &self.replicas {
            replica.proxy.set(mode);
        }
    }

    /// An installation of which nothing runs yet. The replicas whose numbers have an address in `urls`
    /// reach the API server there.
    pub(super) async fn prepare(prefix: &str, urls: &[(usize, &str)]) -> Self {
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let plane = plane();
        plane.revive().await;
        let release = Release::install(plane, prefix).await;
        let namespace = release.namespace();
        let clients: Vec<Client> = (0..CLIENTS)
            .map(|number| Client {
                id: format!("{namespace}/client-{number}"),
                key: key(),
            })
            .collect();
        let issuer = format!("https://{namespace}.example");
        let mut replicas = Vec::new();
        for number in ALL {
            let elsewhere = urls.iter().find(|(replica, _)| *replica == number);
            let url = elsewhere.map_or(plane.url(), |(_, url)| url);
            let seat = release.seat().of(&issuer);
            replicas.push(Replica::new(plane, &release, seat, url).await);
        }
        let site = Self {
            plane,
            release,
            issuer,
            clients,
            made: AtomicU64::new(0),
            replicas,
            controller: Mutex::default(),
            _turn: turn,
        };
        site.apply_clients().await;
        site
    }

    /// Applies the clients' objects.
    pub(super) async fn apply_clients(&self) {
        for (number, client) in self.clients.iter().enumerate() {
            let identities = json!([{ "keys": { "jwks": jwks(&[&client.key]) } }]);
            let object = client_object(self.release.namespace(), &format!("client-{number}"), identities);
            self.plane.apply(&object).await;
        }
    }

    /// Gives every replica's account a new token: its old account is gone.
    pub(super) async fn renew_kubeconfigs(&mut self) {
        for replica in &mut self.replicas {
            replica.kubeconfig = replica.proxy_config(self.plane, &self.release).await;
        }
    }

    /// Starts the controller.
    pub(super) async fn start_controller(&self) {
        let running = self.release.controller(self.plane).await;
        *self.controller.lock().unwrap() = Some(running);
    }

    /// Kills the controller.
    pub(super) fn kill_controller(&self) {
        *self.controller.lock().unwrap() = None;
    }

    /// Starts a replica, for the first time or again.
    pub(super) fn start_replica(&self, number: usize) {
        let replica = &self.replicas[number];
        let flags = ["--log-level", "warn", "--audit-log", "off"];
        let server = self
            .release
            .start_server_at(&replica.seat, &replica.kubeconfig, &flags);
        *replica.process.lock().unwrap() = Some(server);
    }

    /// Kills a replica, as a crash would.
    pub(super) fn kill_replica(&self, number: usize) {
        *self.replicas[number].process.lock().unwrap() = None;
    }

    /// Sends a replica the signal of this name (`STOP`, `CONT`).
    pub(super) fn signal_replica(&self, number: usize, name: &str) {
        let process = self.replicas[number].process.lock().unwrap();
        process.as_ref().expect("a running replica").process.signal(name);
    }

    /// Waits until every replica grants, and tells how long that took.
    pub(super) async fn recovered(&self) -> Duration {
        let begun = tokio::time::Instant::now();
        for number in ALL {
            self.grants(number).await;
        }
        begun.elapsed()
    }

    /// Waits until this replica grants.
    pub(super) async fn grants(&self, number: usize) {
        eventually(PATIENCE, &format!("a grant of replica {number}"), async || {
            self.replicas[number].is_ready().await?;
            let answer = self
                .answer(number, &self.assertion(), Slot::Client, PATIENCE)
                .await;
            let granted = answer.outcome == Outcome::Granted;
            granted
                .then_some(())
                .ok_or_else(|| format!("{answer:?}\n{}", self.log(number)))
        })
        .await;
    }

    /// What a replica has written.
    pub(super) fn log(&self, number: usize) -> String {
        let process = self.replicas[number].process.lock().unwrap();
        process.as_ref().map_or_else(
            || "no process".to_owned(),
            |server| format!("{}{}", server.process.stdout(), server.process.stderr()),
        )
    }

    /// How often each reason was that of a refusal, of the processes that now run.
    pub(super) async fn reasons(&self) -> BTreeMap<String, u64> {
        const PREFIX: &str = "countersign_refusals_total{reason=\"";
        let mut found = BTreeMap::new();
        for replica in &self.replicas {
            let (_, text) = replica.health("/metrics").await.expect("metrics");
            for line in text.lines().filter_map(|line| line.strip_prefix(PREFIX)) {
                let (reason, count) = line.split_once("\"} ").expect("a counter's line");
                let count = count.parse::<u64>().expect("a count");
                if count > 0 {
                    *found.entry(reason.to_owned()).or_default() += count;
                }
            }
        }
        found
    }
}

// === impl Replica ===

impl Replica {
    async fn new(plane: &ControlPlane, release: &Release, seat: Seat, url: &str) -> Self {
        let upstream = url.strip_prefix("https://").unwrap().parse().unwrap();
        let proxy = Proxy::start(upstream).await;
        let http = reqwest::Client::builder()
            .tls_certs_only([seat.trust()])
            .http1_only()
            .build()
            .unwrap();
        let mut replica = Self {
            seat,
            proxy,
            http,
            kubeconfig: PathBuf::new(),
            process: Mutex::default(),
        };
        replica.kubeconfig = replica.proxy_config(plane, release).await;
        replica
    }

    /// Its way to the API server.
    async fn proxy_config(&self, plane: &ControlPlane, release: &Release) -> PathBuf {
        let (url, home) = (
            format!("https://{}", self.proxy.address()),
            &release.installation.namespace,
        );
        plane
            .kubeconfig_at(&url, home, &service_account(Account::Server))
            .await
    }

    /// Whether it says that it is ready; if not, why not.
    pub(super) async fn is_ready(&self) -> Result<(), String> {
        match self.health("/readyz").await.map_err(|error| error.to_string())? {
            (200, _) => Ok(()),
            (_, why) => Err(why),
        }
    }

    /// What its port for health answers.
    async fn health(&self, path: &str) -> reqwest::Result<(u16, String)> {
        let answer = reqwest::get(format!("http://{}{path}", self.seat.health)).await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

// === impl ControlPlane ===

impl ControlPlane {
    /// Makes good what a test that failed has left behind.
    async fn revive(&self) {
        for part in [Part::Etcd, Part::ApiServer] {
            if self.has_ended(part) {
                self.start_again(part);
            } else {
                self.signal(part, "CONT");
            }
        }
        self.ready().await;
    }
}
