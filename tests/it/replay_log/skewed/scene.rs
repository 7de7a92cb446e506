//! An installation whose log began long ago.

use super::{Signed, Skewed};
use crate::support::release::Release;
use crate::support::workloads::{assertion_with, client_object, jwks, key};
use crate::support::{ControlPlane, Process};
use aws_lc_rs::digest::{SHA256, digest};
use countersign::api::v1alpha1::{ANCHOR_EXPIRES, ANCHOR_PREFIX, ReplaySegment};
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::SigningKey;
use countersign::replay::key::{Purpose, ReplayKey};
use countersign::replay::segment::{Bucket, Entry};
use jiff::Timestamp;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds.
const HOUR: i64 = 60 * 60;

/// An installation with a controller, for servers in this process.
pub(in super::super) struct Scene {
    plane: &'static ControlPlane,
    release: Release,
    issuer: String,
    client: String,
    key: SigningKey,
    made: AtomicU64,
    _controller: Process,
}

/// Seconds since the epoch.
pub(in super::super) fn now() -> i64 {
    SystemClock.now().as_second()
}

// === impl Scene ===

impl Scene {
    /// The log began an hour ago, and nothing is in it.
    pub(in super::super) async fn new() -> Self {
        let plane = ControlPlane::shared();
        let release = Release::install(plane, "clocks").await;
        let (namespace, key) = (release.namespace(), key());
        let client = format!("{namespace}/client");
        let identities = json!([{ "keys": { "jwks": jwks(&[&key]) } }]);
        plane.apply(&client_object(namespace, "client", identities)).await;
        let issuer = format!("https://{namespace}.example");
        let scene = Self {
            _controller: release.controller(plane).await,
            plane,
            release,
            issuer,
            client,
            key,
            made: AtomicU64::new(0),
        };
        let anchor = scene.anchor();
        let label = json!({ "countersign.dev/log": "anchor" });
        scene.store(&anchor, &label, "", ANCHOR_EXPIRES).await;
        scene
    }

    /// A server of this installation whose clock is `ahead` seconds ahead.
    pub(in super::super) async fn server(&self, ahead: i64) -> Skewed {
        Skewed::start(self.plane, &self.release, &self.issuer, ahead).await
    }

    /// A new assertion, which lives for so many seconds.
    pub(in super::super) fn sign(&self, lives: i64) -> Signed {
        let key = self.made.fetch_add(1, Ordering::Relaxed);
        self.signed(key, now(), now() + lives)
    }

    fn signed(&self, key: u64, issued: i64, expires: i64) -> Signed {
        let claims = json!({ "iat": issued, "exp": expires, "jti": key.to_string() });
        Signed {
            key,
            expires,
            jwt: assertion_with(&self.key, &self.client, &self.issuer, &claims),
        }
    }

    /// An assertion that stands in the log as used, in a segment that expires in `seconds`. So does the
    /// assertion, by a clock that is right, with a leeway of `skew`.
    pub(in super::super) async fn used_before(&self, skew: i64, seconds: i64) -> Signed {
        let key = self.made.fetch_add(1, Ordering::Relaxed);
        let expires = now() + seconds;
        let used = self.signed(key, expires - skew - 200, expires - skew);
        let trust = format!("client:{}", self.client);
        let entry = Entry {
            key: ReplayKey::new(Purpose::Assertion, &trust, &self.client, &key.to_string()),
            bucket: Bucket::new(0),
        };
        let mut keys = String::new();
        entry.append_to(&mut keys);
        let expires = Timestamp::from_second(expires).unwrap();
        self.store(&"0123456789abcdef".repeat(2), &Value::Null, &keys, expires)
            .await;
        used
    }

    /// The names of the segments.
    pub(in super::super) async fn segments(&self) -> BTreeSet<String> {
        let home = &self.release.installation.namespace;
        let segments: Api<ReplaySegment> = Api::namespaced(self.plane.admin(), home);
        let found = segments.list(&ListParams::default()).await.unwrap().items;
        let names = found.into_iter().filter_map(|segment| segment.metadata.name);
        names.filter(|name| !name.starts_with(ANCHOR_PREFIX)).collect()
    }

    fn anchor(&self) -> String {
        let hash = digest(&SHA256, self.issuer.as_bytes());
        let mut name = ANCHOR_PREFIX.to_owned();
        for byte in &hash.as_ref()[..16] {
            write!(name, "{byte:02x}").unwrap();
        }
        name
    }

    /// Stores an object of the log that was made an hour ago.
    async fn store(&self, name: &str, labels: &Value, keys: &str, expires: Timestamp) {
        let home = &self.release.installation.namespace;
        let made = Timestamp::from_second(now() - HOUR).unwrap();
        let object = json!({
            "apiVersion": "countersign.dev/v1alpha1", "kind": "ReplaySegment",
            "metadata": {
                "name": name, "namespace": home, "labels": labels, "generation": 1,
                "uid": format!("00000000-0000-4000-8000-{}", name.get(name.len() - 12..).unwrap()),
                "creationTimestamp": made.to_string(),
            },
            "spec": { "writer": "0", "formats": ["v1"], "keys": keys, "expires": expires.to_string() },
        });
        let key = format!("/registry/countersign.dev/replaysegments/{home}/{name}");
        self.plane.etcd_put(&key, &object).await;
    }
}
