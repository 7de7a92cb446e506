//! What a line says of each decision.

use super::service::{CLIENT, SOON, Service, lines, whole_lines};
use crate::support::dev::Dev;
use crate::support::endpoint::FORM;
use crate::support::eventually;
use crate::support::release::{Answer, LEDGER};
use crate::support::workloads::{assertion_with, client_object, jwks, key, projected_token};
use aws_lc_rs::digest::{SHA256, digest};
use countersign::jose::SigningKey;
use countersign::replay::{Outcome, ReplayLog, Standing, Use};
use countersign::server::audit::AuditLog;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
const CANARY: &str = "canary0secret0value";

/// A server in a process of its own, whose audit log is a file.
struct Scene {
    dev: Dev,
    key: SigningKey,
    cluster: SigningKey,
    folder: TempDir,
}

// === impl Scene ===

impl Scene {
    async fn start(args: &[&str]) -> Self {
        let (key, cluster) = (key(), key());
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (set, log) = (folder.path().join("jwks.json"), folder.path().join("audit.log"));
        std::fs::write(&set, jwks(&[&cluster]).to_string()).unwrap();
        let identities =
            json!([{ "keys": { "jwks": jwks(&[&key]) } }, { "serviceAccount": { "name": "billing" } }]);
        let object = client_object("payments", "billing", identities).to_string();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (set, log) = (path(&set), path(&log));
        let fixed = [
            "--service-account-issuer",
            CLUSTER,
            "--service-account-jwks",
            &set,
        ];
        let args = [&fixed[..], &["--audit-log", &log], args].concat();
        let dev = Dev::start_with(&[("billing.json", &object)], &args).await;
        Self {
            dev,
            key,
            cluster,
            folder,
        }
    }

    fn assertion(&self, changes: &Value) -> String {
        assertion_with(&self.key, CLIENT, &self.dev.issuer, changes)
    }

    /// Posts a form as what it says it is.
    async fn post(&self, kind: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = reqwest::Client::new().post(format!("{}/token", self.dev.issuer));
        let request = request.header(CONTENT_TYPE, kind).body(body);
        Answer::read(request.send().await.unwrap()).await
    }

    async fn jwt_bearer(&self, assertion: &str) -> Answer {
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        self.post(FORM, &[("grant_type", grant), ("assertion", assertion)])
            .await
    }

    fn written(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap()
    }

    /// The one line about an answer.
    async fn line(&self, answer: &Answer) -> Value {
        let id = answer.headers["x-request-id"].to_str().unwrap();
        eventually(SOON, "a line", async || {
            let written = self.written();
            let mut found = whole_lines(&written);
            found.retain(|line| line["request_id"] == id);
            assert!(found.len() < 2, "{found:?}");
            found.pop()
        })
        .await
    }
}

fn sha256(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[tokio::test]
async fn a_grant_names_who_got_which_token_and_by_what() {
    let scene = Scene::start(&["--log-level", "off"]).await;
    let assertion = scene.assertion(&json!({"jti": "once"}));
    let answer = scene.jwt_bearer(&assertion).await;
    let line = scene.line(&answer).await;
    let token = answer.access_token();
    let expected = json!({
        "type": "audit", "version": 1, "action": "token.issue", "outcome": "granted",
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client": CLIENT, "client_namespace": "payments", "authenticated": true,
        "credential": "private_key_jwt", "assertion_jti": "once", "assertion_audience": "issuer",
        "key_thumbprint": scene.key.kid(), "subject": CLIENT, "audience": LEDGER,
        "scopes": ["read", "write"], "token_sha256": sha256(token),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name}");
    }
    let told = ["event_id", "time", "request_id", "remote", "took_us", "token_jti"];
    let names = expected.as_object().unwrap().len() + told.len();
    assert_eq!(line.as_object().unwrap().len(), names, "{line}");
    assert!(line["time"].as_str().unwrap().parse::<Timestamp>().is_ok());
    assert!(line["remote"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(scene.dev.process.stdout(), "", "logs are off");
}

#[tokio::test]
async fn a_workload_is_named_with_its_pod() {
    let scene = Scene::start(&[]).await;
    let token = projected_token(&scene.cluster, CLUSTER, "payments", "billing", &scene.dev.issuer);
    let line = scene.line(&scene.jwt_bearer(&token).await).await;
    assert_eq!(line["outcome"], "granted");
    assert_eq!(line["credential"], "service_account_token");
    assert_eq!(line["service_account"], "system:serviceaccount:payments:billing");
    assert_eq!(
        (&line["pod"], &line["pod_uid"]),
        (&json!("billing-0"), &json!("9c1e44aa"))
    );
    assert_eq!(line["key_thumbprint"], scene.cluster.kid());
}

#[tokio::test]
async fn with_two_assertions_both_are_named() {
    let scene = Scene::start(&[]).await;
    let (who, what) = (
        scene.assertion(&json!({"jti": "who"})),
        projected_token(&scene.cluster, CLUSTER, "payments", "billing", &scene.dev.issuer),
    );
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let form = [
        ("grant_type", grant),
        ("assertion", &what),
        ("client_assertion_type", kind),
        ("client_assertion", &who),
    ];
    let line = scene.line(&scene.post(FORM, &form).await).await;
    assert_eq!(line["outcome"], "granted");
    assert_eq!(
        (&line["credential"], &line["assertion_jti"]),
        (&json!("private_key_jwt"), &json!("who"))
    );
    assert_eq!(line["key_thumbprint"], scene.key.kid());
    assert_eq!(line["grant_credential"], "service_account_token");
    assert_eq!(line["grant_key_thumbprint"], scene.cluster.kid());
    assert_eq!(line["pod"], "billing-0");
}

#[tokio::test]
async fn a_refusal_has_its_reason_and_nothing_that_was_not_verified() {
    let scene = Scene::start(&[]).await;
    let once = scene.assertion(&json!({}));
    assert_eq!(scene.jwt_bearer(&once).await.status, 200);
    let line = scene.line(&scene.jwt_bearer(&once).await).await;
    assert_eq!(
        (&line["outcome"], &line["reason"]),
        (&json!("denied"), &json!("assertion_replayed"))
    );
    assert_eq!(
        (&line["client"], &line["error"]),
        (&json!(CLIENT), &json!("invalid_grant"))
    );
    assert_eq!(line["detail"], "assertion: it was used before");

    let long = scene.assertion(&json!({"jti": "x".repeat(257)}));
    let line = scene.line(&scene.jwt_bearer(&long).await).await;
    assert_eq!(line["reason"], "assertion_claim_malformed");
    assert!(line.get("assertion_jti").is_none(), "{line}");

    let forged = assertion_with(&key(), CLIENT, &scene.dev.issuer, &json!({"jti": CANARY}));
    let strangers = [
        forged,
        scene.assertion(&json!({"aud": CANARY, "jti": CANARY})),
        assertion_with(&scene.key, CANARY, &scene.dev.issuer, &json!({"sub": CANARY})),
        CANARY.to_owned(),
    ];
    let mut requests = 3;
    for assertion in &strangers {
        let line = scene.line(&scene.jwt_bearer(assertion).await).await;
        assert_eq!(line["outcome"], "denied", "{assertion}");
        assert!(
            line.get("client").is_none() && line.get("subject").is_none(),
            "{line}"
        );
        requests += 1;
    }
    for (kind, form) in [
        (CANARY, [("a", CANARY), ("b", CANARY)]),
        (FORM, [("grant_type", CANARY), (CANARY, CANARY)]),
        (
            FORM,
            [("grant_type", "client_credentials"), ("client_secret", CANARY)],
        ),
    ] {
        let line = scene.line(&scene.post(kind, &form).await).await;
        assert_eq!(line["outcome"], "denied", "{line}");
        assert!(line["reason"].is_string() && line["detail"].is_string(), "{line}");
        requests += 1;
    }
    let written = scene.written();
    assert_eq!(
        lines(&written).len(),
        requests,
        "one line for each request: {written}"
    );
    assert!(!written.contains(CANARY), "{written}");
    assert!(!written.contains("eyJ"), "{written}");
    let events: Vec<u64> = lines(&written).iter().map(number).collect();
    let wanted: Vec<u64> = (0..).take(requests).collect();
    assert_eq!(events, wanted, "the numbers of the events have no gap");
}

/// The part of an event's id that counts.
fn number(line: &Value) -> u64 {
    let id = line["event_id"].as_str().unwrap();
    u64::from_str_radix(id.rsplit('-').next().unwrap(), 16).unwrap()
}

/// A replay log that takes its time.
#[derive(Debug)]
struct Slow;

impl ReplayLog for Slow {
    fn record(&self, _: Vec<Use>, _: Timestamp) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::pending())
    }

    fn standing(&self) -> Standing {
        Standing::Complete(None)
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_line() {
    let kept = Kept::default();
    let writer = kept.clone();
    let service = Service::with(
        |registry| AuditLog::to(writer, false, registry).unwrap(),
        |broker| broker.replay = Arc::new(Slow),
    );
    let mut call = Box::pin(service.post(service.form()));
    assert!(futures::poll!(call.as_mut()).is_pending());
    drop(call);
    assert!(service.audit.flush(SOON).await);
    let written = lines(&String::from_utf8(kept.0.lock().unwrap().clone()).unwrap());
    assert_eq!(written.len(), 1);
    assert_eq!(
        (&written[0]["outcome"], &written[0]["client"]),
        (&json!("abandoned"), &json!(CLIENT))
    );
    assert!(written[0].get("token_jti").is_none());
}
