//! The API server as a resource server: with structured authentication configuration it takes our access tokens
//! as those of its users.

use crate::scene::Scene;
use crate::support::release::{LEDGER, OLD};
use crate::support::{ControlPlane, Options, eventually};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The API server fetches the keys of an issuer some seconds after its start.
const SOON: Duration = Duration::from_mins(1);

/// The configuration that docs/clients.md shows, for the issuer of `scene`.
fn configuration(scene: &Scene, folder: &Path) -> PathBuf {
    let ca = std::fs::read_to_string(&scene.server.ca).unwrap();
    let configuration = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {
                "url": scene.server.issuer, "certificateAuthority": ca, "audiences": [LEDGER],
            },
            "claimValidationRules": [{
                "expression": "!has(claims.client_auth)", "message": "the client must have authenticated",
            }],
            "claimMappings": {
                "username": { "expression": "'countersign:' + claims.sub" },
                "groups": { "expression": "claims.scope.split(' ').map(s, 'countersign:' + s)" },
            },
        }],
    });
    let path = folder.join("authentication.yaml");
    std::fs::write(&path, configuration.to_string()).unwrap();
    path
}

/// Who the API server takes the bearer of `token` for; or the status of its refusal.
async fn who_am_i(plane: &ControlPlane, token: &str) -> Result<Value, u16> {
    let ca = std::fs::read(plane.ca_file()).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .build()
        .unwrap();
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let url = format!("{}/apis/authentication.k8s.io/v1/selfsubjectreviews", plane.url());
    let answer = http
        .post(url)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(review.to_string())
        .send()
        .await
        .unwrap();
    match answer.status().as_u16() {
        201 => {
            let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            Ok(body["status"]["userInfo"].clone())
        }
        refused => Err(refused),
    }
}

/// An access token for `resource`, by the product's own command line.
fn token(scene: &Scene, resource: &str, scope: &str) -> String {
    let settings: Value = serde_json::from_slice(&std::fs::read(&scene.settings).unwrap()).unwrap();
    let path = |value: &Value| value.as_str().unwrap().to_owned();
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args([
            "token",
            "--issuer",
            &scene.server.issuer,
            "--client",
            &scene.client,
        ])
        .args([
            "--key",
            &path(&settings["ecdsa"]["pem"]),
            "--ca",
            &path(&settings["ca"]),
        ])
        .args(["--resource", resource, "--scope", scope])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_takes_our_tokens_for_its_users() {
    let scene = Scene::new(ControlPlane::shared()).await;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let configuration = configuration(&scene, folder.path());
    let plane = ControlPlane::start(&Options {
        apiserver_flags: vec![format!("--authentication-config={}", configuration.display())],
        ..Options::default()
    });

    let good = token(&scene, LEDGER, "read");
    let user = eventually(SOON, "a user behind our token", async || {
        who_am_i(&plane, &good)
            .await
            .map_err(|status| format!("{status}"))
    })
    .await;
    assert_eq!(user["username"], format!("countersign:{}", scene.client));
    assert_eq!(
        user["groups"],
        json!(["countersign:read", "system:authenticated"])
    );

    let other_audience = token(&scene, OLD, "old");
    let (head, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for (what, refused) in [
        ("another audience", other_audience),
        ("another signature", forged),
    ] {
        assert_eq!(who_am_i(&plane, &refused).await, Err(401), "{what}");
    }
    assert!(who_am_i(&plane, &good).await.is_ok(), "the good one still is");
}
