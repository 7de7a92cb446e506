//! A collector that is away, or takes everything and answers nothing.

use crate::support::command::countersign_with;
use crate::support::dev::Dev;
use crate::support::release::Answer;
use crate::support::workloads::{assertion, client_object, jwks, key};
use serde_json::json;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const CLIENT: &str = "payments/billing";
/// What a process may take to end, whatever the collector does.
const END: Duration = Duration::from_secs(12);

async fn costs_nothing(endpoint: &str, protocol: &str) {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32"),
    ];
    let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let key = key();
    let object = client_object(
        "payments",
        "billing",
        json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
    );
    let mut dev = Dev::start_env(&[("billing.json", &object.to_string())], &[], &owned).await;
    let http = reqwest::Client::new();
    let (began, requests) = (Instant::now(), 200);
    for _ in 0..requests {
        let assertion = assertion(&key, CLIENT, &dev.issuer);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ];
        let request = http.post(format!("{}/token", dev.issuer)).form(&form);
        Answer::read(request.send().await.unwrap()).await.access_token();
    }
    let each = began.elapsed() / requests;
    assert!(
        each < Duration::from_millis(100),
        "{each:?} for each of {requests}"
    );
    dev.process
        .wait_for_line("the collector takes no spans", END)
        .await;

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("assertion");
    std::fs::write(&file, assertion(&key, CLIENT, &dev.issuer)).unwrap();
    let args = [
        "token",
        "--issuer",
        &dev.issuer,
        "--service-account-token",
        file.to_str().unwrap(),
    ];
    let variables = variables.map(|(name, value)| (name, OsStr::new(value)));
    let began = Instant::now();
    let ran = countersign_with(args, &variables).await;
    assert!(ran.data().starts_with("eyJ"), "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let began = Instant::now();
    dev.process.terminate();
    assert_eq!(dev.process.wait(END).await.code(), Some(0));
    eprintln!("{protocol}: {each:?} a request, {:?} to the end", began.elapsed());
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    for protocol in ["grpc", "http/protobuf"] {
        costs_nothing(&endpoint, protocol).await;
    }
}

#[tokio::test]
async fn a_collector_that_never_answers_costs_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    for protocol in ["grpc", "http/protobuf"] {
        costs_nothing(&endpoint, protocol).await;
    }
}
