//! What the claims may not do: act before they are verified (A16), stand in for another kind of token (A17), or
//! reach the access token (B8).

use super::*;
use crate::grants::{Reason, Slot};
use crate::jose::{HeaderFault, JwsFault, NoKey};
use crate::oauth::error::ErrorCode;

/// A token whose signature belongs to other claims.
fn badly_signed(sign: Sign, changes: Value) -> String {
    let (token, other) = (sign(changes), sign(json!({"jti": "other"})));
    let (input, signature) = (
        token.rsplit_once('.').unwrap().0,
        other.rsplit_once('.').unwrap().1,
    );
    format!("{input}.{signature}")
}

/// A16: whatever else is wrong with a token, a bad signature is what is answered, and what the claims say takes
/// part in nothing.
#[rstest]
#[case::nothing_else(json!({}))]
#[case::expired(json!({"exp": NOW - 3_600}))]
#[case::no_end(json!({"exp": "REMOVED"}))]
#[case::dates(json!({"exp": "x", "nbf": [], "iat": -1}))]
#[case::audience(json!({"aud": "https://other.example"}))]
#[case::no_audience(json!({"aud": "REMOVED"}))]
#[case::subject(json!({"sub": "mallory"}))]
#[case::no_subject(json!({"sub": "REMOVED"}))]
#[case::no_name(json!({"jti": "REMOVED"}))]
#[case::lifetime(json!({"iat": 0}))]
#[case::scope(json!({"scope": ["a"]}))]
#[case::other_client(json!({"client_id": "shop/cart", "azp": 1}))]
#[case::other_workload(json!({"kubernetes.io": {"namespace": "kube-system"}}))]
fn a16_the_signature_comes_before_the_claims(
    #[case] changes: Value,
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
) {
    let (world, log) = (everybody(), log());
    let token = badly_signed(sign, changes);
    assert_eq!(world.fault_in_both_slots(&token), JwsFault::Signature.into());
    // Not even its name was taken note of: the genuine token with the same `jti` is good.
    exchange(&world, &log, &bearer(&token)).unwrap_err();
    exchange(&world, &log, &bearer(&sign(json!({})))).unwrap();
}

/// A16: nor does it matter what a token says whose key nobody knows.
#[test]
fn a16_the_key_comes_before_the_claims() {
    for changes in [
        json!({}),
        json!({"exp": 0, "aud": 1, "sub": 2}),
        json!({"jti": "REMOVED"}),
    ] {
        let token = OTHER_KEY
            .sign_jws(None, &claims(good_assertion(), changes))
            .unwrap();
        let fault = everybody().fault_in_both_slots(&token);
        assert_eq!(fault, AssertionFault::Key(NoKey::Unknown));
    }
}

/// A17: tokens of other kinds as assertions, each signed well by a key that counts.
/// S-8725-10, D-22, S-7523-12, S-7523bis-07
#[rstest]
#[case::access_token_of_ours(
    &KEY, json!({"typ": "at+jwt"}),
    json!({"iss": ISSUER, "sub": CLIENT, "aud": LEDGER, "client_id": CLIENT}), AssertionFault::Type
)]
#[case::access_token_of_ours_without_its_type(
    &KEY, json!({}), json!({"iss": ISSUER, "sub": CLIENT, "aud": LEDGER}), AssertionFault::UnknownIssuer
)]
#[case::access_token_by_a_client(
    &KEY, json!({"typ": "application/at+jwt"}), json!({"aud": ISSUER}), AssertionFault::Type
)]
#[case::access_token_for_us(
    &CI_KEY, json!({"typ": "at+jwt"}), json!({"iss": CI, "sub": "build"}), AssertionFault::Type
)]
#[case::id_token(
    &CI_KEY, json!({"typ": "JWT"}),
    json!({"iss": CI, "sub": "build", "aud": CLIENT, "azp": CLIENT, "nonce": "n"}), AssertionFault::Audience
)]
#[case::id_token_by_a_client(
    &KEY, json!({"typ": "JWT"}), json!({"aud": CLIENT, "nonce": "n", "at_hash": "x"}), AssertionFault::Audience
)]
#[case::logout_token(
    &CI_KEY, json!({"typ": "logout+jwt"}),
    json!({"iss": CI, "sub": "build", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
    AssertionFault::Type
)]
#[case::request_object(
    &KEY, json!({"typ": "oauth-authz-req+jwt"}), json!({"client_id": CLIENT, "response_type": "code"}),
    AssertionFault::Type
)]
#[case::request_object_without_its_type(
    &KEY, json!({}), json!({"sub": "REMOVED", "client_id": CLIENT, "response_type": "code"}), missing("sub")
)]
#[case::dpop_proof(
    &KEY, json!({"typ": "dpop+jwt", "jwk": {"kty": "EC"}}), json!({"htm": "POST", "htu": ENDPOINT}),
    AssertionFault::Jws(JwsFault::Parameter(HeaderFault::Refused("jwk")))
)]
#[case::dpop_proof_without_its_key(
    &KEY, json!({"typ": "dpop+jwt"}), json!({"htm": "POST", "htu": ENDPOINT}), AssertionFault::Type
)]
#[case::workload_identity_token(&CI_KEY, json!({"typ": "wit+jwt"}), json!({"iss": CI, "sub": "build"}), AssertionFault::Type)]
#[case::transaction_token(&CI_KEY, json!({"typ": "txntoken+jwt"}), json!({"iss": CI, "sub": "build"}), AssertionFault::Type)]
#[case::id_jag(&CI_KEY, json!({"typ": "oauth-id-jag+jwt"}), json!({"iss": CI, "sub": "build"}), AssertionFault::Type)]
#[case::introspection(
    &CI_KEY, json!({"typ": "token-introspection+jwt"}), json!({"iss": CI, "token_introspection": {"active": true}}),
    AssertionFault::Type
)]
#[case::service_account_token_of_another_kind(
    &CLUSTER_KEY, json!({"typ": "at+jwt"}),
    json!({"iss": CLUSTER, "sub": "system:serviceaccount:payments:billing"}), AssertionFault::Type
)]
#[case::service_account_token_by_a_client(
    &KEY, json!({}), json!({"iss": CLUSTER, "sub": "system:serviceaccount:payments:billing"}),
    AssertionFault::Key(NoKey::Unknown)
)]
fn a17_tokens_of_another_kind(
    #[case] key: &SigningKey,
    #[case] mut header: Value,
    #[case] changes: Value,
    #[case] expected: AssertionFault,
) {
    header["alg"] = json!(key.algorithm().as_str());
    header["kid"] = json!(key.kid());
    let token = with_header(key, &header, &claims(good_assertion(), changes));
    assert_eq!(everybody().fault_in_both_slots(&token), expected);
}

/// A17: and the reverse: what a client signs is no access token, for it never has the type of one.
/// S-8725-10
#[test]
fn a17_the_types_of_assertions_are_not_those_of_access_tokens() {
    let ours = issued(&everybody(), &bearer(&signed(json!({}))));
    assert_eq!(ours["iss"], ISSUER, "and `issued` has seen at+jwt in the header");
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT"] {
        let token = KEY
            .sign_jws(Some(typ), &claims(good_assertion(), json!({})))
            .unwrap();
        assert_eq!(
            everybody().fault_in_both_slots(&token),
            AssertionFault::Type,
            "{typ}"
        );
    }
}

/// B8: no claim of an assertion overwrites or joins those of the access token, whoever signed it.
/// S-9068-08, D-12
#[rstest]
#[case::client_assertion(BY_KEY, false, &[])]
#[case::grant_by_a_client(BY_KEY, true, &[])]
#[case::workload(BY_CLUSTER, true, &["kubernetes.io"])]
#[case::trusted_issuer(BY_ISSUER, true, &[])]
fn b8_claims_of_an_assertion_stay_there(#[case] sign: Sign, #[case] as_grant: bool, #[case] more: &[&str]) {
    let token = sign(json!({
        "act": {"sub": "root"}, "may_act": {"sub": "root"}, "cnf": {"jkt": "x"}, "client_auth": "none",
        "groups": ["system:masters"], "roles": ["admin"], "entitlements": ["all"], "username": "root",
        "auth_time": 1, "acr": "9", "amr": ["mfa"], "sid": "s", "token_type": "x", "active": true,
        "authorization_details": [{"type": "all"}], "org_id": "1", "urn:x:y": 1, "jti": "of-the-assertion",
    }));
    let form = if as_grant {
        bearer(&token)
    } else {
        client_credentials(&token).to_vec()
    };
    let issued = issued(&everybody(), &form);
    let mut expected = BTreeSet::from(["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"]);
    expected.extend(more);
    let members: BTreeSet<&str> = issued.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, expected);
    let values =
        ["iss", "sub", "aud", "client_id", "jti"].map(|name| issued[name].as_str().unwrap().to_owned());
    assert_eq!(values, [ISSUER, CLIENT, LEDGER, CLIENT, "token-1"]);
    assert_eq!(issued["iat"], NOW);
}

/// B8: `client_id` and `azp` in an assertion may only agree.
/// D-20
#[rstest]
#[case(json!({"client_id": "shop/cart"}))]
#[case(json!({"azp": "shop/cart"}))]
#[case(json!({"client_id": CLIENT, "azp": "shop/cart"}))]
#[case(json!({"client_id": [CLIENT]}))]
#[case(json!({"client_id": ""}))]
fn b8_an_assertion_does_not_choose_another_client(
    #[case] changes: Value,
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
) {
    let refusal = everybody().grant(&bearer(&sign(changes))).unwrap_err();
    let fault = AssertionFault::OtherClient;
    assert_eq!(
        (refusal.error, refusal.reason),
        (
            ErrorCode::InvalidGrant,
            Reason::Assertion {
                slot: Slot::Assertion,
                fault
            }
        )
    );
}
