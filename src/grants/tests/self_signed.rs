//! RFC 7523 §3 for assertions that a client signs, rule by rule, in both slots.

use super::world::*;
use crate::core::client::{AudiencePolicy, Vouching};
use crate::grants::AssertionFault;
use crate::jose::{Algorithm, ClaimFault, JsonFault, JwsFault, NoKey, SigningKey};
use rstest::rstest;
use serde_json::{Value, json};

/// S-6749-39, S-7521-04, S-7521-06, S-7523-10, S-7523-11, S-7523-12, S-7523-14, S-7523-15, S-7523-16,
/// S-7523-17, S-7523-18, S-7523-19, S-7523-26, S-7523bis-05, S-8725-22, S-7519-12, S-7519-13, S-7519-14,
/// S-7519-15, D-03, D-13
#[rstest]
#[case::rule_1_no_iss(json!({"iss": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("iss")))]
#[case::rule_1_iss_not_a_string(json!({"iss": 1}), AssertionFault::Claim(ClaimFault::Malformed("iss")))]
#[case::rule_1_iss_in_an_array(json!({"iss": [CLIENT]}), AssertionFault::Claim(ClaimFault::Malformed("iss")))]
#[case::rule_1_iss_empty(json!({"iss": ""}), AssertionFault::Claim(ClaimFault::Malformed("iss")))]
#[case::rule_1_other_case(json!({"iss": "Payments/billing"}), AssertionFault::UnknownIssuer)]
#[case::rule_1_trailing_slash(json!({"iss": "payments/billing/"}), AssertionFault::UnknownIssuer)]
#[case::rule_1_stranger(json!({"iss": "https://evil.example"}), AssertionFault::UnknownIssuer)]
#[case::rule_1_cluster_with_slash(json!({"iss": "https://kubernetes.default.svc.cluster.local/"}), AssertionFault::UnknownIssuer)]
#[case::rule_1_unknown_client(json!({"iss": "payments/nobody"}), AssertionFault::UnknownClient)]
#[case::rule_2_no_sub(json!({"sub": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("sub")))]
#[case::rule_2_sub_empty(json!({"sub": ""}), AssertionFault::Claim(ClaimFault::Malformed("sub")))]
#[case::rule_2_sub_null(json!({"sub": null}), AssertionFault::Claim(ClaimFault::Malformed("sub")))]
#[case::rule_3_no_aud(json!({"aud": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("aud")))]
#[case::rule_3_aud_null(json!({"aud": null}), AssertionFault::Claim(ClaimFault::Malformed("aud")))]
#[case::rule_3_aud_number(json!({"aud": 1}), AssertionFault::Claim(ClaimFault::Malformed("aud")))]
#[case::rule_3_aud_no_value(json!({"aud": []}), AssertionFault::Claim(ClaimFault::Malformed("aud")))]
#[case::rule_3_aud_object(json!({"aud": {}}), AssertionFault::Claim(ClaimFault::Malformed("aud")))]
#[case::rule_3_aud_mixed(json!({"aud": [ISSUER, 1]}), AssertionFault::Claim(ClaimFault::Malformed("aud")))]
#[case::rule_3_somebody_else(json!({"aud": "https://other.example"}), AssertionFault::Audience)]
#[case::rule_3_and_somebody_else(json!({"aud": [ISSUER, "https://other.example"]}), AssertionFault::Audience)]
#[case::rule_3_trailing_slash(json!({"aud": "https://tokens.example/"}), AssertionFault::Audience)]
#[case::rule_3_port(json!({"aud": "https://tokens.example:443"}), AssertionFault::Audience)]
#[case::rule_3_other_case(json!({"aud": "https://TOKENS.example"}), AssertionFault::Audience)]
#[case::rule_3_api_server(json!({"aud": CLUSTER}), AssertionFault::Audience)]
#[case::rule_4_no_exp(json!({"exp": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("exp")))]
#[case::rule_4_exp_text(json!({"exp": "1800000055"}), AssertionFault::Claim(ClaimFault::Malformed("exp")))]
#[case::rule_4_exp_true(json!({"exp": true}), AssertionFault::Claim(ClaimFault::Malformed("exp")))]
#[case::rule_4_exp_negative(json!({"exp": -1}), AssertionFault::Claim(ClaimFault::Malformed("exp")))]
#[case::rule_4_exp_2_to_64(json!({"exp": 18_446_744_073_709_551_615_u64}), AssertionFault::Claim(ClaimFault::Malformed("exp")))]
#[case::rule_4_expired(json!({"exp": NOW - 30, "iat": NOW - 60}), AssertionFault::Expired)]
#[case::rule_5_nbf_to_come(json!({"nbf": NOW + 31}), AssertionFault::NotYetValid)]
#[case::rule_5_nbf_text(json!({"nbf": "1"}), AssertionFault::Claim(ClaimFault::Malformed("nbf")))]
#[case::rule_6_iat_to_come(json!({"iat": NOW + 31}), AssertionFault::IssuedInTheFuture)]
#[case::rule_6_no_iat(json!({"iat": "REMOVED"}), AssertionFault::NoIssuedAt)]
#[case::lifetime_too_long(json!({"iat": NOW, "exp": NOW + 301}), AssertionFault::Lifetime(300))]
#[case::issued_after_it_expired(json!({"iat": NOW + 20, "exp": NOW + 10}), AssertionFault::Lifetime(300))]
#[case::rule_7_no_jti(json!({"jti": "REMOVED"}), AssertionFault::NoJwtId)]
#[case::rule_7_jti_number(json!({"jti": 1}), AssertionFault::Claim(ClaimFault::Malformed("jti")))]
#[case::rule_7_jti_empty(json!({"jti": ""}), AssertionFault::Claim(ClaimFault::Malformed("jti")))]
#[case::rule_7_jti_long(json!({"jti": "x".repeat(257)}), AssertionFault::Claim(ClaimFault::Malformed("jti")))]
#[case::scope_not_text(json!({"scope": ["read"]}), AssertionFault::ScopeClaim)]
#[case::scope_malformed(json!({"scope": "read  write"}), AssertionFault::ScopeClaim)]
fn refused(#[case] changes: Value, #[case] expected: AssertionFault) {
    assert_eq!(World::new().fault_in_both_slots(&signed(changes)), expected);
}

/// S-7521-12, S-7523-01, S-7523-02, S-7523-03, S-7523-16, S-7523-17, S-7523-18, S-7523-19, S-7523-21,
/// S-7523bis-01, S-7523bis-04, S-JOSE-09, S-7519-11, S-7519-12, S-7519-13, S-7519-14, D-23
#[rstest]
#[case::issuer_in_an_array(json!({"aud": [ISSUER]}))]
#[case::endpoint(json!({"aud": ENDPOINT}))]
#[case::both_are_ours(json!({"aud": [ENDPOINT, ISSUER]}))]
#[case::expired_within_the_skew(json!({"exp": NOW - 29, "iat": NOW - 89}))]
#[case::not_before_within_the_skew(json!({"nbf": NOW + 30}))]
#[case::issued_within_the_skew(json!({"iat": NOW + 30}))]
#[case::fraction_of_a_second(json!({"exp": 1_800_000_055.5}))]
#[case::longest_lifetime(json!({"iat": NOW, "exp": NOW + 300}))]
#[case::unknown_claims(json!({"nonce": "x", "groups": ["a"]}))]
#[case::client_id_is_the_client(json!({"client_id": CLIENT, "azp": CLIENT}))]
fn accepted(#[case] changes: Value) {
    let world = World::new();
    let token = signed(changes);
    world.grant(&client_credentials(&token)).unwrap();
    let form = [
        ("grant_type", crate::oauth::request::JWT_BEARER_GRANT),
        ("assertion", token.as_str()),
    ];
    world.grant(&form).unwrap();
}

/// S-7523bis-01, S-7523bis-02, D-04
#[rstest]
#[case::string(json!(ISSUER), true)]
#[case::array_of_one(json!([ISSUER]), true)]
#[case::endpoint(json!(ENDPOINT), false)]
#[case::both(json!([ISSUER, ENDPOINT]), false)]
#[case::and_another(json!([ISSUER, "https://other.example"]), false)]
fn strict_takes_the_issuer_alone(#[case] audience: Value, #[case] accepted: bool) {
    let mut client = client(CLIENT);
    client.assertion.audience = AudiencePolicy::Strict;
    let granted = World::with(client).grant(&client_credentials(&signed(json!({ "aud": audience }))));
    assert_eq!(granted.is_ok(), accepted);
}

/// S-7523-06, S-7523bis-06, S-7523bis-07, S-7523bis-08, S-8725-10, S-8725-11, D-07, D-22
#[rstest]
#[case::untyped(None, true, true)]
#[case::plain(Some("JWT"), true, true)]
#[case::authentication(Some("client-authentication+jwt"), true, false)]
#[case::authentication_in_full(Some("application/Client-Authentication+JWT"), true, false)]
#[case::grant(Some("authorization-grant+jwt"), false, true)]
#[case::access_token(Some("at+jwt"), false, false)]
#[case::dpop(Some("dpop+jwt"), false, false)]
#[case::id_jag(Some("oauth-id-jag+jwt"), false, false)]
#[case::logout(Some("logout+jwt"), false, false)]
#[case::secevent(Some("secevent+jwt"), false, false)]
fn a17_types_belong_to_slots(#[case] typ: Option<&str>, #[case] authenticates: bool, #[case] grants: bool) {
    let token = KEY.sign_jws(typ, &claims(good_assertion(), json!({}))).unwrap();
    let world = World::new();
    assert_eq!(world.grant(&client_credentials(&token)).is_ok(), authenticates);
    let form = [
        ("grant_type", crate::oauth::request::JWT_BEARER_GRANT),
        ("assertion", token.as_str()),
    ];
    assert_eq!(world.grant(&form).is_ok(), grants);
}

/// S-7523-22
#[test]
fn a_key_of_nobody_or_of_another_algorithm_does_not_authenticate() {
    let world = World::new();
    let stranger = OTHER_KEY
        .sign_jws(None, &claims(good_assertion(), json!({})))
        .unwrap();
    assert_eq!(
        world.fault_in_both_slots(&stranger),
        AssertionFault::Key(NoKey::Unknown)
    );

    let other_algorithm = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let token = other_algorithm
        .sign_jws(None, &claims(good_assertion(), json!({})))
        .unwrap();
    assert_eq!(
        world.fault_in_both_slots(&token),
        AssertionFault::Key(NoKey::Unknown)
    );
}

/// S-7523-01, S-7523-22, S-7523-23
#[test]
fn a_changed_token_does_not_verify() {
    let world = World::new();
    let token = signed(json!({}));
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = signed(json!({"jti": "two"}));
    let mixed = format!("{head}.{}", other.rsplit_once('.').unwrap().1);
    assert_eq!(
        world.fault_in_both_slots(&mixed),
        AssertionFault::Jws(JwsFault::Signature)
    );
    for malformed in [head, signature, "", "a.b.c", "..", &format!("{token}.x")] {
        let form = [
            ("grant_type", crate::oauth::request::JWT_BEARER_GRANT),
            ("assertion", malformed),
        ];
        world.grant(&form).unwrap_err();
    }
    let twice = claims(good_assertion(), json!({}));
    let twice = String::from_utf8(twice)
        .unwrap()
        .replacen('{', r#"{"sub":"x","#, 1);
    let token = KEY.sign_jws(None, twice.as_bytes()).unwrap();
    assert_eq!(
        world.fault_in_both_slots(&token),
        AssertionFault::Jws(JwsFault::Claims(JsonFault::Duplicate))
    );
}

#[test]
fn a_referenced_key_lives_on_the_controllers_word_and_an_inline_one_on_the_spec() {
    let good = signed(json!({}));
    let mut referenced = client(CLIENT);
    referenced.keys = vec![vouched(&KEY, Vouching::Controller { not_after: None })];
    let world = World::with(referenced.clone());
    assert_eq!(
        world.fault_in_both_slots(&good),
        AssertionFault::Key(NoKey::Unknown),
        "no heartbeat ever"
    );
    world.index.last_heartbeat().set(at(NOW - 3_599));
    world.grant(&client_credentials(&good)).unwrap();
    world.index.last_heartbeat().set(at(NOW - 3_600));
    assert_eq!(
        world.fault_in_both_slots(&good),
        AssertionFault::Key(NoKey::Unknown),
        "an hour later"
    );

    referenced.keys = vec![vouched(
        &KEY,
        Vouching::Controller {
            not_after: Some(at(NOW)),
        },
    )];
    let world = World::with(referenced);
    world.index.last_heartbeat().set(at(NOW));
    assert_eq!(
        world.fault_in_both_slots(&good),
        AssertionFault::Key(NoKey::Unknown),
        "its source is gone"
    );
}

/// D-10
#[test]
fn what_may_have_been_used_before_the_log_began_is_not_decidable() {
    let mut world = World::new();
    world.moment.log_birth = Some(at(NOW - 10));
    assert_eq!(
        world.fault_in_both_slots(&signed(json!({"iat": NOW + 19}))),
        AssertionFault::BeforeTheLog
    );
    world
        .grant(&client_credentials(&signed(json!({"iat": NOW + 20}))))
        .unwrap();
}
