//! Our access tokens, verified by a library in another language: `tests/verifier`, on go-jose.

use crate::support::ControlPlane;
use crate::support::binaries::target_folder;
use crate::support::release::{LEDGER, Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Builds the verifier; Go's cache makes that quick from the second time on.
fn verifier() -> PathBuf {
    let binary = target_folder().join("verifier");
    let output = Command::new("go")
        .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier"))
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run `go` ({error}): install Go 1.26 or newer (https://go.dev/dl)")
        });
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    binary
}

/// The claims that the verifier read, or why it refused the token.
fn verify(verifier: &Path, server: &Server, audience: &str, token: &str) -> Result<Value, String> {
    let mut running = Command::new(verifier)
        .args(["-issuer", &server.issuer, "-audience", audience, "-ca"])
        .arg(&server.ca)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[tokio::test]
async fn a_library_in_another_language_verifies_our_tokens_and_nothing_else() {
    const OLD: &str = "https://old.internal";
    let verifier = verifier();
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "verifier").await;
    let (namespace, key) = (release.namespace(), key());
    let client = format!("{namespace}/billing");
    plane.create_service_account(namespace, "billing").await;
    let pod = plane.create_pod(namespace, "billing-0", "billing").await;
    let identities =
        json!([{ "serviceAccount": { "name": "billing" } }, { "keys": { "jwks": jwks(&[&key]) } }]);
    let mut object = client_object(namespace, "billing", identities);
    object["spec"]["resources"] =
        json!([{ "identifier": LEDGER, "scopes": ["read"] }, { "identifier": OLD, "scopes": ["read"] }]);
    plane.apply(&object).await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;

    let hour = Duration::from_hours(1);
    let pod_token = plane
        .token_request(namespace, "billing", &[&server.issuer], hour, Some(&pod))
        .await;
    let signed = assertion(&key, &client, &server.issuer);
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    for (grant_token, resource, algorithm) in [
        (&pod_token, LEDGER, "ES256"),
        (&pod_token, OLD, "RS256"),
        (&signed, LEDGER, "ES256"),
    ] {
        let answer = server
            .token(&[grant, ("assertion", grant_token), ("resource", resource)])
            .await;
        let token = answer.access_token();
        let header = countersign::jose::UnverifiedJws::parse(token)
            .unwrap()
            .algorithm()
            .as_str();
        assert_eq!(header, algorithm, "{resource}");
        let claims = verify(&verifier, &server, resource, token).unwrap();
        assert_eq!(claims["client_id"], client);
        assert_eq!(claims["sub"], client);
        assert_eq!(claims["scope"], "read");

        let elsewhere = verify(&verifier, &server, "https://other.internal", token).unwrap_err();
        assert!(elsewhere.contains("aud"), "{elsewhere}");
        let (head, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let changed = format!("{head}.{first}{}", signature.split_at(1).1);
        let changed = verify(&verifier, &server, resource, &changed).unwrap_err();
        assert!(
            changed.contains("verif") || changed.contains("crypto"),
            "{changed}"
        );
    }
    let not_an_access_token = verify(&verifier, &server, &server.issuer, &signed).unwrap_err();
    assert!(not_an_access_token.contains("typ"), "{not_an_access_token}");
}
