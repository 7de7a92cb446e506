//! An installation with clients for the libraries, and the settings that tell them about it.

use crate::support::release::{LEDGER, OLD, Release, Server};
use crate::support::workloads::{assertion_with, client_object, jwks};
use crate::support::{ControlPlane, Process, eventually};
use countersign::client::key_file::pem;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const HOUR: Duration = Duration::from_hours(1);
/// A server that has just started decides on nothing that was issued before its start and the skew.
const START: Duration = Duration::from_secs(90);
/// Somebody that the client may speak for.
pub(crate) const SUBJECT: &str = "alice";

/// Everything that the libraries talk to.
pub(crate) struct Scene {
    pub(crate) server: Server,
    /// The path of the settings.
    pub(crate) settings: PathBuf,
    /// The client identifiers.
    pub(crate) client: String,
    pub(crate) strict_client: String,
    /// The pod that the service-account token is bound to.
    pub(crate) pod_uid: String,
    _controller: Process,
    _release: Release,
    _folder: TempDir,
}

impl Scene {
    pub(crate) async fn new(plane: &ControlPlane) -> Self {
        let release = Release::install(plane, "interop").await;
        let namespace = release.namespace().to_owned();
        let namespace = namespace.as_str();
        let [rsa, stranger] = [(); 2].map(|()| SigningKey::generate(Algorithm::Rs256).unwrap());
        let ecdsa = SigningKey::generate(Algorithm::Es256).unwrap();
        let keys = json!({ "keys": { "jwks": jwks(&[&rsa, &ecdsa]) } });
        let identities = json!([keys, { "serviceAccount": { "name": "billing" } }]);
        let mut client = client_object(namespace, "billing", identities);
        client["spec"]["grants"]["jwtBearer"] = json!({ "subjects": [SUBJECT] });
        client["spec"]["resources"] = json!([
            { "identifier": LEDGER, "scopes": ["read", "write"], "default": true },
            { "identifier": OLD, "scopes": ["old"] },
        ]);
        let mut strict = client_object(namespace, "strict", json!([keys]));
        strict["spec"]["assertion"] = json!({ "audience": "Strict" });
        for object in [&client, &strict] {
            plane.apply(object).await;
        }
        plane.create_service_account(namespace, "billing").await;
        let pod = plane.create_pod(namespace, "billing-0", "billing").await;
        let controller = release.controller(plane).await;
        let server = release.server(plane).await;

        let (client, strict_client) = (format!("{namespace}/billing"), format!("{namespace}/strict"));
        wait_for_libraries(&server, &ecdsa, &client).await;
        let token = plane
            .token_request(namespace, "billing", &[&server.issuer], HOUR, Some(&pod))
            .await;
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        // The stranger claims to be the client's own key.
        let key = |name: &str, key: &SigningKey, kid: &SigningKey| json!({ "kid": kid.kid(), "pem": file(name, &pem(key).unwrap()) });
        let settings = json!({
            "issuer": server.issuer, "ca": server.ca,
            "client": client, "strict_client": strict_client,
            "rsa": key("rsa.pem", &rsa, &rsa),
            "ecdsa": key("ecdsa.pem", &ecdsa, &ecdsa),
            "stranger": key("stranger.pem", &stranger, &rsa),
            "service_account_token": file("token", token.as_bytes()),
            "resource": LEDGER, "other_resource": OLD, "subject": SUBJECT,
        });
        Self {
            settings: file("settings.json", settings.to_string().as_bytes()),
            server,
            client,
            strict_client,
            pod_uid: pod.metadata.uid.unwrap(),
            _controller: controller,
            _release: release,
            _folder: folder,
        }
    }
}

/// Waits until the server decides on assertions as the libraries sign them: issued now, or, in Go, ten seconds
/// ago.
async fn wait_for_libraries(server: &Server, key: &SigningKey, client: &str) {
    eventually(
        START,
        "a decision on an assertion issued ten seconds ago",
        async || {
            let now = SystemClock.now().as_second();
            let times: Value = json!({ "iat": now - 11, "exp": now + 60 });
            let answer = server
                .client_credentials(&assertion_with(key, client, &server.issuer, &times))
                .await;
            match answer.status {
                200 => Ok(()),
                _ => Err(format!("{answer:?}")),
            }
        },
    )
    .await;
}
