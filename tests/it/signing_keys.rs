//! The signing keys in their Secret, between leaders and servers that have only their own rights.

use countersign::cluster::signing_keys::follow;
use countersign::controller::signing_keys::{Rotation, RotationEvent};
use countersign::core::clock::ManualClock;
use countersign::jose::Algorithm;
use countersign::keys::SigningKeyStore;
use countersign::keys::secret::{ENTRY, SECRET, SecretFault, decode};
use countersign::keys::{KeyRing, RotationPolicy};
use countersign::readiness::Readiness;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::support::eventually;
use crate::support::home::{Home, SOON};

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// What a rotation told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<RotationEvent>>>);

impl Told {
    fn count(&self, which: impl Fn(&RotationEvent) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| which(event)).count()
    }

    async fn hears(&self, times: usize, what: &str, which: impl Fn(&RotationEvent) -> bool) {
        eventually(SOON, what, async || (self.count(&which) >= times).then_some(())).await;
    }
}

/// A rotation that runs until it is ended or the test is over.
struct Rotating {
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Rotating {
    async fn end(self) {
        self.stop.cancel();
        self.ended.cancelled().await;
    }
}

async fn rotate(home: &Home, told: &Told) -> Rotating {
    let policy = RotationPolicy::new([Algorithm::Es256].into()).unwrap();
    let secrets = Api::namespaced(home.controller().await, &home.namespace);
    let heard = told.clone();
    let rotation = Rotation::new(
        secrets,
        policy,
        Arc::<ManualClock>::clone(&home.clock),
        move |event| {
            heard.0.lock().unwrap().push(event);
        },
    )
    .look_every(Duration::from_millis(50));
    let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
    let (until, end) = (stop.clone(), ended.clone());
    home.tasks.spawn("rotation", async move {
        rotation.run(until).await;
        end.cancel();
    });
    Rotating { stop, ended }
}

/// What a server has of the keys.
struct Server {
    store: Arc<SigningKeyStore>,
    readiness: Readiness,
    /// How often it saw a Secret that it could not read.
    broken: Arc<AtomicUsize>,
}

async fn serve(home: &Home) -> Server {
    let server = Server {
        store: Arc::new(SigningKeyStore::new()),
        readiness: Readiness::new(),
        broken: Arc::default(),
    };
    let secrets = Api::namespaced(home.server().await, &home.namespace);
    let (store, first) = (Arc::clone(&server.store), server.readiness.block("signing keys"));
    let broken = Arc::clone(&server.broken);
    home.tasks.spawn("signing keys", async move {
        let count = |_| {
            broken.fetch_add(1, Ordering::SeqCst);
        };
        follow(&store, secrets, first, count, CancellationToken::new()).await;
    });
    server
}

impl Server {
    async fn is_ready(&self) {
        eventually(SOON, "readiness", async || {
            self.readiness.is_ready().then_some(())
        })
        .await;
    }

    async fn sees_a_broken_one(&self) {
        eventually(SOON, "the server to see the broken Secret", async || {
            (self.broken.load(Ordering::SeqCst) > 0).then_some(())
        })
        .await;
    }
}

/// The Secret as the administrator sees it.
fn secrets(home: &Home) -> Api<Secret> {
    Api::namespaced(home.admin(), &home.namespace)
}

async fn text(home: &Home) -> Option<Vec<u8>> {
    let secret = secrets(home).get_opt(SECRET).await.unwrap()?;
    Some(secret.data?.remove(ENTRY)?.0)
}

async fn ring(home: &Home) -> Option<KeyRing> {
    decode(&text(home).await?).ok()
}

fn kids(ring: &KeyRing) -> BTreeSet<String> {
    ring.entries()
        .iter()
        .map(|entry| entry.key().kid().to_owned())
        .collect()
}

async fn ring_of(home: &Home, size: usize) -> BTreeSet<String> {
    eventually(SOON, "the keys in the Secret", async || {
        ring(home)
            .await
            .map(|ring| kids(&ring))
            .filter(|kids| kids.len() == size)
    })
    .await
}

/// What a server publishes and what it signs with, once it publishes `size` keys.
async fn served(home: &Home, server: &Server, size: usize) -> (BTreeSet<String>, String) {
    eventually(SOON, "the keys at the server", async || {
        let keys = server.store.current()?;
        let published: BTreeSet<String> = keys
            .jwks(home.now())
            .iter()
            .map(|jwk| jwk["kid"].as_str().unwrap().to_owned())
            .collect();
        let active = keys.active(Algorithm::Es256, home.now())?.kid().to_owned();
        assert!(published.contains(&active));
        (published.len() == size).then_some((published, active))
    })
    .await
}

async fn overwrite(home: &Home, text: &[u8]) {
    let mut secret = secrets(home).get(SECRET).await.unwrap();
    secret.data = Some([(ENTRY.to_owned(), ByteString(text.to_vec()))].into());
    secrets(home)
        .replace(SECRET, &PostParams::default(), &secret)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_running_server_follows_a_rotation() {
    let home = Home::new("rotation").await;
    let server = serve(&home).await;
    assert_eq!(server.readiness.waiting_for(), ["signing keys"]);
    let _rotation = rotate(&home, &Told::default()).await;

    let (_, first) = served(&home, &server, 1).await;
    server.is_ready().await;

    home.clock.advance(30 * DAY - HOUR);
    let (both, active) = served(&home, &server, 2).await;
    assert_eq!(
        active, first,
        "the new key signs before it was published for long enough"
    );

    home.clock.advance(HOUR);
    let (published, second) = served(&home, &server, 2).await;
    assert_eq!(published, both);
    assert_ne!(second, first);

    home.clock.advance(66 * 60);
    assert_eq!(
        served(&home, &server, 1).await,
        ([second.clone()].into(), second.clone())
    );
    assert_eq!(ring_of(&home, 1).await, [second].into());
}

#[tokio::test]
async fn of_two_leaders_at_once_one_writes() {
    let home = Home::new("two-leaders").await;
    let told = Told::default();
    for _ in 0..4 {
        let _rotation = rotate(&home, &told).await;
    }
    let first = ring_of(&home, 1).await;
    home.clock.advance(30 * DAY - HOUR);
    let both = ring_of(&home, 2).await;
    assert!(both.is_superset(&first));
    home.clock.advance(HOUR + 66 * 60);
    let second = ring_of(&home, 1).await;
    told.hears(2, "both rotations", |event| *event == RotationEvent::Rotated)
        .await;
    assert_eq!(second, &both - &first);
    assert_eq!(told.count(|event| *event == RotationEvent::Created), 1);
    assert_eq!(told.count(|event| *event == RotationEvent::Rotated), 2);
    assert_eq!(told.count(|event| *event == RotationEvent::Failed), 0);
}

#[tokio::test]
async fn a_deleted_secret_is_restored_with_the_same_keys() {
    let home = Home::new("restore").await;
    let told = Told::default();
    let server = serve(&home).await;
    let _rotation = rotate(&home, &told).await;
    let before = ring_of(&home, 1).await;
    served(&home, &server, 1).await;
    let uid = secrets(&home).get(SECRET).await.unwrap().metadata.uid;

    secrets(&home)
        .delete(SECRET, &DeleteParams::default())
        .await
        .unwrap();

    told.hears(1, "the restoration", |event| *event == RotationEvent::Restored)
        .await;
    assert_eq!(ring_of(&home, 1).await, before);
    assert_ne!(secrets(&home).get(SECRET).await.unwrap().metadata.uid, uid);
    assert_eq!(served(&home, &server, 1).await.0, before);
}

#[tokio::test]
async fn a_server_keeps_its_keys_when_the_secret_is_gone_or_broken() {
    let home = Home::new("gone").await;
    let rotation = rotate(&home, &Told::default()).await;
    let server = serve(&home).await;
    let (before, active) = served(&home, &server, 1).await;
    rotation.end().await;

    secrets(&home)
        .delete(SECRET, &DeleteParams::default())
        .await
        .unwrap();
    let broken = Secret {
        metadata: ObjectMeta {
            name: Some(SECRET.to_owned()),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    };
    secrets(&home)
        .create(&PostParams::default(), &broken)
        .await
        .unwrap();
    // The server saw the deletion before this.
    server.sees_a_broken_one().await;
    let keys = server.store.current().unwrap();
    assert_eq!(kids(keys.ring()), before);
    assert_eq!(keys.active(Algorithm::Es256, home.now()).unwrap().kid(), active);

    // A new leader has nothing to restore: it makes new keys once the broken ones are out of the way.
    let told = Told::default();
    let _newcomer = rotate(&home, &told).await;
    told.hears(1, "the newcomer's report", |event| {
        *event == RotationEvent::Unreadable(SecretFault::Missing)
    })
    .await;
    secrets(&home)
        .delete(SECRET, &DeleteParams::default())
        .await
        .unwrap();
    told.hears(1, "new keys", |event| *event == RotationEvent::Created)
        .await;
    let after = ring_of(&home, 1).await;
    assert_ne!(after, before);
    eventually(SOON, "the new keys at the server", async || {
        (served(&home, &server, 1).await.0 == after).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_left_alone() {
    let home = Home::new("corrupt").await;
    let told = Told::default();
    let server = serve(&home).await;
    let _rotation = rotate(&home, &told).await;
    let (before, active) = served(&home, &server, 1).await;
    let good = text(&home).await.unwrap();
    let unreadable = |event: &RotationEvent| matches!(event, RotationEvent::Unreadable(_));

    overwrite(&home, b"{\"version\":1,\"keys\":[]}").await;
    told.hears(1, "the report of a Secret that cannot be read", unreadable)
        .await;
    // A rotation is due, and another leader comes that has never seen a good one.
    home.clock.advance(30 * DAY - HOUR);
    let newcomer = Told::default();
    let _other = rotate(&home, &newcomer).await;
    newcomer.hears(1, "the newcomer's report", unreadable).await;
    let touch = Patch::Merge(json!({"metadata": {"annotations": {"touched": "yes"}}}));
    secrets(&home)
        .patch(SECRET, &PatchParams::default(), &touch)
        .await
        .unwrap();
    told.hears(2, "another look", unreadable).await;
    newcomer
        .hears(2, "another look of the newcomer", unreadable)
        .await;

    assert_eq!(text(&home).await.unwrap(), b"{\"version\":1,\"keys\":[]}");
    assert_eq!(served(&home, &server, 1).await, (before.clone(), active));
    let fresh = serve(&home).await;
    fresh.sees_a_broken_one().await;
    assert!(!fresh.readiness.is_ready());

    overwrite(&home, &good).await;
    let both = ring_of(&home, 2).await;
    assert!(both.is_superset(&before));
    assert_eq!(served(&home, &server, 2).await.0, both);
    assert_eq!(served(&home, &fresh, 2).await.0, both);
    fresh.is_ready().await;
    assert_eq!(told.count(|event| *event == RotationEvent::Failed), 0);
}
