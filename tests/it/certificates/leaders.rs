//! Several leaders, and Secrets that somebody else touched.

use super::rotation::{DAY, Told, handshake, lead, serve};
use super::world::{CA, SOON, TLS, entry, secrets};
use crate::support::home::Home;
use crate::support::{ControlPlane, eventually};
use countersign::certificates::secret::{SecretFault, decode};
use countersign::controller::certificates::{Bundle, CertificateEvent};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, PostParams};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::watch;

async fn secret(home: &Home, name: &str) -> Option<Secret> {
    secrets(ControlPlane::shared(), &home.namespace)
        .get_opt(name)
        .await
        .unwrap()
}

async fn made(home: &Home, name: &str) -> Secret {
    eventually(SOON, name, async || secret(home, name).await).await
}

/// The authorities' names.
async fn authorities(home: &Home) -> Vec<String> {
    let text = entry(&made(home, CA).await, "ca.json");
    let ring = decode(text.as_bytes()).unwrap();
    ring.entries()
        .iter()
        .map(|authority| authority.subject().to_owned())
        .collect()
}

async fn told(published: &mut watch::Receiver<Bundle>) -> Arc<str> {
    eventually(SOON, "a bundle", async || published.borrow_and_update().clone()).await
}

async fn delete(home: &Home, name: &str) {
    let api = secrets(ControlPlane::shared(), &home.namespace);
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

const fn is_serving(event: &CertificateEvent) -> bool {
    matches!(event, CertificateEvent::ServingWritten(_))
}

#[tokio::test]
async fn several_leaders_make_one_authority() {
    let home = Home::new("tls-leaders").await;
    let happened = Told::default();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(lead(&home, &happened).await);
    }
    let mut bundles = Vec::new();
    for (_, published) in &mut all {
        bundles.push(told(published).await);
    }
    bundles.dedup();
    assert_eq!(bundles.len(), 1);
    let server = serve(&home).await;
    eventually(SOON, "TLS", async || handshake(&home, &server, &bundles[0]).await).await;
    home.clock.advance(20 * DAY);
    happened.hears(2, "a renewal", is_serving).await;
    home.clock.advance(255 * DAY);
    happened
        .hears(2, "a successor", |event| {
            *event == CertificateEvent::AuthorityWritten
        })
        .await;
    eventually(SOON, "one successor", async || {
        (authorities(&home).await.len() == 2).then_some(())
    })
    .await;
    assert_eq!(
        happened.count(|event| *event == CertificateEvent::AuthorityWritten),
        2
    );
    assert_eq!(happened.count(|event| *event == CertificateEvent::Failed), 0);
}

#[tokio::test]
async fn deleted_secrets_come_back_with_the_same_authority() {
    let home = Home::new("tls-restore").await;
    let happened = Told::default();
    let (_stop, mut published) = lead(&home, &happened).await;
    let bundle = told(&mut published).await;
    let before = authorities(&home).await;
    happened.hears(1, "the first certificate", is_serving).await;

    delete(&home, CA).await;
    happened
        .hears(1, "the restoration", |event| {
            *event == CertificateEvent::AuthorityRestored
        })
        .await;
    assert_eq!(authorities(&home).await, before);
    delete(&home, TLS).await;
    happened.hears(2, "another certificate", is_serving).await;
    let server = serve(&home).await;
    eventually(SOON, "TLS", async || handshake(&home, &server, &bundle).await).await;
    assert_eq!(told(&mut published).await, bundle);
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_left_alone_and_goes_on_signing() {
    let home = Home::new("tls-corrupt").await;
    let happened = Told::default();
    let (_stop, mut published) = lead(&home, &happened).await;
    let bundle = told(&mut published).await;
    happened.hears(1, "the first certificate", is_serving).await;
    let api = secrets(ControlPlane::shared(), &home.namespace);
    let mut broken = made(&home, CA).await;
    let good = broken.data.clone();
    broken.data = Some([("ca.json".to_owned(), ByteString(b"{}".to_vec()))].into());
    let broken = api.replace(CA, &PostParams::default(), &broken).await.unwrap();
    let unreadable = |event: &CertificateEvent| {
        matches!(event, CertificateEvent::Unreadable(SecretFault::Malformed { .. }))
    };
    happened.hears(1, "a report", unreadable).await;

    // Another leader comes that has never seen a good one; a certificate is due.
    let newcomer = Told::default();
    let (_other, no_bundle) = lead(&home, &newcomer).await;
    newcomer.hears(1, "the newcomer's report", unreadable).await;
    home.clock.advance(20 * DAY);
    happened.hears(2, "a renewal from memory", is_serving).await;
    let server = serve(&home).await;
    eventually(SOON, "TLS", async || handshake(&home, &server, &bundle).await).await;
    assert!(no_bundle.borrow().is_none());
    let left = made(&home, CA).await;
    assert_eq!(left.metadata.resource_version, broken.metadata.resource_version);

    let mut mended = left;
    mended.data = good;
    api.replace(CA, &PostParams::default(), &mended).await.unwrap();
    let mut no_bundle = no_bundle;
    assert_eq!(told(&mut no_bundle).await, bundle);
}

#[tokio::test]
async fn a_serving_certificate_that_is_not_ours_is_left_alone() {
    let home = Home::new("tls-foreign").await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": home.namespace, "name": TLS},
        "stringData": {"tls.crt": "theirs", "tls.key": "theirs"},
    });
    ControlPlane::shared().apply(&theirs).await;
    let happened = Told::default();
    let (_stop, mut published) = lead(&home, &happened).await;
    happened
        .hears(1, "a report", |event| *event == CertificateEvent::Foreign)
        .await;
    told(&mut published).await;
    assert_eq!(entry(&made(&home, TLS).await, "tls.crt"), "theirs");
    delete(&home, TLS).await;
    happened.hears(1, "a certificate of ours", is_serving).await;

    // Ours, but broken: there is nothing in it to lose.
    let api = secrets(ControlPlane::shared(), &home.namespace);
    let mut broken = made(&home, TLS).await;
    broken
        .data
        .get_or_insert_default()
        .insert("tls.key".to_owned(), ByteString(b"x".to_vec()));
    eventually(SOON, "the change", async || {
        let mut broken = broken.clone();
        broken.metadata.resource_version = None;
        api.replace(TLS, &PostParams::default(), &broken).await
    })
    .await;
    happened.hears(2, "another certificate of ours", is_serving).await;
    assert_ne!(entry(&made(&home, TLS).await, "tls.key"), "x");
}
