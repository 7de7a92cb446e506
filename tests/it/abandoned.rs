//! What goes on without the controller, and for how long.

use crate::support::accounts::service_account;
use crate::support::release::{LEDGER, Release};
use crate::support::workloads::{assertion_with, client_object, jwks, key};
use crate::support::{ControlPlane, eventually};
use countersign::api::installation::Account;
use countersign::api::v1alpha1::OAuthClient;
use countersign::cluster::view::View;
use countersign::core::clock::{Clock, ManualClock};
use countersign::core::issuer::Issuer;
use countersign::grants::Settings;
use countersign::index::MintedResources;
use countersign::jose::{Algorithm, SigningKey};
use countersign::lifecycle::Tasks;
use countersign::readiness::Readiness;
use countersign::replay::Capacity;
use countersign::replay::memory::MemoryLog;
use countersign::server::audit::Record;
use countersign::server::broker::Broker;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);
/// What the product promises between a change of a spec and its effect.
const PROMISE: Duration = Duration::from_secs(1);
const ISSUER: &str = "https://abandoned.example";
/// How a refusal tells the audit log that no key of the client fits.
const UNKNOWN: &str = "Key(Unknown)";
const MINUTE: i64 = 60;
const YEAR: i64 = 365 * 24 * 60 * MINUTE;

/// A server in this process, with a clock in our hand.
struct Server {
    broker: Broker,
    clock: Arc<ManualClock>,
    /// Ends with the test.
    _tasks: Tasks,
}

// === impl Server ===

impl Server {
    /// A server under its own account, whose clock stands at `now`.
    async fn start(plane: &ControlPlane, release: &Release, now: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::new(now));
        let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let (tasks, readiness) = (Tasks::new(), Readiness::new());
        let home = &release.installation;
        let client = plane
            .client_as(&home.namespace, &service_account(Account::Server))
            .await;
        let resources = MintedResources::listed(BTreeMap::from([(LEDGER.to_owned(), Algorithm::Es256)]));
        let view = View::follow(&client, home, resources, &time, &tasks, &readiness);
        eventually(SOON, "a ready server", async || {
            readiness
                .is_ready()
                .then_some(())
                .ok_or_else(|| readiness.waiting_for().join(", "))
        })
        .await;
        let beats = view.index.last_heartbeat();
        eventually(SOON, "the last heartbeat", async || beats.get()).await;
        let broker = Broker {
            settings: Settings::new(Issuer::parse(ISSUER).unwrap()),
            directory: view.index,
            replay: Arc::new(MemoryLog::new(None, Capacity::default())),
            keys: view.keys,
            clock: time,
        };
        Self {
            broker,
            clock,
            _tasks: tasks,
        }
    }

    /// Moves the clock to `seconds` after `moment`.
    fn set(&self, moment: Timestamp, seconds: i64) {
        let now = self.clock.now().as_second();
        self.clock.advance(moment.as_second() + seconds - now);
    }

    /// Whether `key` is taken as `client`'s for an assertion made now; if not, why not.
    async fn takes(&self, client: &str, key: &SigningKey) -> Result<(), String> {
        let now = self.clock.now().as_second();
        let assertion = assertion_with(key, client, ISSUER, &json!({ "iat": now, "exp": now + 60 }));
        let body = format!(
            "grant_type=client_credentials&client_assertion={assertion}\
             &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let answer = self
            .broker
            .exchange(body.as_bytes(), false, &mut Record::default())
            .await;
        answer.map(drop).map_err(|refusal| format!("{refusal:?}"))
    }

    /// Waits until `key` is unknown as one of `client`'s, and tells how long that took.
    async fn refuses(&self, client: &str, key: &SigningKey) -> Duration {
        let began = Instant::now();
        eventually(
            SOON,
            &format!("a key of {client} to be refused"),
            async || match self.takes(client, key).await {
                Err(why) if why.contains(UNKNOWN) => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await;
        began.elapsed()
    }
}

fn inline(key: &SigningKey) -> Value {
    json!({ "keys": { "jwks": jwks(&[key]) } })
}

fn reference(name: &str) -> Value {
    json!({ "keys": { "configMapRef": { "name": name, "key": "jwks.json" } } })
}

fn config_map(namespace: &str, name: &str, key: &SigningKey) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "namespace": namespace, "name": name, "labels": { "countersign.dev/keys": "true" } },
        "data": { "jwks.json": jwks(&[key]).to_string() },
    })
}

/// Runs a controller until it has published what there is and its heart has beaten; returns the beat.
async fn controlled(plane: &ControlPlane, release: &Release, clients: &Api<OAuthClient>) -> Timestamp {
    let mut controller = release.controller(plane).await;
    eventually(SOON, "published keys", async || {
        let status = clients.get("referring").await.unwrap().status.unwrap_or_default();
        if status.keys.len() == 2 {
            Ok(())
        } else {
            Err(format!("{:?}", status.conditions))
        }
    })
    .await;
    let leases: Api<Lease> = Api::namespaced(plane.admin(), &release.installation.namespace);
    eventually(SOON, "a heartbeat", async || {
        leases.get("countersign-heartbeat").await
    })
    .await;
    controller.terminate();
    assert!(controller.wait(SOON).await.success());
    let last = leases.get("countersign-heartbeat").await.unwrap();
    last.spec.unwrap().renew_time.unwrap().0
}

async fn replace_identities(clients: &Api<OAuthClient>, name: &str, identities: &Value) {
    let patch = json!({ "spec": { "identities": identities } });
    clients
        .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inline_keys_go_on_without_the_controller_and_referenced_ones_for_an_hour() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "abandoned").await;
    let namespace = release.namespace();
    let (stays, goes) = (key(), key());
    for (name, key) in [("stays", &stays), ("goes", &goes)] {
        plane.apply(&config_map(namespace, name, key)).await;
    }
    let own = json!([inline(&stays), inline(&goes)]);
    plane.apply(&client_object(namespace, "inline", own)).await;
    let elsewhere = json!([reference("stays"), reference("goes")]);
    plane
        .apply(&client_object(namespace, "referring", elsewhere))
        .await;
    let clients: Api<OAuthClient> = Api::namespaced(plane.admin(), namespace);
    let beat = controlled(plane, &release, &clients).await;

    let server = Server::start(plane, &release, beat).await;
    let (own, referring) = (format!("{namespace}/inline"), format!("{namespace}/referring"));
    for client in [&own, &referring] {
        for key in [&stays, &goes] {
            assert_eq!(server.takes(client, key).await, Ok(()), "{client} at the beat");
        }
    }

    // Nobody publishes what changes now; what stands in the spec counts all the same.
    replace_identities(&clients, "inline", &json!([inline(&stays)])).await;
    let inline_refused = server.refuses(&own, &goes).await;
    replace_identities(&clients, "referring", &json!([reference("stays")])).await;
    let referenced_refused = server.refuses(&referring, &goes).await;
    eprintln!(
        "removed from the spec without a controller: inline refused after {inline_refused:?}, \
         referenced after {referenced_refused:?}"
    );
    assert!(inline_refused <= PROMISE && referenced_refused <= PROMISE);

    for (seconds, referenced) in [
        (0, true),
        (59 * MINUTE, true),
        (60 * MINUTE - 1, true),
        (60 * MINUTE, false),
        (61 * MINUTE, false),
        (YEAR, false),
    ] {
        server.set(beat, seconds);
        assert_eq!(
            server.takes(&own, &stays).await,
            Ok(()),
            "inline, {seconds} s after the beat"
        );
        let taken = server.takes(&referring, &stays).await;
        assert_eq!(
            taken.is_ok(),
            referenced,
            "referenced, {seconds} s after the beat: {taken:?}"
        );
        for client in [&own, &referring] {
            assert!(
                server.takes(client, &goes).await.is_err(),
                "{client}, {seconds} s after the beat"
            );
        }
        eprintln!("{seconds} s after the last beat: inline taken, referenced {taken:?}");
    }

    // A server that starts only now knows no better.
    server.set(beat, 61 * MINUTE);
    let late = Server::start(plane, &release, server.clock.now()).await;
    assert_eq!(late.takes(&own, &stays).await, Ok(()));
    assert!(late.takes(&referring, &stays).await.is_err());
}
