//! Keys at URLs.

use std::time::Duration;

use countersign::api::v1alpha1::ConditionType;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use jiff::SignedDuration;
use serde_json::json;

use super::jwks_host::JwksHost;
use super::world::{SOON, World, condition, jwks};
use crate::support::eventually;

/// S-7517-05
#[tokio::test]
async fn a_url_is_followed_and_outlived_for_an_hour_at_most() {
    let mut world = World::new("urls").await;
    let host = JwksHost::start(&jwks(&["a"])).await;
    world.ca = Some(host.ca.clone());
    let running = world.start().await;
    world.client("c", &[json!({"keys": {"jwksURI": host.url}})]).await;
    let key = |kid: &str| [format!("{} {kid}", host.url)];
    world.expect("c", "True Synced", &key("a")).await;

    host.answer(200, &jwks(&["b"]));
    world.expect("c", "True Synced", &key("b")).await;

    host.answer(500, "canary");
    let failing = world.expect("c", "False FetchFailed", &key("b until")).await;
    let end = failing.status.as_ref().unwrap().keys[0]
        .not_after
        .clone()
        .unwrap()
        .0;
    let left = end.duration_since(SystemClock.now());
    assert!(
        left > SignedDuration::from_mins(58) && left <= SignedDuration::from_hours(1),
        "{left}"
    );
    assert_eq!(condition(&failing, ConditionType::Ready).0, "True FetchFailed");
    assert!(!format!("{failing:?}").contains("canary"));

    // A controller that starts anew neither drops the key nor gives it a longer life.
    running.stop().await;
    let before = host.requests();
    let running = world.start().await;
    eventually(SOON, "three fetches of the new controller", async || {
        (host.requests() >= before + 3).then_some(())
    })
    .await;
    let kept = world.expect("c", "False FetchFailed", &key("b until")).await;
    assert_eq!(kept.status.unwrap().keys[0].not_after.clone().unwrap().0, end);

    host.answer(200, &jwks(&["c"]));
    world.expect("c", "True Synced", &key("c")).await;
    host.answer(200, r#"{"keys":[]}"#);
    world.expect("c", "False NoKeys", &[]).await;
    running.stop().await;
}

/// S-8725-32
#[tokio::test]
async fn a_url_that_may_not_be_called_is_not_called() {
    let mut world = World::new("urls").await;
    let host = JwksHost::start(&jwks(&["a"])).await;
    world.ca = Some(host.ca.clone());
    let _running = world.start().await;
    let url = host.url.replace("127.0.0.1", "127.0.0.2");
    world.client("c", &[json!({"keys": {"jwksURI": url}})]).await;
    let client = world.expect("c", "False FetchFailed", &[]).await;
    let message = condition(&client, ConditionType::KeysSynced).1;
    assert!(
        message.contains("special-use addresses need an administrator"),
        "{message}"
    );
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn one_fetch_serves_all_clients_of_a_url_and_a_slow_host_holds_nobody_up() {
    let mut world = World::new("urls").await;
    let host = JwksHost::start(&jwks(&["a"])).await;
    // Connections to it are taken by nobody, so that each fetch lasts until its time is over.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    world.ca = Some(host.ca.clone());
    let slow = json!({"keys": {"jwksURI": format!("https://127.0.0.1:{port}/")}});
    world.client("slow", &[slow]).await;
    let _running = world.start().await;
    let map = json!({"jwks.json": jwks(&["m"])});
    world.config_map("keys", &map).await;
    world
        .client("quick", &[super::world::config_map_ref("keys", "jwks.json")])
        .await;
    let began = tokio::time::Instant::now();
    world
        .expect("quick", "True Synced", &["ConfigMap/keys/jwks.json m".to_owned()])
        .await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    world.expect("slow", "False FetchFailed", &[]).await;
}
