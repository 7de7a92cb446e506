//! Projected service-account tokens, made by the real API server.

use crate::support::ControlPlane;
use crate::support::controlplane::ISSUER as CLUSTER;
use crate::support::release::{Answer, LEDGER, Release};
use crate::support::workloads::client_object;
use countersign::jose::UnverifiedJws;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const REFUSED: [(u16, &str); 2] = [(400, "invalid_grant"), (400, "invalid_client")];

/// D-09
#[tokio::test]
async fn a_pods_token_with_our_audience_gets_an_access_token_and_no_other_does() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "pods").await;
    let namespace = release.namespace();
    let stranger = plane.namespace("pods-stranger").await;
    for namespace in [namespace, &stranger] {
        plane.create_service_account(namespace, "billing").await;
    }
    let pod = plane.create_pod(namespace, "billing-0", "billing").await;
    let strangers_pod = plane.create_pod(&stranger, "billing-0", "billing").await;
    plane
        .apply(&client_object(
            namespace,
            "billing",
            json!([{ "serviceAccount": { "name": "billing" } }]),
        ))
        .await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    let audience = server.issuer.as_str();

    let token = plane
        .token_request(namespace, "billing", &[audience], HOUR, Some(&pod))
        .await;
    for answer in [
        server.jwt_bearer(&token).await,
        server.client_credentials(&token).await,
    ] {
        let issued = UnverifiedJws::parse(answer.access_token()).unwrap();
        let claims = issued.unverified_claims();
        assert_eq!(claims.subject(), Ok(format!("{namespace}/billing").as_str()));
        assert_eq!(claims.audience().unwrap().sole(), Some(LEDGER));
        let workload = claims.get("kubernetes.io").unwrap();
        assert_eq!(workload.pointer("/pod/uid"), Some(&json!(pod.metadata.uid)));
        assert_eq!(workload.pointer("/namespace"), Some(&json!(namespace)));
    }

    let unbound = plane
        .token_request(namespace, "billing", &[audience], HOUR, None)
        .await;
    let api_server = plane
        .token_request(namespace, "billing", &[], HOUR, Some(&pod))
        .await;
    let by_name = plane
        .token_request(namespace, "billing", &[CLUSTER], HOUR, Some(&pod))
        .await;
    let other = plane
        .token_request(namespace, "billing", &["https://other.example"], HOUR, Some(&pod))
        .await;
    let both = plane
        .token_request(namespace, "billing", &[audience, CLUSTER], HOUR, Some(&pod))
        .await;
    let strangers = plane
        .token_request(&stranger, "billing", &[audience], HOUR, Some(&strangers_pod))
        .await;
    let too_long = plane
        .token_request(namespace, "billing", &[audience], 2 * HOUR, Some(&pod))
        .await;
    for (what, token) in [
        ("not bound to a pod", unbound),
        ("the API server's audience", api_server),
        ("the API server's audience, by name", by_name),
        ("another audience", other),
        ("ours and another audience", both),
        ("another namespace's account of the same name", strangers),
        ("longer than an hour", too_long),
    ] {
        let refusals = [
            server.jwt_bearer(&token).await,
            server.client_credentials(&token).await,
        ];
        assert_eq!(refusals.each_ref().map(Answer::refusal), REFUSED, "{what}");
    }
}
