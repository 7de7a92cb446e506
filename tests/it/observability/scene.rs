//! A server and a controller at work, and what they show.

use crate::support::ports::free_port;
use crate::support::release::{Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, Process, eventually};
use countersign::jose::SigningKey;
use serde_json::json;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);

/// An installation with a client that has a service account, and keys in its spec.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) release: Release,
    /// The client's identifier and key.
    pub(crate) client: String,
    pub(crate) key: SigningKey,
    /// Where the controller tells how it is.
    pub(crate) controller: String,
    _process: Process,
}

// === impl Scene ===

impl Scene {
    /// Starts a controller that leads, and a server that has granted a token.
    pub(crate) async fn start(plane: &ControlPlane, prefix: &str) -> Self {
        let release = Release::install(plane, prefix).await;
        let (key, client) = (key(), format!("{}/billing", release.namespace()));
        plane.create_service_account(release.namespace(), "billing").await;
        let keys = json!({ "keys": { "jwks": jwks(&[&key]) } });
        let identities = json!([keys, { "serviceAccount": { "name": "billing" } }]);
        plane
            .apply(&client_object(release.namespace(), "billing", identities))
            .await;
        let health = format!("127.0.0.1:{}", free_port());
        let process = release.controller_at(plane, &health).await;
        let server = release.server(plane).await;
        let scene = Self {
            server,
            release,
            client,
            key,
            controller: health,
            _process: process,
        };
        eventually(PATIENCE, "a token", async || {
            let answer = scene.server.client_credentials(&scene.assertion()).await;
            (answer.status == 200).then_some(()).ok_or(format!("{answer:?}"))
        })
        .await;
        eventually(PATIENCE, "a leader that counts", async || {
            let text = scene.scrape_controller().await;
            let counts = text.contains("countersign_oauthclients{ready=\"True\"} 1");
            counts.then_some(()).ok_or(text)
        })
        .await;
        scene
    }

    /// A good assertion of the client, never made before.
    pub(crate) fn assertion(&self) -> String {
        self.assertion_of(&self.key)
    }

    /// The same, signed with another key.
    pub(crate) fn assertion_of(&self, key: &SigningKey) -> String {
        assertion(key, &self.client, &self.server.issuer)
    }

    /// What the server shows.
    pub(crate) async fn scrape_server(&self) -> String {
        scrape(&self.server.health).await
    }

    /// What the controller shows.
    pub(crate) async fn scrape_controller(&self) -> String {
        scrape(&format!("http://{}", self.controller)).await
    }
}

async fn scrape(url: &str) -> String {
    let answer = reqwest::get(format!("{url}/metrics")).await;
    match answer {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}
