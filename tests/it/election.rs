//! One controller leads, and servers see that it lives.

use anyhow::anyhow;
use countersign::api::installation::Installation;
use countersign::cluster::heartbeat;
use countersign::controller::election::{ElectionError, Elector, Identity, LEASE, LossReason};
use countersign::controller::heartbeat::Heartbeat;
use countersign::controller::lease::LeaseTimes;
use countersign::controller::owners::{OwnerNames, Owners};
use countersign::core::clock::ManualClock;
use countersign::index::heartbeat::LastHeartbeat;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::support::home::{Home, SOON};
use crate::support::{ControlPlane, eventually};

/// A candidate that stands, and what became of it.
struct Candidate {
    identity: String,
    leads: CancellationToken,
    told_to_stop: CancellationToken,
    stop: CancellationToken,
    /// Ends it as a crash would: nothing is given back.
    kill: CancellationToken,
    /// The work ends, once told to, when there is a permit.
    may_end: Arc<Semaphore>,
    /// The work fails when this is cancelled.
    fail: CancellationToken,
    result: Arc<Mutex<Option<Result<(), ElectionError>>>>,
}

fn millis(duration: u64, deadline: u64, retry: u64) -> LeaseTimes {
    let [duration, deadline, retry] = [duration, deadline, retry].map(Duration::from_millis);
    LeaseTimes::new(duration, deadline, retry).unwrap()
}

/// Times so long that only a lease that was given back is taken within the test.
fn patient() -> LeaseTimes {
    millis(600_000, 300_000, 100)
}

fn quick() -> LeaseTimes {
    millis(3_000, 2_000, 200)
}

async fn stand(home: &Home, times: LeaseTimes) -> Candidate {
    let identity = Identity::new("controller-0").unwrap();
    let candidate = Candidate {
        identity: identity.as_str().to_owned(),
        leads: CancellationToken::new(),
        told_to_stop: CancellationToken::new(),
        stop: CancellationToken::new(),
        kill: CancellationToken::new(),
        may_end: Arc::new(Semaphore::new(1)),
        fail: CancellationToken::new(),
        result: Arc::default(),
    };
    let leases = Api::namespaced(home.controller().await, &home.namespace);
    let elector = Elector::new(leases, identity, times, Arc::<ManualClock>::clone(&home.clock));
    let (leads, told) = (candidate.leads.clone(), candidate.told_to_stop.clone());
    let (may_end, fail) = (Arc::clone(&candidate.may_end), candidate.fail.clone());
    let work = move |leading: CancellationToken| async move {
        leads.cancel();
        tokio::select! {
            () = leading.cancelled() => {
                told.cancel();
                may_end.acquire().await?.forget();
                Ok(())
            }
            () = fail.cancelled() => Err(anyhow!("on purpose")),
        }
    };
    let (stop, kill, result) = (
        candidate.stop.clone(),
        candidate.kill.clone(),
        Arc::clone(&candidate.result),
    );
    home.tasks.spawn("candidate", async move {
        let outcome = kill.run_until_cancelled(elector.lead(&stop, work)).await;
        *result.lock().unwrap() = outcome;
    });
    candidate
}

async fn comes(what: &str, token: &CancellationToken) {
    assert!(
        tokio::time::timeout(SOON, token.cancelled()).await.is_ok(),
        "waited in vain for {what}"
    );
}

async fn result(candidate: &Candidate) -> Result<(), ElectionError> {
    eventually(SOON, "the end of the candidate", async || {
        candidate.result.lock().unwrap().take()
    })
    .await
}

async fn lease(home: &Home) -> Lease {
    let leases: Api<Lease> = Api::namespaced(home.admin(), &home.namespace);
    leases.get(LEASE).await.unwrap()
}

async fn holder(home: &Home) -> String {
    lease(home).await.spec.unwrap().holder_identity.unwrap()
}

/// Waits until the holder has written the lease again, twice.
async fn renewals(home: &Home) {
    for _ in 0..2 {
        let before = lease(home).await.metadata.resource_version;
        home.clock.advance(1);
        eventually(SOON, "a renewal", async || {
            (lease(home).await.metadata.resource_version != before).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_next_leader_waits_for_the_lease_of_one_that_crashed() {
    let home = Home::new("crash").await;
    let first = stand(&home, quick()).await;
    comes("a leader", &first.leads).await;
    let second = stand(&home, quick()).await;
    renewals(&home).await;
    assert!(!second.leads.is_cancelled());
    assert_eq!(holder(&home).await, first.identity);

    first.kill.cancel();
    let crashed = Instant::now();
    comes("the next leader", &second.leads).await;
    let waited = crashed.elapsed();
    // The last renewal is a retry period old at most; the second looks every 0.24 s.
    assert!(waited > Duration::from_millis(2_500), "after {waited:?}");
    assert!(waited < Duration::from_secs(10), "after {waited:?}");
    assert_eq!(holder(&home).await, second.identity);
    assert_eq!(lease(&home).await.spec.unwrap().lease_transitions, Some(1));
}

#[tokio::test]
async fn a_lease_is_given_back_when_the_work_has_stopped_and_not_before() {
    let home = Home::new("release").await;
    let first = stand(&home, patient()).await;
    comes("a leader", &first.leads).await;
    let second = stand(&home, patient()).await;
    first.may_end.forget_permits(1);

    first.stop.cancel();
    comes("the word to stop", &first.told_to_stop).await;
    renewals(&home).await;
    assert_eq!(holder(&home).await, first.identity);
    assert!(!second.leads.is_cancelled());

    first.may_end.add_permits(1);
    comes("the next leader", &second.leads).await;
    result(&first).await.unwrap();
    second.stop.cancel();
    result(&second).await.unwrap();
    assert_eq!(holder(&home).await, "");
}

#[tokio::test]
async fn a_leader_that_cannot_renew_stops_its_work() {
    let home = Home::new("deadline").await;
    let leader = stand(&home, quick()).await;
    comes("a leader", &leader.leads).await;
    let bindings: Api<RoleBinding> = Api::namespaced(home.admin(), &home.namespace);
    bindings
        .delete("countersign-controller", &DeleteParams::default())
        .await
        .unwrap();
    comes("the word to stop", &leader.told_to_stop).await;
    let error = result(&leader).await.unwrap_err();
    assert!(
        matches!(error, ElectionError::Lost(LossReason::Deadline)),
        "{error}"
    );
    assert_eq!(holder(&home).await, leader.identity);
}

#[tokio::test]
async fn work_that_does_not_stop_is_dropped_before_another_may_lead() {
    let home = Home::new("stuck").await;
    let leader = stand(&home, quick()).await;
    leader.may_end.forget_permits(1);
    comes("a leader", &leader.leads).await;
    let leases: Api<Lease> = Api::namespaced(home.admin(), &home.namespace);
    let usurp = Patch::Merge(json!({"spec": {"holderIdentity": "somebody else"}}));
    leases
        .patch(LEASE, &PatchParams::default(), &usurp)
        .await
        .unwrap();
    let error = result(&leader).await.unwrap_err();
    assert!(matches!(error, ElectionError::Lost(LossReason::Taken)), "{error}");
    assert!(leader.told_to_stop.is_cancelled());
    assert_eq!(holder(&home).await, "somebody else");
}

#[tokio::test]
async fn a_leader_survives_the_deletion_of_its_lease() {
    let home = Home::new("deleted").await;
    let leader = stand(&home, patient()).await;
    comes("a leader", &leader.leads).await;
    let leases: Api<Lease> = Api::namespaced(home.admin(), &home.namespace);
    leases.delete(LEASE, &DeleteParams::default()).await.unwrap();
    eventually(SOON, "the lease", async || leases.get(LEASE).await).await;
    renewals(&home).await;
    assert_eq!(holder(&home).await, leader.identity);
    assert!(!leader.told_to_stop.is_cancelled());
}

#[tokio::test]
async fn work_that_fails_gives_the_lease_back() {
    let home = Home::new("failure").await;
    let leader = stand(&home, patient()).await;
    comes("a leader", &leader.leads).await;
    leader.fail.cancel();
    let error = result(&leader).await.unwrap_err();
    assert!(
        matches!(&error, ElectionError::Work(cause) if cause.to_string() == "on purpose"),
        "{error}"
    );
    assert_eq!(holder(&home).await, "");
}

#[tokio::test]
async fn servers_see_the_heartbeat_of_a_leader_that_has_looked_at_everything() {
    let home = Home::new("heartbeat").await;
    let leases: Api<Lease> = Api::namespaced(home.admin(), &home.namespace);
    let last = Arc::new(LastHeartbeat::new());
    let (following, clock) = (Arc::clone(&last), Arc::clone(&home.clock));
    let watched = Api::namespaced(home.server().await, &home.namespace);
    home.tasks.spawn("follower", async move {
        heartbeat::follow(&following, watched, clock.as_ref(), CancellationToken::new()).await;
    });
    let heart = Heartbeat::new(
        Api::namespaced(home.controller().await, &home.namespace),
        "controller-0".to_owned(),
        Duration::from_millis(50),
        Arc::<ManualClock>::clone(&home.clock),
    );
    let (synced, stop) = (CancellationToken::new(), CancellationToken::new());
    let (first_sync, until) = (synced.clone(), stop.clone());
    home.tasks.spawn("heart", async move {
        heart.run(first_sync.cancelled_owned(), until).await;
    });

    // Another moment to be seen, should it beat too early.
    home.clock.advance(10);
    assert!(leases.get_opt(heartbeat::LEASE).await.unwrap().is_none());
    assert_eq!(last.get(), None);
    synced.cancel();
    for _ in 0..3 {
        home.clock.advance(60);
        let now = home.now();
        eventually(SOON, "a beat", async || (last.get() == Some(now)).then_some(())).await;
    }

    leases
        .delete(heartbeat::LEASE, &DeleteParams::default())
        .await
        .unwrap();
    home.clock.advance(60);
    let now = home.now();
    eventually(SOON, "a beat after the deletion", async || {
        (last.get() == Some(now)).then_some(())
    })
    .await;

    stop.cancel();
}

#[tokio::test]
async fn the_heartbeat_has_no_lease_without_its_owner() {
    let home = Home::new("heartbeat-owner").await;
    let leases: Api<Lease> = Api::namespaced(home.admin(), &home.namespace);
    let installation = Installation {
        namespace: home.namespace.clone(),
        ..Installation::default()
    };
    let names = OwnerNames {
        deployment: Some("countersign-controller".to_owned()),
        role: None,
    };
    let heart = Heartbeat::new(
        leases.clone(),
        "controller-0".to_owned(),
        Duration::from_millis(50),
        Arc::<ManualClock>::clone(&home.clock),
    )
    .owned_by(Arc::new(Owners::new(home.admin(), installation, names)));
    let stop = CancellationToken::new();
    let until = stop.clone();
    home.tasks.spawn("heart", async move {
        heart.run(std::future::ready(()), until).await;
    });
    // Time for many beats.
    sleep(Duration::from_secs(2)).await;
    assert!(leases.get_opt(heartbeat::LEASE).await.unwrap().is_none());
    let labels = json!({"app": "controller"});
    ControlPlane::shared()
        .apply(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"namespace": home.namespace, "name": "countersign-controller"},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "controller", "image": "registry.example/countersign:1"}]},
            }},
        }))
        .await;
    let lease = eventually(SOON, "a beat", async || {
        leases.get_opt(heartbeat::LEASE).await.unwrap()
    })
    .await;
    assert_eq!(
        lease.metadata.owner_references.map(|owners| owners.len()),
        Some(1)
    );
    stop.cancel();
}
