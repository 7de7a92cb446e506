//! What changes while tokens are asked for all the time: replicas, versions, keys.

use crate::support::command::kubectl_json;
use crate::support::release::{HOME, Release};
use crate::support::workload::sampled;
use crate::support::{Space, leaks};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::{Algorithm, SigningKey};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const API: &str = "https://ledger.under-load.svc";
/// How often every server is replaced.
const RESTARTS: u32 = 20;
/// From the publication of a key until it signs: verifiers may keep what they have read for five minutes.
const LEAD: SignedDuration = SignedDuration::from_secs(330);
/// After it: more than a server needs to notice.
const AFTER: Duration = Duration::from_secs(20);

#[tokio::test]
async fn no_request_fails_in_rolling_upgrades_and_no_token_in_a_rotation_of_keys() {
    let three = ["--set", "server.replicaCount=3", "--set", "global.logLevel=trace"];
    let release = Release::install(&three).await;
    let space = Space::new("under-load").await;
    space.client("worker", API);
    space.serve("ledger", 1, 8080, &Space::ledger(API));
    let run = ["-for", "1h", "-connections", "4"];
    let of = |program, more: &[&str]| Space::workload("worker", program, API, &[&run[..], more].concat());

    spread(&release, &space).await;
    // The ledger has read the keys before there is a new one, and may keep them.
    let calls = ["-rate", "10", "-ledger", "http://ledger.under-load.svc:8080/"];
    let calling = space.load("caller", &of("caller", &calls));
    let keeping = space.load("keeping", &of("load", &["-rate", "40"]));
    let fresh = space.load("fresh", &of("load", &["-rate", "20", "-fresh"]));

    let (kid, handover) = publish_another_key();
    let began = Instant::now();
    for number in 1..=RESTARTS {
        let restart = format!("server.podAnnotations.restart=n{number}");
        release.upgrade(&["--set", &restart]).await;
    }
    eprintln!("{RESTARTS} rolling upgrades in {:.0?}", began.elapsed());
    let left = Duration::try_from(handover.duration_since(SystemClock.now())).unwrap_or_default();
    tokio::time::sleep(left + AFTER).await;
    assert!(signs(&release, &kid).await, "the new key does not sign");

    for load in [calling, keeping, fresh] {
        let report = load.end();
        eprintln!("{report}");
        assert!(report.without_failures() > 1000, "{report}");
    }
    leaks::assert_none(&[&release.space, &space], &[]);
}

/// Every replica has its share of the requests that come by new connections.
async fn spread(release: &Release, space: &Space) {
    let many = ["-rate", "60", "-for", "5s", "-fresh"];
    space
        .run("many", &Space::workload("worker", "load", API, &many))
        .await;
    let mut counts = Vec::new();
    for pod in release.pods("server") {
        counts.push(sampled(&pod, "countersign_token_requests_total").await);
    }
    let all: f64 = counts.iter().sum();
    eprintln!("requests of each replica: {counts:?}");
    assert!(
        counts.len() == 3 && counts.iter().all(|count| *count > all / 10.0),
        "{counts:?}"
    );
}

/// Does what the controller does when a key's time is up, but with the shortest lead that verifiers need. Returns
/// the new key's id, and when it begins to sign.
fn publish_another_key() -> (String, Timestamp) {
    let (now, key) = (SystemClock.now(), SigningKey::generate(Algorithm::Es256).unwrap());
    let handover = now + LEAD;
    let expires = handover + SignedDuration::from_mins(66);
    let secret = kubectl_json(&["--namespace", HOME, "get", "secret/countersign-signing-keys"]);
    let (entry, text) = secret["data"].as_object().unwrap().iter().next().unwrap();
    let mut ring: Value = serde_json::from_slice(&STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap();
    let keys = ring["keys"].as_array_mut().unwrap();
    let before = keys.iter_mut().find(|key| key["alg"] == "ES256").unwrap();
    before["retireAt"] = json!(handover);
    before["expires"] = json!(expires);
    keys.push(json!({
        "kid": key.kid(), "alg": "ES256", "created": now, "activeFrom": handover,
        "pkcs8": STANDARD.encode(key.to_pkcs8().unwrap()),
    }));
    let mut changed = secret.clone();
    changed["data"][entry] = json!(STANDARD.encode(ring.to_string()));
    crate::support::command::replace(&changed.to_string());
    (key.kid().to_owned(), handover)
}

/// Whether a key signs, as a server says.
async fn signs(release: &Release, kid: &str) -> bool {
    let active = format!("countersign_signing_key_info{{alg=\"ES256\",kid=\"{kid}\",state=\"active\"}}");
    let pods = release.pods("server");
    sampled(&pods[0], &active).await > 0.5
}
