//! JWTs of trusted issuers: as an identity of a client, and as a grant that a client redeems.

use super::world::*;
use crate::core::client::{Client, VouchedKey, Vouching};
use crate::core::protected_resource::Consent;
use crate::core::trusted_issuer::{ReplayPolicy, TrustedIssuer};
use crate::grants::{AssertionFault, Grant, Reason, Refusal};
use crate::jose::{ClaimFault, NoKey};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A client that the trusted issuer's subject `build` may authenticate as.
fn identified() -> Client {
    let mut client = client(CLIENT);
    client.federated = BTreeSet::from([of_ci("build")]);
    client
}

/// A client that redeems assertions about `build`, once it has authenticated.
fn redeeming() -> Client {
    let mut client = client(CLIENT);
    client.grants.jwt_bearer.as_mut().unwrap().federated_subjects = BTreeSet::from([of_ci("build")]);
    client
}

fn consent() -> Consent {
    Consent {
        federated_subjects_from: BTreeSet::from([CLIENT.parse().unwrap()]),
        ..Consent::default()
    }
}

fn trusting(world: World, issuer: TrustedIssuer) -> World {
    world.index.set_trusted_issuers([issuer]);
    world
}

fn bearer<'a>(assertion: &'a str, client_assertion: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)];
    if let Some(token) = client_assertion {
        form.push(("client_assertion_type", JWT_CLIENT_ASSERTION));
        form.push(("client_assertion", token));
    }
    form
}

fn refusal(granted: Result<Grant, Refusal>) -> (ErrorCode, Reason) {
    let refusal = granted.unwrap_err();
    (refusal.error, refusal.reason)
}

/// S-7521-11, D-22
#[rstest]
#[case::alone(json!({}))]
#[case::in_an_array(json!({"aud": [ISSUER]}))]
#[case::longest(json!({"iat": NOW, "exp": NOW + 600}))]
#[case::names_the_client(json!({"azp": CLIENT}))]
fn an_identity_is_good_in_both_slots(#[case] changes: Value) {
    let world = trusting(World::with(identified()), ci());
    let token = ci_token(changes);
    for form in [client_credentials(&token).to_vec(), bearer(&token, None)] {
        let grant = world.grant(&form).unwrap();
        assert_eq!(grant.terms().subject, CLIENT);
        assert!(!grant.terms().public && !grant.terms().delegated());
        assert_eq!(grant.uses().len(), 1, "it is recorded");
    }
}

/// S-7521-07, D-16
#[test]
fn what_an_issuer_says_bounds_the_token_in_any_slot() {
    let world = trusting(World::with(identified()), ci());
    let token = ci_token(json!({"exp": NOW + 100}));
    for form in [client_credentials(&token).to_vec(), bearer(&token, None)] {
        assert_eq!(world.grant(&form).unwrap().terms().not_after, at(NOW + 160));
    }
}

/// S-7521-04, S-7521-06, S-7523-10, S-7523-11, S-7523-13, S-7523-15, S-8725-21, S-8725-22, D-03, D-04, D-08,
/// D-13
#[rstest]
#[case::no_rule_for_the_subject(json!({"sub": "other"}), AssertionFault::ClientNotChosen)]
#[case::the_subject_alone_is_nobody(json!({"iss": "https://other.example"}), AssertionFault::UnknownIssuer)]
#[case::issuer_with_slash(json!({"iss": "https://ci.example/"}), AssertionFault::UnknownIssuer)]
#[case::issuer_in_other_case(json!({"iss": "https://CI.example"}), AssertionFault::UnknownIssuer)]
#[case::subject_with_blank(json!({"sub": "build "}), AssertionFault::ClientNotChosen)]
#[case::endpoint_as_audience(json!({"aud": ENDPOINT}), AssertionFault::Audience)]
#[case::shared_audience(json!({"aud": [ISSUER, "https://other.example"]}), AssertionFault::Audience)]
#[case::both_our_names(json!({"aud": [ISSUER, ENDPOINT]}), AssertionFault::Audience)]
#[case::no_audience(json!({"aud": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("aud")))]
#[case::expired(json!({"iat": NOW - 90, "exp": NOW - 30}), AssertionFault::Expired)]
#[case::too_long(json!({"iat": NOW, "exp": NOW + 601}), AssertionFault::Lifetime(600))]
#[case::no_iat(json!({"iat": "REMOVED"}), AssertionFault::NoIssuedAt)]
#[case::no_jti(json!({"jti": "REMOVED"}), AssertionFault::NoJwtId)]
fn refused_in_both_slots(#[case] changes: Value, #[case] expected: AssertionFault) {
    let world = trusting(World::with(identified()), ci());
    assert_eq!(world.fault_in_both_slots(&ci_token(changes)), expected);
}

/// S-8725-20
#[test]
fn a_key_of_somebody_else_and_one_that_nobody_vouches_for_verify_nothing() {
    let stale = TrustedIssuer {
        keys: vec![VouchedKey {
            vouched: Vouching::Controller { not_after: None },
            ..vouched(&CI_KEY, Vouching::Spec)
        }],
        ..ci()
    };
    let strange = TrustedIssuer {
        keys: vec![vouched(&KEY, Vouching::Spec)],
        ..ci()
    };
    for issuer in [stale, strange] {
        let world = trusting(World::with(identified()), issuer);
        assert_eq!(
            world.fault_in_both_slots(&ci_token(json!({}))),
            AssertionFault::Key(NoKey::Unknown)
        );
    }
}

#[test]
fn two_trusted_issuers_of_one_identifier_are_none() {
    let world = World::with(identified());
    let twin = TrustedIssuer {
        name: "twin".to_owned(),
        ..ci()
    };
    world.index.set_trusted_issuers([ci(), twin]);
    assert_eq!(
        world.fault_in_both_slots(&ci_token(json!({}))),
        AssertionFault::UnknownIssuer
    );
}

/// D-04
#[test]
fn the_agreed_name_stands_for_us_with_that_issuer_alone() {
    let agreed = TrustedIssuer {
        audience: Some("broker.example".to_owned()),
        ..ci()
    };
    let token = ci_token(json!({"aud": "broker.example"}));
    let world = trusting(World::with(identified()), agreed);
    world.grant(&client_credentials(&token)).unwrap();
    world.grant(&client_credentials(&ci_token(json!({})))).unwrap();
    let both = ci_token(json!({"aud": ["broker.example", ISSUER]}));
    assert_eq!(world.fault_in_both_slots(&both), AssertionFault::Audience);
    assert_eq!(
        world.fault_in_both_slots(&signed(json!({"aud": "broker.example"}))),
        AssertionFault::Audience
    );
    let world = trusting(World::with(identified()), ci());
    assert_eq!(world.fault_in_both_slots(&token), AssertionFault::Audience);
}

/// S-7523-17
#[rstest]
#[case::no_iat_near_its_end(json!({"iat": "REMOVED", "jti": "REMOVED"}), None)]
#[case::no_iat_and_far_ahead(json!({"iat": "REMOVED", "exp": NOW + 601}), Some(AssertionFault::Lifetime(600)))]
#[case::an_old_one_that_ends_soon(json!({"iat": NOW - 600, "exp": NOW + 1}), Some(AssertionFault::Lifetime(600)))]
fn a_reusable_jwt_is_bounded_by_its_end_and_recorded_nowhere(
    #[case] changes: Value,
    #[case] fault: Option<AssertionFault>,
) {
    let reusable = TrustedIssuer {
        replay: ReplayPolicy::Reusable,
        ..ci()
    };
    let world = trusting(World::with(identified()), reusable);
    let token = ci_token(changes);
    match fault {
        Some(fault) => assert_eq!(world.fault_in_both_slots(&token), fault),
        None => assert_eq!(world.grant(&client_credentials(&token)).unwrap().uses(), []),
    }
}

/// RFC 7523 §2.1 with two parties: somebody vouches for a subject, and an authenticated client redeems it.
/// S-9068-06, D-12
#[test]
fn the_classic_grant_is_about_the_subject_and_the_client_acts() {
    let world = trusting(World::with_consent(redeeming(), consent()), ci());
    let (token, own) = (ci_token(json!({})), signed(json!({})));
    let grant = world.grant(&bearer(&token, Some(&own))).unwrap();
    assert_eq!(grant.terms().subject, "github-actions#build");
    assert!(grant.terms().delegated() && !grant.terms().public);
    assert_eq!(grant.uses().len(), 2, "both are recorded");
    assert_eq!(grant.terms().not_after, at(NOW + 295 + 60));

    let verbatim = Consent {
        verbatim_subjects: BTreeSet::from([(CLIENT.parse().unwrap(), "build".to_owned())]),
        ..consent()
    };
    let world = trusting(World::with_consent(redeeming(), verbatim), ci());
    let grant = world.grant(&bearer(&token, Some(&own))).unwrap();
    assert_eq!(grant.terms().subject, "build");
}

/// D-21
#[rstest]
#[case::alone(redeeming(), consent(), false, (ErrorCode::InvalidGrant, "assertion_client_not_chosen"))]
#[case::not_in_the_rule(client(CLIENT), consent(), true, (ErrorCode::InvalidGrant, "assertion_subject_not_delegated"))]
#[case::no_consent(redeeming(), Consent::default(), true, (ErrorCode::InvalidTarget, "target_not_for_subject"))]
#[case::consent_to_another(
    redeeming(),
    Consent { federated_subjects_from: BTreeSet::from(["shop/cart".parse().unwrap()]), ..Consent::default() },
    true,
    (ErrorCode::InvalidTarget, "target_not_for_subject")
)]
fn the_classic_grant_takes_a_rule_and_consent(
    #[case] client: Client,
    #[case] consent: Consent,
    #[case] authenticated: bool,
    #[case] expected: (ErrorCode, &str),
) {
    let world = trusting(World::with_consent(client, consent), ci());
    let (token, own) = (ci_token(json!({})), signed(json!({})));
    let form = bearer(&token, authenticated.then_some(own.as_str()));
    let (error, reason) = refusal(world.grant(&form));
    assert_eq!((error, reason.code().as_str()), expected);
}

/// D-21
#[test]
fn what_may_only_be_redeemed_authenticates_nobody() {
    let world = trusting(World::with_consent(redeeming(), consent()), ci());
    let (error, reason) = refusal(world.grant(&client_credentials(&ci_token(json!({})))));
    assert_eq!(error, ErrorCode::InvalidClient);
    assert_eq!(reason.code().as_str(), "assertion_client_not_chosen");
}

#[test]
fn with_both_an_identity_is_about_the_client_itself() {
    let mut client = redeeming();
    client.federated = BTreeSet::from([of_ci("build")]);
    let world = trusting(World::with(client), ci());
    let (token, own) = (ci_token(json!({})), signed(json!({})));
    let grant = world.grant(&bearer(&token, Some(&own))).unwrap();
    assert_eq!(grant.terms().subject, CLIENT);
}

/// D-15
#[test]
fn one_jti_of_two_issuers_is_two_uses() {
    let world = trusting(World::with_consent(redeeming(), consent()), ci());
    let (token, own) = (ci_token(json!({"jti": "same"})), signed(json!({"jti": "same"})));
    let uses = world.grant(&bearer(&token, Some(&own))).unwrap().uses();
    assert_eq!(uses.len(), 2);
    assert_ne!(uses.first().unwrap().key, uses.last().unwrap().key);
}
