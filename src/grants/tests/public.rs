//! Requests that nobody authenticated: reached by an assertion alone, for lesser privilege.

use super::world::*;
use crate::core::client::{Client, Grants, JwtBearerGrant, UnauthenticatedRule};
use crate::core::protected_resource::Consent;
use crate::grants::{self, Grant, Refusal};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};
use crate::replay::Outcome;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A client without any identity: it exists for its rule alone.
fn public() -> Client {
    let mut client = client(CLIENT);
    client.keys = Vec::new();
    client.service_accounts = BTreeSet::new();
    client.grants = Grants {
        client_credentials: true,
        jwt_bearer: Some(JwtBearerGrant {
            unauthenticated: Some(UnauthenticatedRule {
                subjects: BTreeSet::from([of_ci("build")]),
                resources: vec![resource(LEDGER, &["read"], false)],
            }),
            ..JwtBearerGrant::default()
        }),
    };
    client
}

fn open() -> Consent {
    Consent {
        public_clients: true,
        ..Consent::default()
    }
}

fn world(client: Client, consent: Consent) -> World {
    let world = World::with_consent(client, consent);
    world.index.set_trusted_issuers([ci()]);
    world
}

fn bearer(world: &World, assertion: &str, more: &[(&str, &str)]) -> Result<Grant, Refusal> {
    let mut form = vec![("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)];
    form.extend_from_slice(more);
    world.grant(&form)
}

fn told(granted: Result<Grant, Refusal>) -> (ErrorCode, &'static str) {
    let refusal = granted.unwrap_err();
    (refusal.error, refusal.reason.code().as_str())
}

/// S-7523-02, S-9068-02, D-14
#[test]
fn the_lesser_scopes_are_granted_and_the_token_says_that_nobody_authenticated() {
    let world = world(public(), open());
    let grant = bearer(&world, &ci_token(json!({})), &[]).unwrap();
    let terms = grant.terms();
    assert!(terms.public);
    assert_eq!(
        (terms.subject.as_str(), terms.scopes.to_string().as_str()),
        (CLIENT, "read")
    );
    assert_eq!(grant.uses().len(), 1);

    let settled = grant.settle(Outcome::Owned, at(NOW)).unwrap();
    let issued = grants::issue(&settled, &world.settings.issuer, &KEY, "id", at(NOW)).unwrap();
    let jws = crate::jose::UnverifiedJws::parse(&issued.access_token).unwrap();
    let claims = jws.verify(&KEY.verification_key().unwrap()).unwrap();
    assert_eq!(claims.get("client_auth"), Some(&json!("none")));
    assert_eq!(claims.get("client_id"), Some(&json!(CLIENT)));
    assert_eq!(claims.get("act"), None);
}

/// D-14
#[rstest]
#[case::more_scope(&[("scope", "read write")], (ErrorCode::InvalidScope, "scope_exceeded"))]
#[case::the_clients_own_resource(&[("resource", "https://old.internal")], (ErrorCode::InvalidTarget, "target_not_allowed"))]
#[case::another_client(&[("client_id", "shop/cart")], (ErrorCode::InvalidGrant, "assertion_client_not_chosen"))]
fn no_more_than_the_rule_is_granted(#[case] more: &[(&str, &str)], #[case] expected: (ErrorCode, &str)) {
    let mut client = public();
    client
        .resources
        .push(resource("https://old.internal", &["read"], false));
    let world = world(client, open());
    assert_eq!(told(bearer(&world, &ci_token(json!({})), more)), expected);
}

/// D-14
#[rstest]
#[case::closed(public(), Consent::default(), json!({}), (ErrorCode::InvalidTarget, "target_not_public"))]
#[case::another_subject(public(), open(), json!({"sub": "deploy"}), (ErrorCode::InvalidGrant, "assertion_client_not_chosen"))]
#[case::another_client_in_the_jwt(public(), open(), json!({"azp": "shop/cart"}), (ErrorCode::InvalidGrant, "assertion_other_client"))]
#[case::no_rule(client(CLIENT), open(), json!({}), (ErrorCode::InvalidGrant, "assertion_client_not_chosen"))]
fn without_rule_or_consent_nothing_is_granted(
    #[case] client: Client,
    #[case] consent: Consent,
    #[case] changes: Value,
    #[case] expected: (ErrorCode, &str),
) {
    let world = world(client, consent);
    assert_eq!(told(bearer(&world, &ci_token(changes), &[])), expected);
}

/// RFC 6749 §4.4: the client credentials grant is for confidential clients only.
/// S-6749-23, D-14
#[test]
fn client_credentials_are_never_for_a_public_client_whatever_it_sends() {
    let world = world(public(), open());
    let invalid = |form: &[(&str, &str)]| {
        assert_eq!(
            world.grant(form).unwrap_err().error,
            ErrorCode::InvalidClient,
            "{form:?}"
        );
    };
    let grant = ("grant_type", "client_credentials");
    invalid(&[grant]);
    invalid(&[grant, ("client_id", CLIENT)]);
    invalid(&[grant, ("client_id", CLIENT), ("assertion", &ci_token(json!({})))]);
    for token in [ci_token(json!({})), signed(json!({})), pod_token(json!({}))] {
        invalid(&client_credentials(&token));
        let mut form = client_credentials(&token).to_vec();
        form.push(("client_id", CLIENT));
        invalid(&form);
    }
}

/// D-14
#[test]
fn an_identity_beside_the_rule_authenticates() {
    let mut client = public();
    client.federated = BTreeSet::from([of_ci("build")]);
    let world = world(client, open());
    let grant = bearer(&world, &ci_token(json!({})), &[]).unwrap();
    assert!(!grant.terms().public);
    assert_eq!(grant.terms().scopes.to_string(), "read write");
}

/// S-6749-38, D-18
#[test]
fn client_id_chooses_among_the_clients_that_match_and_is_no_credential() {
    let world = world(public(), open());
    let mut other = public();
    other.id = "shop/cart".parse().unwrap();
    world.index.put(other);
    let token = ci_token(json!({}));
    assert_eq!(
        told(bearer(&world, &token, &[])),
        (ErrorCode::InvalidGrant, "assertion_client_not_chosen")
    );
    let chosen = bearer(&world, &token, &[("client_id", "shop/cart")]).unwrap();
    assert_eq!(chosen.terms().client.as_str(), "shop/cart");
}

#[test]
fn an_authenticated_client_gets_nothing_by_its_rule_for_others() {
    let mut client = public();
    client.keys = super::world::client(CLIENT).keys;
    let world = world(client, open());
    let own = signed(json!({}));
    let with = [
        ("client_assertion_type", JWT_CLIENT_ASSERTION),
        ("client_assertion", own.as_str()),
    ];
    assert_eq!(
        told(bearer(&world, &ci_token(json!({})), &with)),
        (ErrorCode::InvalidGrant, "assertion_subject_not_delegated")
    );
}
