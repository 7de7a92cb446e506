//! What a refused request uses up, at the real server: nothing (C8).

use super::desk::{ASSERTION_TYPE, CLIENT, Desk, FORM, JWT_BEARER};
use crate::support::workloads::{assertion, client_object, jwks, key};
use countersign::core::issuer::Issuer;
use countersign::dev::{folder, serve};
use countersign::grants::Reason;
use countersign::keys::SigningKeyStore;
use countersign::server::audit::Record;
use serde_json::json;
use std::sync::Arc;

/// D-11
#[tokio::test]
async fn c8_an_assertion_is_used_up_by_the_request_that_passes_everything_else() {
    let desk = Desk::start().await;
    for (more, code) in [
        ("&scope=admin", "invalid_scope"),
        ("&scope=read++write", "invalid_scope"),
        ("&resource=https://other.internal", "invalid_target"),
        (
            "&resource=https://ledger.internal&resource=https://ledger.internal",
            "invalid_target",
        ),
        ("&client_id=shop/cart", "invalid_client"),
        ("&client_secret=x", "invalid_client"),
        ("&grant_type=client_credentials", "invalid_request"),
        ("&assertion=a.b.c", "invalid_request"),
        ("&scope=%zz", "invalid_request"),
    ] {
        let good = format!(
            "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={}",
            desk.assertion()
        );
        let bad = format!("{good}{more}");
        assert_eq!(desk.post(&bad).await.refusal(), (400, code.to_owned()), "{more}");
        for headers in [
            &[][..],
            &[FORM, "Content-Encoding: gzip"],
            &[FORM, "Authorization: Basic eDp5"],
        ] {
            assert_ne!(
                desk.send("POST /token", headers, good.as_bytes()).await.status,
                200
            );
        }
        desk.post(&good).await.assert_granted(&desk.dev.issuer, more);
        assert_eq!(
            desk.post(&good).await.refusal(),
            (400, "invalid_client".to_owned()),
            "the second use"
        );
    }
}

/// A server that cannot sign now says so before it takes note of the assertion.
/// D-10
#[tokio::test]
async fn c8_a_server_without_a_signing_key_uses_nothing_up() {
    let (issuer, key) = ("https://tokens.example", key());
    let (embedded, mut broker) = serve::assemble(Issuer::parse(issuer).unwrap()).unwrap();
    let files = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let object = client_object(
        "payments",
        "billing",
        json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
    );
    std::fs::write(files.path().join("billing.json"), object.to_string()).unwrap();
    serve::take_over(&embedded, &folder::fingerprint(files.path()).unwrap());

    let form = format!(
        "grant_type={JWT_BEARER}&assertion={}",
        assertion(&key, CLIENT, issuer)
    );
    let able = std::mem::replace(&mut broker.keys, Arc::new(SigningKeyStore::new()));
    let refusal = broker
        .exchange(form.as_bytes(), false, &mut Record::default())
        .await
        .unwrap_err();
    assert_eq!(refusal.reason, Reason::NoSigningKey);
    broker.keys = able;
    broker
        .exchange(form.as_bytes(), false, &mut Record::default())
        .await
        .unwrap();
    let replayed = broker
        .exchange(form.as_bytes(), false, &mut Record::default())
        .await;
    assert_eq!(replayed.unwrap_err().error.as_str(), "invalid_grant");
}
