//! Logs at their most talkative, in which nothing secret may be (F9).

use super::desk::{ASSERTION_TYPE, CLIENT, Desk, FORM, JWT_BEARER};
use crate::support::release::Release;
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, eventually};
use countersign::api::v1alpha1::OAuthClient;
use k8s_openapi::api::core::v1::{Event, Secret};
use kube::api::{Api, ListParams};
use serde_json::json;
use std::time::Duration;

const CANARY: &str = "canary0secret0value";

/// Every piece of `text` that looks like a JWT: segments of base64url with dots between them, the first of which
/// is a JSON object.
fn tokens(text: &str) -> Vec<&str> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(|c| !known(c))
        .filter(|word| word.split('.').any(|segment| segment.starts_with("eyJ")))
        .collect()
}

#[test]
fn f9_the_search_finds_tokens() {
    let token = assertion(&key(), CLIENT, "https://tokens.example");
    let line = format!("body=\"assertion={token}&x=y\"");
    assert_eq!(tokens(&line), [token.as_str()]);
    assert_eq!(tokens("key eyJ.x keyJourney"), ["eyJ.x"]);
}

/// S-6749-62
#[tokio::test]
async fn f9_no_token_and_no_secret_is_logged_at_any_level() {
    let desk = Desk::start_with(&["--log-level", "trace"]).await;
    let mut sent = Vec::new();
    for (assertion, outcome) in [
        (desk.assertion(), 200),
        (desk.pod_token(), 200),
        (desk.assertion_with(&json!({"aud": CANARY})), 400),
        (desk.assertion_with(&json!({"sub": CANARY})), 400),
        (desk.assertion_with(&json!({"scope": CANARY})), 400),
        (desk.assertion_with(&json!({"exp": 1, "iat": 0})), 400),
        (assertion(&key(), "payments/nobody", &desk.dev.issuer), 400),
        (assertion(&key(), CANARY, &desk.dev.issuer), 400),
        (format!("{}{CANARY}", desk.assertion()), 400),
        (CANARY.to_owned(), 400),
        (format!("{CANARY}.{CANARY}.{CANARY}"), 400),
    ] {
        let grant = desk
            .token(&[("grant_type", JWT_BEARER), ("assertion", &assertion)])
            .await;
        assert_eq!(grant.status, outcome, "{assertion}");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
        ];
        let again = desk.token(&form).await;
        sent.extend([grant, again].map(|answer| answer.body));
        sent.push(assertion);
    }
    let form = desk.form();
    for (start, headers, body) in [
        (
            "POST /token".to_owned(),
            vec![FORM, "Authorization: Basic Y2FuYXJ5MHNlY3JldDB2YWx1ZTp4"],
            form.clone(),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM, "Authorization: Bearer canary0secret0value"],
            form.clone(),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM, "Cookie: canary0secret0value", "DPoP: canary0secret0value"],
            form.clone(),
        ),
        (format!("POST /token?{form}"), vec![FORM], form.clone()),
        (
            format!("POST /token?client_secret={CANARY}"),
            vec![FORM],
            form.clone(),
        ),
        (
            format!("GET /token?assertion={}", desk.assertion()),
            vec![],
            String::new(),
        ),
        (
            format!("GET /{CANARY}?x={}", desk.assertion()),
            vec![],
            String::new(),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("{form}&client_secret={CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("{form}&scope={CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("{form}&resource=https://{CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("{form}&client_id={CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("{form}&{CANARY}={CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("grant_type={CANARY}&assertion={CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec![FORM],
            format!("grant_type=%zz{CANARY}"),
        ),
        (
            "POST /token".to_owned(),
            vec!["Content-Type: application/json"],
            format!("{{\"assertion\":\"{CANARY}\"}}"),
        ),
        (
            "POST /token".to_owned(),
            vec!["Content-Type: canary0secret0value"],
            form.clone(),
        ),
    ] {
        let answer = desk.send(&start, &headers, body.as_bytes()).await;
        assert!(
            !answer.body.contains(CANARY) && tokens(&answer.body).len() < 2,
            "{start}: {answer:?}"
        );
        sent.extend([answer.body, start, body]);
    }
    // One line for each request; the audit log is written beside the answers.
    let written = eventually(Duration::from_secs(10), "a line for each request", async || {
        let written = desk.dev.process.stdout() + &desk.dev.process.stderr();
        let decisions = written.matches("audit: ").count();
        if decisions >= 2 * 11 + 15 {
            Ok(written)
        } else {
            Err(written)
        }
    })
    .await;
    let (lines, bytes) = (written.lines().count(), written.len());
    eprintln!(
        "log at trace: {lines} lines, {bytes} bytes, after {} strings were sent or answered",
        sent.len()
    );
    assert_eq!(tokens(&written), Vec::<&str>::new());
    for canary in [CANARY, "Y2FuYXJ5", "Y2FuYXJ5MHNlY3JldDB2YWx1ZTp4"] {
        let line = written.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}

/// Everything in `namespace`'s Secrets that is long enough to be recognised, as it stands there.
async fn secrets(plane: &ControlPlane, namespace: &str) -> Vec<String> {
    let api: Api<Secret> = Api::namespaced(plane.admin(), namespace);
    let mut found = Vec::new();
    for secret in api.list(&ListParams::default()).await.unwrap() {
        for value in secret.data.unwrap_or_default().into_values() {
            let text = String::from_utf8_lossy(&value.0).into_owned();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=_-".contains(c));
            found.extend(words.filter(|word| word.len() > 60).map(str::to_owned));
        }
    }
    found
}

#[tokio::test]
async fn f9_the_processes_in_a_cluster_log_no_secret_at_any_level() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "trace").await;
    let (namespace, key) = (release.namespace(), key());
    plane.apply(&release.opt_in()).await;
    let private = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        CANARY.repeat(6)
    );
    plane
        .apply(&json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "namespace": namespace, "name": "keys", "labels": { "countersign.dev/keys": "true" } },
            "stringData": { "k": private },
        }))
        .await;
    let identities = json!([
        { "keys": { "jwks": jwks(&[&key]) } },
        { "keys": { "secretRef": { "name": "keys", "key": "k" } } },
        { "serviceAccount": { "name": "worker" } },
    ]);
    plane
        .apply(&client_object(namespace, "billing", identities))
        .await;
    plane.create_service_account(namespace, "worker").await;
    let flags = ["--log-level", "trace"];
    let controller = release.controller_with(plane, &flags).await;
    let server = release.start_server_with(plane, &flags).await;
    let patience = Duration::from_secs(30);
    server.ready(patience).await;

    let client = format!("{namespace}/billing");
    let used = eventually(patience, "a token", async || {
        let assertion = assertion(&key, &client, &server.issuer);
        let answer = server.client_credentials(&assertion).await;
        if answer.status == 200 {
            Ok(assertion)
        } else {
            Err(format!("{answer:?}"))
        }
    })
    .await;
    assert_eq!(server.jwt_bearer(&used).await.refusal(), (400, "invalid_grant"));
    let hour = Duration::from_hours(1);
    let unbound = plane
        .token_request(namespace, "worker", &[&server.issuer], hour, None)
        .await;
    assert_eq!(
        server.jwt_bearer(&unbound).await.refusal(),
        (400, "invalid_grant")
    );
    assert_eq!(
        server.client_credentials(CANARY).await.refusal(),
        (400, "invalid_client")
    );
    let objects: Api<OAuthClient> = Api::namespaced(plane.admin(), namespace);
    let status = eventually(patience, "the refused key", async || {
        let status = serde_json::to_string(&objects.get("billing").await.unwrap().status).unwrap();
        if status.contains("it is a private key") {
            Ok(status)
        } else {
            Err(status)
        }
    })
    .await;

    let mut secret = secrets(plane, &release.installation.namespace).await;
    assert!(secret.len() > 1, "the signing keys: {}", secret.len());
    secret.push(CANARY.to_owned());
    let events: Api<Event> = Api::namespaced(plane.admin(), namespace);
    let events = serde_json::to_string(&events.list(&ListParams::default()).await.unwrap().items).unwrap();
    let metrics = reqwest::get(format!("{}/metrics", server.health))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let places = [
        ("the server", server.process.stdout() + &server.process.stderr()),
        ("the controller", controller.stdout() + &controller.stderr()),
        ("the Events", events),
        ("the metrics", metrics),
        ("the status", status),
    ];
    for (place, written) in &places {
        eprintln!("{place}: {} bytes", written.len());
        assert_eq!(tokens(written), Vec::<&str>::new(), "{place}");
        for secret in &secret {
            let line = written.lines().find(|line| line.contains(secret.as_str()));
            assert!(
                line.is_none(),
                "{place} shows a secret of {} characters",
                secret.len()
            );
        }
    }
    let traced = places
        .iter()
        .take(2)
        .filter(|(_, written)| written.contains("\"level\":\"TRACE\""))
        .count();
    assert_eq!(traced, 2, "the level counts");
}
