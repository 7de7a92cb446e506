//! Server and controller as they are installed, under their own accounts.

use super::world::{CA, NAMES, SOON, TLS, bundle, entry, metrics, published, secrets, trusting};
use crate::support::release::Release;
use crate::support::{ControlPlane, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;
use std::time::Instant;

/// Every line of what is private in these texts.
fn private_lines(texts: &[String]) -> Vec<String> {
    let lines = texts.iter().flat_map(|text| text.split(['\n', '"']));
    lines
        .filter(|line| line.len() > 40 && !line.contains("-----"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_fresh_installation_serves_tls_that_the_published_bundle_verifies() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "tls-fresh").await;
    let home = release.installation.namespace.clone();
    let began = Instant::now();
    let server = release.start_server_of_secret(plane).await;
    let mut flags = NAMES.to_vec();
    flags.extend(["--log-level", "debug"]);
    let mut controller = release.controller_with(plane, &flags).await;

    let trusted = published(plane, release.namespace()).await;
    let url = format!("{}/jwks", server.url);
    eventually(SOON, "TLS that verifies", async || {
        trusting(&trusted)
            .get(&url)
            .send()
            .await
            .map_err(|error| format!("{error:?}"))
    })
    .await;
    eprintln!(
        "TLS that verifies {:.1?} after the start of both processes",
        began.elapsed()
    );
    server.ready(SOON).await;
    eprintln!("the server is ready after {:.1?}", began.elapsed());

    assert_eq!(
        bundle(plane, &home).await,
        Some(trusted.clone()),
        "the same at home"
    );
    let tls = secrets(plane, &home).get(TLS).await.unwrap();
    assert_eq!(tls.type_.as_deref(), Some("kubernetes.io/tls"));
    assert_eq!(entry(&tls, "ca.crt"), trusted);
    let resolved = reqwest::Client::builder()
        .tls_certs_only(reqwest::Certificate::from_pem_bundle(trusted.as_bytes()).unwrap())
        .resolve(
            "tokens.test",
            server.url.strip_prefix("https://").unwrap().parse().unwrap(),
        );
    let by_name = url.replace("127.0.0.1", "tokens.test");
    assert_eq!(
        resolved
            .build()
            .unwrap()
            .get(&by_name)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );

    let line = controller.wait_for_line("a candidate for leadership", SOON).await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let health = format!("http://{}", line["fields"]["health"].as_str().unwrap());
    for (shown, name) in [
        (
            metrics(&server.health).await,
            "countersign_tls_certificate_not_after_timestamp_seconds ",
        ),
        (
            metrics(&health).await,
            "countersign_ca_not_after_timestamp_seconds ",
        ),
        (
            metrics(&health).await,
            "countersign_certificate_renewals_total{result=\"success\"} 2",
        ),
    ] {
        assert!(
            shown.lines().any(|line| line.starts_with(name)),
            "{name}: {shown}"
        );
    }

    let authority = secrets(plane, &home).get(CA).await.unwrap();
    let ring: serde_json::Value = serde_json::from_str(&entry(&authority, "ca.json")).unwrap();
    let pkcs8 = ring["authorities"][0]["pkcs8"].as_str().unwrap().to_owned();
    let private = private_lines(&[pkcs8, entry(&tls, "tls.key")]);
    assert!(private.len() >= 3, "{private:?}");
    let events: Api<Event> = Api::all(plane.admin());
    let told = [
        server.process.stdout(),
        server.process.stderr(),
        controller.stdout(),
        controller.stderr(),
        format!("{:?}", events.list(&ListParams::default()).await.unwrap().items),
        format!(
            "{:?}",
            Api::<ConfigMap>::all(plane.admin())
                .list(&ListParams::default())
                .await
                .unwrap()
                .items
        ),
    ];
    for line in private {
        assert!(
            told.iter().all(|text| !text.contains(&line)),
            "a private key is told"
        );
    }
}

#[tokio::test]
async fn a_server_keeps_its_certificate_when_the_secret_is_gone_or_bad() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "tls-bad").await;
    let home = release.installation.namespace.clone();
    let mut server = release.start_server_of_secret(plane).await;
    server
        .process
        .wait_for_line("waiting for the serving certificate", SOON)
        .await;
    let waits = reqwest::get(format!("{}/readyz", server.health)).await.unwrap();
    assert_eq!(waits.status(), 503);
    assert!(waits.text().await.unwrap().contains("the serving certificate"));

    let pair =
        |name: &str| rcgen::generate_simple_self_signed([name.to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (first, second) = (pair("first.test"), pair("second.test"));
    let put = async |certificate: &str, key: &str| {
        let object = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"namespace": home, "name": TLS},
            "stringData": {"tls.crt": certificate, "tls.key": key},
        });
        plane.apply(&object).await;
    };
    let reached = async |trusted: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        let url = format!("{}/.well-known/oauth-authorization-server", server.url);
        trusting(&trusted.cert.pem())
            .get(&url)
            .send()
            .await
            .map_err(|error| format!("{error:?}"))
    };
    put(&first.cert.pem(), "nothing").await;
    let told = "waiting for a good one";
    eventually(SOON, told, async || {
        server.process.stdout().contains(told).then_some(())
    })
    .await;
    assert!(reached(&first).await.is_err());

    put(&first.cert.pem(), &first.signing_key.serialize_pem()).await;
    let began = Instant::now();
    eventually(SOON, "the first certificate", async || reached(&first).await).await;
    eprintln!(
        "a given certificate is served {:.1?} after it was written",
        began.elapsed()
    );

    put(&first.cert.pem(), &second.signing_key.serialize_pem()).await;
    eventually(SOON, "the bad pair to be seen", async || {
        server
            .process
            .stdout()
            .contains("keeping the old certificate")
            .then_some(())
    })
    .await;
    secrets(plane, &home)
        .delete(TLS, &DeleteParams::default())
        .await
        .unwrap();
    eventually(SOON, "the loss to be seen", async || {
        server
            .process
            .stdout()
            .contains("the old one stays in use")
            .then_some(())
    })
    .await;
    assert!(reached(&first).await.is_ok(), "the old one is served");

    put(&second.cert.pem(), &second.signing_key.serialize_pem()).await;
    eventually(SOON, "the second certificate", async || reached(&second).await).await;
    let touch = Patch::Merge(json!({"metadata": {"annotations": {"touched": "yes"}}}));
    secrets(plane, &home)
        .patch(TLS, &PatchParams::default(), &touch)
        .await
        .unwrap();
    let key = second.signing_key.serialize_pem();
    let log = server.process.stdout();
    assert!(key.lines().all(|line| !log.contains(line)));
}
