//! Which client a credential is for, and with which algorithms its keys verify.

use super::world::*;
use crate::core::client::{AudiencePolicy, Vouching};
use crate::grants::AssertionFault;
use crate::jose::{Algorithm, SigningKey};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::JWT_BEARER_GRANT;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::{Value, json};

fn bearer(assertion: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)]
}

/// S-7521-03, S-6749-38, D-18: `client_id` is not needed, and changes nothing but that another one is refused
/// with the code of the slot. An empty one is none (S-6749-07).
#[rstest]
#[case::absent(None, true)]
#[case::empty(Some(""), true)]
#[case::the_same(Some(CLIENT), true)]
#[case::another(Some("shop/cart"), false)]
#[case::unknown(Some("payments/nobody"), false)]
#[case::other_case(Some("Payments/billing"), false)]
#[case::prefix(Some("payments/bill"), false)]
#[case::trailing_space(Some("payments/billing "), false)]
#[case::malformed(Some("*"), false)]
fn client_id_agrees_with_the_assertion_or_is_refused(#[case] hint: Option<&str>, #[case] good: bool) {
    let world = World::new();
    world.index.put(client("shop/cart"));
    for token in [signed(json!({})), pod_token(json!({}))] {
        for (form, code) in [
            (client_credentials(&token).to_vec(), ErrorCode::InvalidClient),
            (bearer(&token), ErrorCode::InvalidGrant),
        ] {
            let form: Vec<_> = form
                .into_iter()
                .chain(hint.map(|hint| ("client_id", hint)))
                .collect();
            match world.grant(&form) {
                Ok(grant) => assert_eq!((grant.terms().client.as_str(), good), (CLIENT, true)),
                Err(refusal) => {
                    assert_eq!((refusal.error, good), (code, false));
                    assert_eq!(refusal.reason.code().as_str(), "assertion_client_not_chosen");
                }
            }
        }
    }
}

/// S-7521-10, S-7523-13: who signs for itself is issuer and subject; a client may not authenticate another, nor
/// itself through another's name.
#[rstest]
#[case::sub_of_another(json!({"sub": "shop/cart"}), AssertionFault::SubjectIsNotIssuer)]
#[case::sub_of_a_delegated_subject(json!({"sub": "alice"}), AssertionFault::SubjectIsNotIssuer)]
#[case::sub_in_other_case(json!({"sub": "payments/Billing"}), AssertionFault::SubjectIsNotIssuer)]
#[case::sub_is_the_service_account(
    json!({"sub": "system:serviceaccount:payments:billing"}),
    AssertionFault::SubjectIsNotIssuer
)]
fn a_client_authenticates_itself_alone(#[case] changes: Value, #[case] expected: AssertionFault) {
    let refusal = World::new()
        .grant(&client_credentials(&signed(changes)))
        .unwrap_err();
    assert_eq!(refusal, crate::grants::Slot::ClientAssertion.refuse(expected));
}

/// S-7523-24, S-8725-06, S-8725-07: RS256 (RFC 7523 §5), and every other algorithm, by the client's own key.
#[test]
fn every_algorithm_is_good_in_both_slots() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let mut client = client(CLIENT);
        client.keys = vec![vouched(&key, Vouching::Spec)];
        let world = World::with(client);
        for typ in [None, Some("JWT")] {
            let token = key.sign_jws(typ, &claims(good_assertion(), json!({}))).unwrap();
            for form in [client_credentials(&token).to_vec(), bearer(&token)] {
                world.grant(&form).unwrap();
            }
        }
    }
}

/// S-7523bis-01, S-7523bis-02, S-7523bis-04, S-7523bis-05, S-7523bis-10, S-7523bis-20, D-04: whose `aud` is good
/// under `Fapi`, `Strict`, `Standard` and `Compat`; only a grant may have others beside us, and only there.
#[rstest]
#[case::issuer(json!(ISSUER), [true, true, true, true], true)]
#[case::issuer_in_a_list(json!([ISSUER]), [false, true, true, true], true)]
#[case::endpoint(json!(ENDPOINT), [false, false, true, true], true)]
#[case::endpoint_in_a_list(json!([ENDPOINT]), [false, false, true, true], true)]
#[case::both(json!([ISSUER, ENDPOINT]), [false, false, true, true], true)]
#[case::with_another(json!([ISSUER, "https://other.example"]), [false, false, false, true], false)]
#[case::endpoint_with_another(json!([ENDPOINT, "https://other.example"]), [false; 4], false)]
#[case::with_the_api_server(json!([ISSUER, CLUSTER]), [false; 4], false)]
#[case::another(json!("https://other.example"), [false; 4], false)]
#[case::with_slash(json!("https://tokens.example/"), [false; 4], false)]
#[case::with_port(json!("https://tokens.example:443"), [false; 4], false)]
#[case::other_case(json!("https://Tokens.example"), [false; 4], false)]
fn the_audience_is_what_the_policy_takes(
    #[case] audience: Value,
    #[case] good: [bool; 4],
    #[case] authenticates: bool,
) {
    let policies = [
        AudiencePolicy::Fapi,
        AudiencePolicy::Strict,
        AudiencePolicy::Standard,
        AudiencePolicy::Compat,
    ];
    let token = signed(json!({ "aud": audience }));
    for (policy, good) in policies.into_iter().zip(good) {
        let mut client = client(CLIENT);
        client.assertion.audience = policy;
        let mut world = World::with(client);
        let taken = |world: &World| {
            let taken = |form: &[(&str, &str)]| world.grant(form).is_ok();
            (taken(&client_credentials(&token)), taken(&bearer(&token)))
        };
        assert_eq!(taken(&world), (good && authenticates, good), "{policy}");
        // The server's own policy is the laxest that any client gets.
        world.settings.audience_floor = AudiencePolicy::Fapi;
        assert_eq!(
            taken(&world).1,
            audience == json!(ISSUER),
            "{policy} of a client, Fapi of the server"
        );
    }
}

/// S-7518-14: if (r, s) is an ECDSA signature, so is (r, n − s). Both verify here, and both are the same use.
#[test]
fn a_signature_with_the_other_s_is_the_same_use() {
    let world = World::new();
    let token = signed(json!({}));
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0_i16;
    for (byte, of_order) in signature[32..].iter_mut().zip(ORDER_OF_P256).rev() {
        let difference = i16::from(of_order)
            .strict_sub(i16::from(*byte))
            .strict_sub(borrow);
        borrow = i16::from(difference < 0);
        *byte = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let other = format!("{input}.{}", URL_SAFE_NO_PAD.encode(&signature));
    assert_ne!(other, token);
    let uses = |token: &str| world.grant(&client_credentials(token)).unwrap().uses();
    assert_eq!(uses(&token), uses(&other));
}

/// n of FIPS 186-5, big-endian.
const ORDER_OF_P256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
