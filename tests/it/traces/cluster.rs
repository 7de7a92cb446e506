//! The real server on a real control plane, and the real client.

use super::collector::{Collector, Protocol, SOON, Span};
use crate::support::command::countersign_with;
use crate::support::release::{LEDGER, Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, Process, eventually};
use countersign::jose::SigningKey;
use futures::future::join_all;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(30);

/// An installation whose server and clients send their spans to one collector.
struct Scene {
    collector: Collector,
    release: Release,
    server: Server,
    client: String,
    key: SigningKey,
    pem: PathBuf,
    _controller: Process,
    _folder: TempDir,
}

// === impl Scene ===

impl Scene {
    async fn start(protocol: Protocol, flags: &[&str]) -> Self {
        let (plane, collector) = (ControlPlane::shared(), Collector::start().await);
        let release = Release::install(plane, "traces").await;
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (client, pem) = (
            format!("{}/billing", release.namespace()),
            folder.path().join("k.pem"),
        );
        let made = countersign_with(["keygen".as_ref(), "--out".as_ref(), pem.as_os_str()], &[]).await;
        let key = key();
        let mut keys = jwks(&[&key]);
        let of_the_file: Value = serde_json::from_str(made.data()).unwrap();
        let more = of_the_file["keys"].as_array().unwrap().clone();
        keys["keys"].as_array_mut().unwrap().extend(more);
        let object = client_object(
            release.namespace(),
            "billing",
            json!([{ "keys": { "jwks": keys } }]),
        );
        plane.apply(&object).await;
        let controller = release.controller(plane).await;
        let variables = collector.variables(protocol);
        let server = release.start_server_env(plane, flags, &variables).await;
        server.ready(SOON).await;
        let scene = Self {
            collector,
            release,
            server,
            client,
            key,
            pem,
            _controller: controller,
            _folder: folder,
        };
        eventually(SOON, "a token", async || {
            let answer = scene.server.jwt_bearer(&scene.assertion()).await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        })
        .await;
        scene
    }

    fn assertion(&self) -> String {
        assertion(&self.key, &self.client, &self.server.issuer)
    }
}

async fn one_exchange_is_one_trace(protocol: Protocol) {
    let scene = Scene::start(protocol, &[]).await;
    let (collector, server) = (&scene.collector, &scene.server);
    let args: [&OsStr; 11] = [
        "token".as_ref(),
        "--issuer".as_ref(),
        server.issuer.as_ref(),
        "--key".as_ref(),
        scene.pem.as_ref(),
        "--client".as_ref(),
        scene.client.as_ref(),
        "--resource".as_ref(),
        LEDGER.as_ref(),
        "--ca".as_ref(),
        server.ca.as_ref(),
    ];
    let variables = collector.variables(protocol);
    let variables: Vec<(&str, &OsStr)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref()))
        .collect();
    // A new log decides on nothing that was signed before it began, or in the skew after it.
    let token = eventually(SKEW + SOON, "a token for the client", async || {
        let ran = countersign_with(args, &variables).await;
        if ran.code == 0 {
            return Ok(ran.stdout);
        }
        // Not the whole time a process after the other.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Err(ran.stderr)
    })
    .await;

    let granted = |span: &Span| span.name == "countersign token" && !span.error;
    let root = collector.span("the client's span", granted).await;
    assert_eq!((root.service.as_str(), root.parent.as_str()), ("countersign", ""));
    let request = collector.named(&root.trace, "POST").await;
    assert_eq!((&request.parent, request.kind), (&root.id, 3));
    let answered = collector.named(&root.trace, "POST /token").await;
    assert_eq!((&answered.parent, answered.kind), (&request.id, 2));
    assert_eq!(answered.service, "countersign-server");
    assert_eq!(answered.attribute("http.response.status_code"), "200");
    assert_eq!(answered.attribute("countersign.client"), scene.client);
    for step in ["authenticate", "authorize", "record", "sign"] {
        let span = collector.named(&root.trace, step).await;
        assert_eq!(span.parent, answered.id, "{step}");
    }
    let record = collector.named(&root.trace, "record").await;
    let append = collector.named(&root.trace, "append").await;
    assert_eq!((&append.parent, append.kind), (&record.id, 3));
    assert_eq!(append.attribute("countersign.answer"), "stored");
    assert_eq!(append.attribute("countersign.uses"), "1");

    let decisions = server.process.stdout();
    let line = decisions
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["trace_id"] == root.trace)
        .unwrap_or_else(|| panic!("no decision of {}: {decisions}", root.trace));
    assert_eq!(
        (&line["type"], &line["outcome"]),
        (&json!("audit"), &json!("granted"))
    );
    assert_eq!(line["request_id"], answered.attribute("countersign.request_id"));

    assert_eq!(
        collector.headers()["authorization"],
        json!(["Bearer of-the-collector"])
    );
    let text = collector.text();
    assert!(!text.contains("eyJ"), "a token is in a span");
    assert!(
        !text.contains(token.trim().rsplit('.').next().unwrap()),
        "a signature is in a span"
    );
    assert!(
        !text.contains("of-the-collector\"}"),
        "the collector's credential is in a span"
    );
    assert_eq!(scene.release.namespace(), scene.client.split('/').next().unwrap());
}

#[tokio::test]
async fn one_exchange_is_one_trace_over_grpc() {
    one_exchange_is_one_trace(Protocol::Grpc).await;
}

#[tokio::test]
async fn one_exchange_is_one_trace_over_http() {
    one_exchange_is_one_trace(Protocol::Http).await;
}

/// Requests that arrive while an append is on its way wait for the next one together.
#[tokio::test]
async fn requests_that_share_an_append_are_linked_with_it() {
    let scene = Scene::start(Protocol::Grpc, &["--append-rate", "10"]).await;
    for answer in join_all((0..40).map(|_| async { scene.server.jwt_bearer(&scene.assertion()).await })).await
    {
        answer.access_token();
    }
    let append = scene
        .collector
        .span("an append of several", |span| {
            span.name == "append" && !span.links.is_empty()
        })
        .await;
    let first = scene
        .collector
        .span("its first request", |span| span.id == append.parent)
        .await;
    assert_eq!((first.name.as_str(), &first.trace), ("record", &append.trace));
    for link in &append.links {
        let other = scene
            .collector
            .span("another request of it", |span| span.id == *link)
            .await;
        assert_eq!(other.name, "record");
        assert_ne!(other.trace, append.trace);
        assert!(other.links.contains(&append.id), "{other:?}");
    }
    let uses = append.attribute("countersign.uses");
    assert_eq!(uses, (append.links.len() + 1).to_string(), "{append:?}");
}
