//! Who gets what: grants, subjects, targets, scopes, lifetimes, replay.

use super::world::*;
use crate::core::scope::Scopes;
use crate::grants::{AssertionFault, Reason, Slot, issue};
use crate::jose::{Algorithm, SigningKey, UnverifiedJws};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION, RequestFault};
use crate::replay::Outcome;
use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

fn bearer(assertion: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)]
}

/// S-6749-23, S-6749-30, S-6749-38, S-7523-01
#[rstest]
#[case::client_credentials_without_authentication(vec![("grant_type", "client_credentials")], ErrorCode::InvalidClient, Reason::NotAuthenticated)]
#[case::only_a_client_id(
    vec![("grant_type", "client_credentials"), ("client_id", CLIENT)],
    ErrorCode::InvalidClient,
    Reason::NotAuthenticated
)]
#[case::no_assertion(
    vec![("grant_type", JWT_BEARER_GRANT)],
    ErrorCode::InvalidRequest,
    Reason::Request(RequestFault::Missing("assertion"))
)]
fn incomplete_requests(#[case] form: Vec<(&str, &str)>, #[case] error: ErrorCode, #[case] reason: Reason) {
    let refusal = World::new().grant(&form).unwrap_err();
    assert_eq!((refusal.error, refusal.reason), (error, reason));
}

/// S-6749-25, D-11
#[test]
fn a_grant_that_the_client_does_not_have_is_unauthorized() {
    let mut neither = client(CLIENT);
    neither.grants = crate::core::client::Grants::default();
    let world = World::with(neither);
    let token = signed(json!({}));
    for form in [client_credentials(&token).to_vec(), bearer(&token)] {
        assert_eq!(
            world.grant(&form).unwrap_err().error,
            ErrorCode::UnauthorizedClient
        );
    }
    let mut with_missing_parameter = client_credentials(&token).to_vec();
    with_missing_parameter[0].1 = JWT_BEARER_GRANT;
    assert_eq!(
        world.grant(&with_missing_parameter).unwrap_err().error,
        ErrorCode::UnauthorizedClient,
        "before the missing assertion is looked for"
    );
}

/// S-7523-04, S-7523-05, S-7523-06, D-11
#[test]
fn a_presented_client_assertion_is_verified_even_where_none_is_needed() {
    let world = World::new();
    let (good, bad) = (signed(json!({})), signed(json!({"aud": "https://other.example"})));
    let ask = |client: &str, grant: &str| {
        let form = [
            ("grant_type", JWT_BEARER_GRANT),
            ("assertion", grant),
            ("client_assertion_type", JWT_CLIENT_ASSERTION),
            ("client_assertion", client),
        ];
        world
            .grant(&form)
            .map(|grant| grant.uses().len())
            .map_err(|refusal| refusal.error)
    };
    let second = signed(json!({"jti": "two"}));
    assert_eq!(ask(&good, &second), Ok(2), "both, each recorded");
    assert_eq!(ask(&bad, &second), Err(ErrorCode::InvalidClient));
    assert_eq!(ask(&good, &bad), Err(ErrorCode::InvalidGrant));
    assert_eq!(
        ask(&bad, &bad),
        Err(ErrorCode::InvalidClient),
        "the client comes first"
    );
    assert_eq!(
        ask(&good, &good),
        Err(ErrorCode::InvalidGrant),
        "one token in both slots"
    );
    assert_eq!(
        ask(&good, &pod_token(json!({}))),
        Ok(1),
        "the client's own workload"
    );

    let mut other = client("shop/cart");
    other.keys = vec![vouched(&OTHER_KEY, crate::core::client::Vouching::Spec)];
    world.index.put(other);
    let others = claims(good_assertion(), json!({"iss": "shop/cart", "sub": "shop/cart"}));
    let others = OTHER_KEY.sign_jws(None, &others).unwrap();
    assert_eq!(
        ask(&good, &others),
        Err(ErrorCode::InvalidGrant),
        "another client's"
    );
}

/// D-21
#[rstest]
#[case::anothers_own(json!({"iss": "shop/cart", "sub": "shop/cart"}), None)]
#[case::anothers_word_for_a_subject_of_ours(json!({"iss": "shop/cart", "sub": "alice"}), None)]
#[case::another_workload_of_the_namespace(
    json!({"sub": "system:serviceaccount:payments:reports"}),
    Some(kubernetes(json!({"serviceaccount": {"name": "reports", "uid": "u"}})))
)]
fn an_assertion_of_somebody_else_is_no_grant_for_the_authenticated_client(
    #[case] mut changes: Value,
    #[case] workload: Option<Value>,
) {
    let world = World::new();
    let mut other = client("shop/cart");
    other.keys = vec![vouched(&OTHER_KEY, crate::core::client::Vouching::Spec)];
    world.index.put(other);
    let theirs = match workload {
        None => OTHER_KEY
            .sign_jws(None, &claims(good_assertion(), changes))
            .unwrap(),
        Some(claim) => {
            changes["kubernetes.io"] = claim["kubernetes.io"].clone();
            pod_token(changes)
        }
    };
    let ours = signed(json!({}));
    let mut form = client_credentials(&ours).to_vec();
    form[0].1 = JWT_BEARER_GRANT;
    form.push(("assertion", &theirs));
    let refusal = world.grant(&form).unwrap_err();
    let fault = AssertionFault::OtherClient;
    assert_eq!(refusal, Slot::Assertion.refuse(fault));
}

#[test]
fn an_assertion_in_a_client_credentials_request_does_not_go_unverified() {
    let (token, other) = (signed(json!({})), signed(json!({"jti": "two"})));
    let mut form = client_credentials(&token).to_vec();
    form.push(("assertion", &other));
    let refusal = World::new().grant(&form).unwrap_err();
    assert_eq!(
        (refusal.error, refusal.reason),
        (ErrorCode::InvalidRequest, Reason::UnexpectedAssertion)
    );
}

/// S-7521-10, S-7523-13, S-9068-06, D-12
#[rstest]
#[case::itself(CLIENT, Ok((CLIENT, false)))]
#[case::listed("alice", Ok(("payments/billing#alice", true)))]
#[case::not_listed("bob", Err(ErrorCode::InvalidGrant))]
#[case::another_client("shop/cart", Err(ErrorCode::InvalidGrant))]
#[case::prefix("alic", Err(ErrorCode::InvalidGrant))]
fn delegated_subjects(#[case] sub: &str, #[case] expected: Result<(&str, bool), ErrorCode>) {
    let token = signed(json!({ "sub": sub }));
    let granted = World::new().grant(&bearer(&token));
    let granted = granted
        .as_ref()
        .map(|grant| (grant.terms().subject.as_str(), grant.terms().delegated()));
    assert_eq!(granted.map_err(|refusal| refusal.error), expected);
    if sub != CLIENT {
        let refusal = World::new().grant(&client_credentials(&token)).unwrap_err();
        let fault = AssertionFault::SubjectIsNotIssuer;
        assert_eq!(
            refusal.reason,
            Reason::Assertion {
                slot: Slot::ClientAssertion,
                fault
            }
        );
    }
}

/// S-7523-21, D-20
#[rstest]
#[case::client_id(json!({"client_id": "shop/cart"}))]
#[case::azp(json!({"azp": "shop/cart"}))]
#[case::not_text(json!({"client_id": 1}))]
fn an_assertion_for_another_client_is_not_this_ones(#[case] changes: Value) {
    let refusal = World::new().grant(&bearer(&signed(changes))).unwrap_err();
    assert_eq!(refusal.error, ErrorCode::InvalidGrant);
}

/// S-8707-01, S-8707-03, S-8707-04, S-8707-06, S-9068-04, D-17
#[rstest]
#[case::the_only_one(&[LEDGER], &[], Ok(LEDGER))]
#[case::named(&[LEDGER, "https://old.internal"], &["https://old.internal"], Ok("https://old.internal"))]
#[case::none_of_two(&[LEDGER, "https://old.internal"], &[], Err(Reason::NoTarget))]
#[case::no_resource_at_all(&[], &[], Err(Reason::NoTarget))]
#[case::not_the_clients(&[LEDGER], &["https://old.internal"], Err(Reason::TargetNotAllowed))]
#[case::slash(&[LEDGER], &["https://ledger.internal/"], Err(Reason::TargetNotAllowed))]
#[case::path_below(&[LEDGER], &["https://ledger.internal/x"], Err(Reason::TargetNotAllowed))]
#[case::fragment(&[LEDGER], &["https://ledger.internal#x"], Err(Reason::TargetNotAllowed))]
#[case::relative(&[LEDGER], &["/x"], Err(Reason::TargetNotAllowed))]
#[case::not_minted(&["https://unknown.internal"], &[], Err(Reason::TargetNotMinted))]
#[case::two(&[LEDGER], &[LEDGER, LEDGER], Err(Reason::SeveralTargets))]
fn targets(#[case] allowed: &[&str], #[case] asked: &[&str], #[case] expected: Result<&str, Reason>) {
    let mut client = client(CLIENT);
    client.resources = allowed
        .iter()
        .map(|identifier| resource(identifier, &["read"], false))
        .collect();
    let token = signed(json!({}));
    let mut form = client_credentials(&token).to_vec();
    form.extend(asked.iter().map(|resource| ("resource", *resource)));
    let granted = World::with(client).grant(&form);
    let granted = granted
        .as_ref()
        .map(|grant| grant.terms().audience.as_str())
        .map_err(|refusal| {
            assert_eq!(refusal.error, ErrorCode::InvalidTarget);
            refusal.reason.clone()
        });
    assert_eq!(granted, expected);
}

/// S-6749-54, S-6749-56, S-7521-09, S-7523-21, D-20
#[rstest]
#[case::all_by_default(None, json!({}), Ok("read write"))]
#[case::fewer(Some("read"), json!({}), Ok("read"))]
#[case::more(Some("read admin"), json!({}), Err(Reason::ScopeExceeded))]
#[case::other_case(Some("Read"), json!({}), Err(Reason::ScopeExceeded))]
#[case::malformed(Some("read  write"), json!({}), Err(Reason::ScopeSyntax))]
#[case::the_claim_is_the_request(None, json!({"scope": "read"}), Ok("read"))]
#[case::the_claim_bounds_the_request(Some("read write"), json!({"scope": "read"}), Err(Reason::ScopeExceeded))]
#[case::within_the_claim(Some("read"), json!({"scope": "write read"}), Ok("read"))]
#[case::claim_over_policy(None, json!({"scope": "admin"}), Err(Reason::ScopeExceeded))]
fn scopes(#[case] asked: Option<&str>, #[case] changes: Value, #[case] expected: Result<&str, Reason>) {
    let token = signed(changes);
    for base in [client_credentials(&token).to_vec(), bearer(&token)] {
        let form: Vec<_> = base
            .into_iter()
            .chain(asked.map(|scope| ("scope", scope)))
            .collect();
        let granted = World::new().grant(&form);
        let granted = granted
            .as_ref()
            .map(|grant| grant.terms().scopes.to_string())
            .map_err(|refusal| {
                assert_eq!(refusal.error, ErrorCode::InvalidScope);
                refusal.reason.clone()
            });
        assert_eq!(granted, expected.clone().map(str::to_owned));
    }
}

/// S-7521-07, D-16
#[test]
fn a_token_does_not_outlive_the_grant_behind_it_for_long() {
    let world = World::new();
    let end = |form: &[(&str, &str)]| world.grant(form).unwrap().terms().not_after.as_second() - NOW;
    let short = signed(json!({}));
    assert_eq!(
        end(&client_credentials(&short)),
        600,
        "an assertion that only authenticates bounds nothing"
    );
    assert_eq!(end(&bearer(&short)), 55 + 60, "a grant does, with the slack");
    let old = pod_token(json!({"iat": NOW - 3_500, "exp": NOW + 100}));
    assert_eq!(
        end(&client_credentials(&old)),
        160,
        "a service-account token in any slot"
    );
    assert_eq!(end(&bearer(&old)), 160);
}

/// S-7523-16, D-11
#[test]
fn the_replay_logs_word_is_taken_and_the_times_are_looked_at_again() {
    let world = World::new();
    let token = signed(json!({}));
    let settle = |form: &[(&str, &str)], outcome, now| {
        world
            .grant(form)
            .unwrap()
            .settle(outcome, at(now))
            .map(|_| ())
            .map_err(|refusal| refusal.error.as_str())
    };
    let form = client_credentials(&token);
    assert_eq!(settle(&form, Outcome::Owned, NOW), Ok(()));
    assert_eq!(settle(&form, Outcome::Replayed(0), NOW), Err("invalid_client"));
    assert_eq!(
        settle(&bearer(&token), Outcome::Replayed(0), NOW),
        Err("invalid_grant")
    );
    for unsaid in [Outcome::Unavailable, Outcome::Unknown, Outcome::LogFull] {
        assert_eq!(settle(&form, unsaid, NOW), Err("temporarily_unavailable"));
    }
    assert_eq!(settle(&form, Outcome::ClientFull, NOW), Err("slow_down"));
    assert_eq!(settle(&form, Outcome::Owned, NOW + 84), Ok(()));
    assert_eq!(
        settle(&form, Outcome::Owned, NOW + 85),
        Err("invalid_client"),
        "expired while it waited"
    );
    assert_eq!(
        settle(&bearer(&token), Outcome::Owned, NOW + 85),
        Err("invalid_grant")
    );
}

/// S-6749-52, S-9068-01, S-9068-02, S-9068-05, D-12
#[test]
fn the_access_token_is_one_of_rfc_9068() {
    let world = World::new();
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let grant = world.grant(&bearer(&signed(json!({"sub": "alice"})))).unwrap();
    let settled = grant.settle(Outcome::Owned, at(NOW)).unwrap();
    let issued = issue(&settled, &world.settings.issuer, &key, "token-1", at(NOW)).unwrap();
    assert_eq!(issued.lifetime, SignedDuration::from_secs(115));

    let jws = UnverifiedJws::parse(&issued.access_token).unwrap();
    assert_eq!((jws.typ(), jws.kid()), (Some("at+jwt"), Some(key.kid())));
    let claims = jws.verify(&key.verification_key().unwrap()).unwrap();
    let expected = json!({
        "iss": ISSUER, "sub": "payments/billing#alice", "aud": LEDGER, "client_id": CLIENT,
        "iat": NOW, "exp": NOW + 115, "jti": "token-1", "scope": "read write",
        "act": { "iss": ISSUER, "sub": CLIENT },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(claims.get(name), Some(value), "{name}");
    }
    assert_eq!(claims.get("kubernetes.io"), None);

    let grant = world.grant(&bearer(&pod_token(json!({})))).unwrap();
    let settled = grant.settle(Outcome::Owned, at(NOW)).unwrap();
    let issued = issue(&settled, &world.settings.issuer, &key, "token-2", at(NOW)).unwrap();
    let jws = UnverifiedJws::parse(&issued.access_token).unwrap();
    let workload = jws.unverified_claims().get("kubernetes.io").unwrap();
    assert_eq!(workload.pointer("/pod/uid"), Some(&json!("pod-uid")));
    assert_eq!(
        jws.unverified_claims().get("act"),
        None,
        "a client that acts for itself"
    );

    let other = SigningKey::generate(Algorithm::EdDsa).unwrap();
    assert!(issue(&settled, &world.settings.issuer, &other, "token-3", at(NOW)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// S-7521-09, D-20
    #[test]
    fn a_grant_is_always_within_the_policy(
        allowed in proptest::collection::btree_set("[a-d]", 0..4),
        asked in proptest::option::of(proptest::collection::btree_set("[a-e]", 1..4)),
        claimed in proptest::option::of(proptest::collection::btree_set("[a-e]", 1..4)),
    ) {
        let mut client = client(CLIENT);
        let allowed = Scopes::from_tokens(allowed).unwrap();
        client.resources[0].scopes = allowed.clone();
        let text = |set: std::collections::BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        let (asked, claimed) = (asked.map(text), claimed.map(text));
        let token = signed(claimed.as_ref().map_or(json!({}), |scope| json!({ "scope": scope })));
        let mut form = client_credentials(&token).to_vec();
        form.extend(asked.as_deref().map(|scope| ("scope", scope)));
        if let Ok(grant) = World::with(client).grant(&form) {
            prop_assert!(grant.terms().scopes.is_subset(&allowed));
            for bound in [asked, claimed].into_iter().flatten() {
                prop_assert!(grant.terms().scopes.is_subset(&bound.parse().unwrap()));
            }
        }
    }
}
