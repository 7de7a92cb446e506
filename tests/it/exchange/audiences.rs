//! What a server asks of the audience of every client.

use crate::support::ControlPlane;
use crate::support::release::{Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use serde_json::json;
use std::time::Duration;

/// A server is ready before its first second is over, in which it cannot know what an earlier life honoured.
const FIRST_SECOND: Duration = Duration::from_millis(1_200);

/// S-7523bis-01, S-7523bis-02, D-04: `--audience` is a floor under the policy of each client's object.
#[tokio::test]
async fn a_server_can_ask_all_clients_for_its_issuer_alone() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "audiences").await;
    let (namespace, key) = (release.namespace(), key());
    let identities = json!([{ "keys": { "jwks": jwks(&[&key]) } }]);
    let mut lax = client_object(namespace, "lax", identities.clone());
    lax["spec"]["assertion"] = json!({ "audience": "Compat" });
    plane.apply(&client_object(namespace, "plain", identities)).await;
    plane.apply(&lax).await;
    let _controller = release.controller(plane).await;
    let strict = release.start_server_with(plane, &["--audience", "Strict"]).await;
    let own = release.start_server(plane).await;
    for server in [&strict, &own] {
        server.ready(Duration::from_secs(30)).await;
    }
    tokio::time::sleep(FIRST_SECOND).await;

    for name in ["plain", "lax"] {
        let client = format!("{namespace}/{name}");
        let answer = async |server: &Server, audience: &str| {
            server
                .client_credentials(&assertion(&key, &client, audience))
                .await
        };
        let endpoint = |issuer: &str| format!("{issuer}/token");
        answer(&strict, &strict.issuer).await.access_token();
        assert_eq!(
            answer(&strict, &endpoint(&strict.issuer)).await.refusal(),
            (400, "invalid_client"),
            "{name}"
        );
        answer(&own, &own.issuer).await.access_token();
        answer(&own, &endpoint(&own.issuer)).await.access_token();
    }
}
