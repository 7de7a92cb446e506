//! What callers and operators may say of a trace.

use super::collector::{Collector, Protocol};
use crate::support::command::countersign_with;
use crate::support::dev::Dev;
use crate::support::release::Answer;
use crate::support::workloads::{assertion_with, client_object, jwks, key};
use countersign::jose::SigningKey;
use http::HeaderMap;
use serde_json::{Value, json};
use std::ffi::OsStr;

const CLIENT: &str = "payments/billing";
const CANARY: &str = "canary0secret0value";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// A server with one client.
struct Scene {
    dev: Dev,
    key: SigningKey,
}

// === impl Scene ===

impl Scene {
    async fn start(variables: &[(String, String)], args: &[&str]) -> Self {
        let key = key();
        let object = client_object(
            "payments",
            "billing",
            json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
        );
        let files = [("billing.json", object.to_string())];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let dev = Dev::start_env(&files, args, variables).await;
        Self { dev, key }
    }

    async fn ask(&self, assertion: &str, headers: HeaderMap) -> Answer {
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let request = reqwest::Client::new()
            .post(format!("{}/token", self.dev.issuer))
            .headers(headers)
            .form(&[("grant_type", grant), ("assertion", assertion)]);
        Answer::read(request.send().await.unwrap()).await
    }

    /// A granted request with these headers: the trace that the answer names.
    async fn trace(&self, headers: &[(&'static str, &str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let assertion = assertion_with(&self.key, CLIENT, &self.dev.issuer, &json!({}));
        let answer = self.ask(&assertion, map).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let trace = answer.headers.get("x-trace-id")?;
        Some(trace.to_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn without_a_collector_there_is_no_trace() {
    for variables in [
        vec![],
        vec![("OTEL_SERVICE_NAME", "x")],
        vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
            ("OTEL_SDK_DISABLED", "true"),
        ],
        vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ],
    ] {
        let variables: Vec<_> = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let scene = Scene::start(&variables, &["--log-format", "json", "--log-level", "trace"]).await;
        assert_eq!(
            scene.trace(&[("traceparent", SAMPLED)]).await,
            None,
            "{variables:?}"
        );
        assert!(!scene.dev.process.stdout().contains("trace_id"));
    }
}

#[tokio::test]
async fn a_callers_trace_is_continued_if_it_is_one() {
    let collector = Collector::start().await;
    let scene = Scene::start(&collector.variables(Protocol::Http), &[]).await;
    let theirs = Some(TRACE.to_owned());
    assert_eq!(scene.trace(&[("traceparent", SAMPLED)]).await, theirs);
    let served = collector.named(TRACE, "POST /token").await;
    assert_eq!(served.parent, "b7ad6b7169203331");

    let long = format!("a={}", "x".repeat(200));
    let state = |value: &str| {
        [
            ("traceparent", SAMPLED.to_owned()),
            ("tracestate", value.to_owned()),
        ]
    };
    for (value, kept) in [
        ("vendor=1,other=2", true),
        (&format!("{long},b={long},c={long}"), false),
    ] {
        let headers = state(value);
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(scene.trace(&headers).await, theirs);
        if kept {
            collector.span("the state", |span| span.state == value).await;
        }
    }
    assert!(!collector.text().contains("xxxx"), "a state that is too long");

    let mut seen = vec![TRACE.to_owned()];
    for wrong in [
        vec![],
        vec![(
            "traceparent",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        )],
        vec![(
            "traceparent",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        )],
        vec![("traceparent", "00-0af7651916cd43dd8448eb211c80319c-01")],
        vec![(
            "traceparent",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )],
        vec![("traceparent", CANARY)],
        vec![("traceparent", SAMPLED), ("traceparent", SAMPLED)],
        vec![("tracestate", "vendor=1")],
    ] {
        let new = scene.trace(&wrong).await.unwrap();
        assert!(!seen.contains(&new), "{wrong:?}: {new}");
        assert_eq!(new.len(), 32);
        seen.push(new);
    }
}

/// Every span of `wanted` came before one of a request that was made later.
async fn recorded(scene: &Scene, collector: &Collector, flag: &str) -> bool {
    scene.trace(&[("traceparent", flag)]).await.unwrap();
    let last = scene.trace(&[]).await.unwrap();
    collector.named(&last, "POST /token").await;
    collector.spans().iter().any(|span| span.trace == TRACE)
}

#[tokio::test]
async fn whether_a_trace_is_recorded_is_the_operators_choice() {
    for (sampler, if_asked, if_not) in [
        ("", true, true),
        ("always_on", true, true),
        ("parentbased_always_on", true, false),
    ] {
        for (flag, expected) in [(SAMPLED, if_asked), (NOT_SAMPLED, if_not)] {
            let collector = Collector::start().await;
            let mut variables = collector.variables(Protocol::Http);
            variables.push(("OTEL_TRACES_SAMPLER".to_owned(), sampler.to_owned()));
            let scene = Scene::start(&variables, &[]).await;
            assert_eq!(
                recorded(&scene, &collector, flag).await,
                expected,
                "{sampler} {flag}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_that_was_not_verified_is_in_a_span() {
    let collector = Collector::start().await;
    let scene = Scene::start(&collector.variables(Protocol::Grpc), &[]).await;
    let mut headers = HeaderMap::new();
    for name in [
        "user-agent",
        "cookie",
        "x-forwarded-for",
        "baggage",
        "x-request-id",
    ] {
        headers.append(name, format!("a={CANARY}").parse().unwrap());
    }
    for assertion in [
        assertion_with(
            &scene.key,
            CLIENT,
            &scene.dev.issuer,
            &json!({"aud": CANARY, "jti": CANARY}),
        ),
        assertion_with(&key(), CLIENT, &scene.dev.issuer, &json!({"sub": CANARY})),
        assertion_with(&scene.key, CANARY, &scene.dev.issuer, &json!({})),
        CANARY.to_owned(),
    ] {
        let answer = scene.ask(&assertion, headers.clone()).await;
        assert_ne!(answer.status, 200);
    }
    let other = reqwest::Method::from_bytes(CANARY.as_bytes()).unwrap();
    let url = format!("{}/token?{CANARY}={CANARY}", scene.dev.issuer);
    let answer = reqwest::Client::new().request(other, url).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let last = collector
        .span("the last one", |span| span.name == "_OTHER /token")
        .await;
    assert_eq!(last.attribute("countersign.reason"), "http_method");
    assert_eq!(last.attribute("http.response.status_code"), "405");
    assert!(!last.error, "the fault is the caller's");
    collector
        .span("a refusal", |span| {
            span.attribute("countersign.reason") == "assertion_audience"
        })
        .await;
    let text = collector.text();
    assert!(!text.contains(CANARY) && !text.contains("eyJ"), "{text}");
}

#[tokio::test]
async fn logs_name_the_trace() {
    let collector = Collector::start().await;
    let args = ["--log-format", "json", "--log-level", "trace"];
    let scene = Scene::start(&collector.variables(Protocol::Http), &args).await;
    let trace = scene.trace(&[]).await.unwrap();
    let served = collector.named(&trace, "POST /token").await;
    let lines: Vec<Value> = scene
        .dev
        .process
        .stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let decision = lines.iter().find(|line| line["type"] == "audit").unwrap();
    assert_eq!(decision["trace_id"], trace);
    for line in lines.iter().filter(|line| line["type"] != "audit") {
        let names: Vec<&String> = line.as_object().unwrap().keys().collect();
        let known = [
            "timestamp",
            "level",
            "target",
            "message",
            "fields",
            "trace_id",
            "span_id",
        ];
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{line}");
        assert!(
            line["message"].is_string() && line["target"].is_string(),
            "{line}"
        );
    }
    assert_eq!(served.trace, trace);
}

#[tokio::test]
async fn a_wrong_variable_is_named_at_the_start() {
    let wrong: [(&str, &OsStr); 2] = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9".as_ref()),
        ("OTEL_EXPORTER_OTLP_HEADERS", CANARY.as_ref()),
    ];
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = folder.path().to_str().unwrap();
    let ran = countersign_with(["dev", "--dir", dir, "--listen", "127.0.0.1:0"], &wrong).await;
    let expected =
        "error: OTEL_EXPORTER_OTLP_HEADERS: it must be a list of name=value, separated by commas\n";
    assert_eq!(ran.failure(), expected);

    let scene = Scene::start(&[], &[]).await;
    let token = folder.path().join("token");
    let assertion = assertion_with(&scene.key, CLIENT, &scene.dev.issuer, &json!({}));
    std::fs::write(&token, assertion).unwrap();
    let args = [
        "token",
        "--issuer",
        &scene.dev.issuer,
        "--service-account-token",
        token.to_str().unwrap(),
    ];
    let ran = countersign_with(args, &wrong).await;
    assert!(ran.data().starts_with("eyJ"), "{ran:?}");
    assert!(
        ran.stderr.starts_with("no trace: OTEL_EXPORTER_OTLP_HEADERS"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains(CANARY), "{ran:?}");
}
