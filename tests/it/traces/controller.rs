//! What the controller does.

use super::collector::{Collector, Protocol};
use crate::support::ControlPlane;
use crate::support::ports::free_port;
use crate::support::release::Release;
use crate::support::workloads::{client_object, jwks, key};
use serde_json::json;

#[tokio::test]
async fn looking_at_clients_and_fetching_their_keys_are_traces() {
    let (plane, collector) = (ControlPlane::shared(), Collector::start().await);
    let release = Release::install(plane, "traced").await;
    let namespace = release.namespace();
    let port = free_port();
    let identities = json!([{ "keys": { "jwks": jwks(&[&key()]) } }]);
    plane
        .apply(&client_object(namespace, "billing", identities))
        .await;
    let identities =
        json!([{ "keys": { "jwksURI": format!("https://127.0.0.1:{port}/jwks?canary0secret0value") } }]);
    plane.apply(&client_object(namespace, "far", identities)).await;
    let flags = ["--fetch-allow", "127.0.0.1/32"];
    let variables = collector.variables(Protocol::Grpc);
    let _controller = release.controller_env(plane, &flags, &variables).await;

    let client = format!("{namespace}/billing");
    let looked = collector
        .span("the client", |span| {
            span.name == "reconcile" && span.attribute("countersign.client") == client
        })
        .await;
    assert_eq!(
        (looked.service.as_str(), looked.parent.as_str()),
        ("countersign-controller", "")
    );
    let fetched = collector
        .span("the fetch", |span| span.name == "fetch keys")
        .await;
    assert_eq!((fetched.kind, fetched.error), (3, true));
    assert_eq!(fetched.attribute("server.address"), "127.0.0.1");
    assert_eq!(fetched.attribute("error.type"), "unreachable");
    assert!(!collector.text().contains("canary0secret0value"));
}
