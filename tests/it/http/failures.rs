//! Failures that are not the caller's: what it is told, and that the server goes on.

use super::site::{Site, short};
use crate::support::release::Answer;
use countersign::keys::SigningKeyStore;
use countersign::replay::Capacity;
use countersign::replay::memory::MemoryLog;
use countersign::replay::{Outcome, ReplayLog, Standing, Use};
use futures::future::BoxFuture;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use std::sync::Arc;

async fn ask(site: &Site) -> Answer {
    let request = site
        .http()
        .build()
        .unwrap()
        .post(format!("{}/token", site.issuer))
        .header("content-type", "application/x-www-form-urlencoded");
    Answer::read(request.body(site.form()).send().await.unwrap()).await
}

fn log(keys: usize, keys_per_client: usize) -> Arc<dyn ReplayLog> {
    let capacity = Capacity {
        keys,
        keys_per_client,
    };
    Arc::new(MemoryLog::new(None, capacity))
}

/// S-6749-65: more than a client's share.
#[tokio::test]
async fn a_client_that_uses_up_its_share_is_told_to_slow_down() {
    let site = Site::start_with(short(), |broker| broker.replay = log(10, 1)).await;
    ask(&site).await.access_token();
    let answer = ask(&site).await;
    assert_eq!(answer.refusal(), (429, "slow_down"));
    assert_eq!(answer.headers[RETRY_AFTER], "5");
}

/// S-6749-64, D-10: what is needed for an answer is not there.
#[tokio::test]
async fn what_cannot_be_decided_now_is_a_503_that_says_when_to_come_back() {
    let full = Site::start_with(short(), |broker| broker.replay = log(0, 1)).await;
    let keyless = Site::start_with(short(), |broker| {
        broker.keys = Arc::new(SigningKeyStore::new());
    })
    .await;
    for site in [full, keyless] {
        let answer = ask(&site).await;
        assert_eq!(answer.refusal(), (503, "temporarily_unavailable"));
        assert_eq!(answer.headers[RETRY_AFTER], "1");
    }
}

/// S-6749-65: a bug of ours shows nothing of itself, and stops nothing else.
#[tokio::test]
async fn a_panic_is_a_500_without_detail() {
    let site = Site::start_with(short(), |broker| broker.replay = Arc::new(Panicking)).await;
    for _ in 0..2 {
        let answer = ask(&site).await;
        assert_eq!(answer.refusal(), (500, "server_error"));
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(!answer.body.to_string().contains("canary"), "{answer:?}");
    }
    let jwks = format!("{}/jwks", site.issuer);
    let answer = site.http().build().unwrap().get(jwks).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A bug.
#[derive(Debug)]
struct Panicking;

impl ReplayLog for Panicking {
    fn record(&self, _: Vec<Use>, _: Timestamp) -> BoxFuture<'_, Outcome> {
        panic!("canary")
    }

    fn standing(&self) -> Standing {
        Standing::Complete(None)
    }
}
