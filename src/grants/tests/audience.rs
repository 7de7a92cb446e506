//! How an accepted `aud` named us, and what the server asks of every client.

use super::world::*;
use crate::core::client::AudiencePolicy;
use crate::grants::assertion::Addressed;
use crate::grants::{self, AssertionFault, LocalIssuer, Slot};
use crate::oauth::request::{JWT_BEARER_GRANT, TokenRequest};
use rstest::rstest;
use serde_json::{Value, json};

const OTHER: &str = "https://other.example";
/// A local issuer whose name does not tell that it is one.
const LOCAL: &str = "https://oidc.clusters.example/7";

fn under(policy: AudiencePolicy, floor: AudiencePolicy) -> World {
    let mut client = client(CLIENT);
    client.assertion.audience = policy;
    let mut world = World::with(client);
    world.settings.audience_floor = floor;
    world
}

fn addressed(world: &World, assertion: &str) -> Addressed {
    let form = [("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)];
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = TokenRequest::parse(body.as_bytes(), false).unwrap();
    let authenticated = grants::authenticate(request, &world.index, &world.settings, world.moment).unwrap();
    authenticated.assertion.unwrap().addressed
}

#[rstest]
#[case::issuer(json!(ISSUER), Addressed::Issuer)]
#[case::issuer_alone(json!([ISSUER]), Addressed::Issuer)]
#[case::endpoint(json!(ENDPOINT), Addressed::Endpoint)]
#[case::both(json!([ISSUER, ENDPOINT]), Addressed::Endpoint)]
#[case::others_too(json!([ISSUER, OTHER]), Addressed::Shared)]
#[case::others_and_both(json!([OTHER, ENDPOINT, ISSUER]), Addressed::Shared)]
fn is_remembered(#[case] aud: Value, #[case] expected: Addressed) {
    let world = under(AudiencePolicy::Compat, AudiencePolicy::Compat);
    assert_eq!(addressed(&world, &signed(json!({ "aud": aud }))), expected);
}

#[test]
fn has_words_for_the_audit_log() {
    let words = [Addressed::Issuer, Addressed::Endpoint, Addressed::Shared].map(Addressed::as_str);
    assert_eq!(words, ["issuer", "endpoint", "shared"]);
}

#[test]
fn of_issuers_is_always_us() {
    let world = under(AudiencePolicy::Compat, AudiencePolicy::Compat);
    assert_eq!(addressed(&world, &pod_token(json!({}))), Addressed::Issuer);
}

/// A shared audience names our issuer, not the endpoint alone, and never the API server.
#[rstest]
#[case::endpoint_and_others(json!([ENDPOINT, OTHER]))]
#[case::others_alone(json!([OTHER]))]
#[case::a_local_issuer_as_usual(json!([ISSUER, CLUSTER]))]
#[case::the_api_server(json!([ISSUER, "https://kubernetes.default.svc"]))]
#[case::this_local_issuer(json!([ISSUER, LOCAL]))]
fn is_not_shared(#[case] aud: Value) {
    let world = under(AudiencePolicy::Compat, AudiencePolicy::Compat);
    world.index.set_local_issuer(LocalIssuer {
        issuer: LOCAL.to_owned(),
        keys: Vec::new(),
        read_at: at(NOW),
    });
    let fault = world.fault_in_both_slots(&signed(json!({ "aud": aud })));
    assert_eq!(fault, AssertionFault::Audience);
}

/// The stricter of the client's policy and the server's floor decides.
#[rstest]
fn has_a_floor(
    #[values(
        AudiencePolicy::Compat,
        AudiencePolicy::Standard,
        AudiencePolicy::Strict,
        AudiencePolicy::Fapi
    )]
    policy: AudiencePolicy,
    #[values(
        AudiencePolicy::Compat,
        AudiencePolicy::Standard,
        AudiencePolicy::Strict,
        AudiencePolicy::Fapi
    )]
    floor: AudiencePolicy,
) {
    let world = under(policy, floor);
    let strictest = policy.max(floor);
    for (aud, last) in [
        (json!(ISSUER), AudiencePolicy::Fapi),
        (json!([ISSUER]), AudiencePolicy::Strict),
        (json!(ENDPOINT), AudiencePolicy::Standard),
        (json!([ISSUER, OTHER]), AudiencePolicy::Compat),
    ] {
        let token = signed(json!({ "aud": aud }));
        let granted = world.grant(&[("grant_type", JWT_BEARER_GRANT), ("assertion", &token)]);
        if strictest <= last {
            granted.unwrap();
        } else {
            assert_eq!(
                granted.unwrap_err(),
                Slot::Assertion.refuse(AssertionFault::Audience)
            );
        }
    }
}
