//! A collector behind TLS, which one certificate vouches for.

use super::collector::{Collector, Protocol};
use crate::support::dev::{Dev, SOON};

fn certificate(folder: &std::path::Path, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (
        folder.join(format!("{name}.crt")),
        folder.join(format!("{name}.key")),
    );
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[tokio::test]
async fn spans_go_to_whom_the_given_certificate_vouches_for() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (good, key) = certificate(folder.path(), "good");
    let (other, _) = certificate(folder.path(), "other");
    let collector = Collector::start_tls(&good, &key).await;
    for protocol in [Protocol::Grpc, Protocol::Http] {
        for (trusted, came) in [(&good, true), (&other, false)] {
            let before = collector.spans().len();
            let mut variables = collector.variables(protocol);
            let path = trusted.to_str().unwrap().to_owned();
            variables.push(("OTEL_EXPORTER_OTLP_CERTIFICATE".to_owned(), path));
            let mut dev = Dev::start_env(&[], &[], &variables).await;
            let url = format!("{}/token", dev.issuer);
            let answer = reqwest::get(url).await.unwrap();
            let trace = answer.headers()["x-trace-id"].to_str().unwrap().to_owned();
            if came {
                collector.named(&trace, "GET /token").await;
            } else {
                dev.process
                    .wait_for_line("the collector takes no spans", SOON)
                    .await;
                assert_eq!(collector.spans().len(), before, "{protocol:?}");
            }
            dev.process.terminate();
            assert_eq!(dev.process.wait(SOON).await.code(), Some(0));
        }
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_named_at_the_start() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:9".as_ref()),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing/ca.crt".as_ref()),
    ];
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let args = [
        "dev",
        "--dir",
        folder.path().to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ];
    let ran = crate::support::command::countersign_with(args, &variables).await;
    let start = "error: OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read the certificates in /missing/ca.crt";
    assert!(ran.failure().starts_with(start), "{ran:?}");
}
