//! Whatever is sent is answered: no panic, and no error that would be our fault.

use super::super::world::*;
use crate::grants::{self, Refusal};
use crate::oauth::form::Parameter;
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION, TokenRequest};
use crate::replay::Outcome;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn world() -> World {
    let mut client = client(CLIENT);
    client.federated = BTreeSet::from([of_ci("build")]);
    let world = World::with(client);
    world.index.set_trusted_issuers([ci()]);
    world
}

fn answer(world: &World, body: &[u8], authorization_header: bool) -> Result<(), Refusal> {
    let request = TokenRequest::parse(body, authorization_header)?;
    let authenticated = grants::authenticate(request, &world.index, &world.settings, world.moment)?;
    let now = world.moment.now;
    let grant = grants::authorize(&authenticated, &world.index, &world.settings, now)?;
    let settled = grant.settle(Outcome::Owned, now)?;
    grants::issue(&settled, &world.settings.issuer, &KEY, "id", now).map(|_| ())
}

/// A value that a claim may have, good or bad.
fn value() -> impl Strategy<Value = Value> {
    let good = [
        json!(CLIENT),
        json!(ISSUER),
        json!(ENDPOINT),
        json!([ISSUER]),
        json!([ISSUER, ENDPOINT]),
        json!(CLUSTER),
        json!(CI),
        json!("build"),
        json!("alice"),
        json!("read"),
        json!("read write"),
        json!(NOW),
        json!(NOW + 60),
        json!(NOW - 60),
        json!("system:serviceaccount:payments:billing"),
        good_pod_token()["kubernetes.io"].clone(),
    ];
    let odd = [
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(""),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.5),
        json!([null]),
        json!("\u{0}"),
        json!({"pod": 1, "namespace": {}}),
    ];
    prop_oneof![
        4 => prop::sample::select(good.to_vec()),
        2 => prop::sample::select(odd.to_vec()),
        1 => "\\PC{0,12}".prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ]
}

/// A good JWT with some claims changed and well signed; or one that only looks like a JWT.
fn token() -> impl Strategy<Value = String> {
    let claim = prop::sample::select(vec![
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "scope",
        "client_id",
        "azp",
        "kubernetes.io",
        "x",
    ]);
    let changes = proptest::collection::vec(
        (claim, prop_oneof![3 => value(), 1 => Just(json!("REMOVED"))]),
        0..4,
    );
    let changes = changes.prop_map(|changes| {
        Value::Object(
            changes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    });
    let signed_by: [fn(Value) -> String; 3] = [signed, pod_token, ci_token];
    let part = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(br#"{"alg":"ES256"}"#.to_vec()),
        Just(br#"{"alg":"none","crit":[]}"#.to_vec()),
        value().prop_map(|value| json!({"iss": value}).to_string().into_bytes()),
    ];
    prop_oneof![
        3 => (changes, prop::sample::select(signed_by.to_vec())).prop_map(|(changes, sign)| sign(changes)),
        1 => proptest::collection::vec(part, 0..6).prop_map(|parts| {
            parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".")
        }),
        1 => "\\PC{0,20}",
    ]
}

/// A parameter with a value that it may have, good or bad.
fn pair() -> impl Strategy<Value = (String, String)> {
    let plain = prop::sample::select(vec![
        JWT_BEARER_GRANT,
        "client_credentials",
        "password",
        JWT_CLIENT_ASSERTION,
        CLIENT,
        LEDGER,
        "read",
        "read write",
        "",
    ]);
    let value = prop_oneof![plain.prop_map(str::to_owned), "\\PC{0,12}"];
    let name = prop::sample::select(Parameter::ALL.map(Parameter::name).to_vec());
    let assertion = prop::sample::select(vec!["assertion", "client_assertion"]);
    prop_oneof![
        2 => (name, value).prop_map(|(name, value)| (name.to_owned(), value)),
        2 => (assertion, token()).prop_map(|(name, value)| (name.to_owned(), value)),
        1 => Just(("client_assertion_type".to_owned(), JWT_CLIENT_ASSERTION.to_owned())),
        1 => ("\\PC{0,6}", "\\PC{0,6}"),
    ]
}

/// A body that has a grant type, and any of the other parameters.
fn form() -> impl Strategy<Value = Vec<u8>> {
    let grant = prop::sample::select(vec![JWT_BEARER_GRANT, "client_credentials"]);
    (grant, proptest::collection::vec(pair(), 0..6)).prop_map(|(grant, pairs)| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", grant).extend_pairs(pairs);
        form.finish().into_bytes()
    })
}

/// A request with one assertion that is not far from good.
fn nearly_good() -> impl Strategy<Value = Vec<u8>> {
    (token(), any::<bool>()).prop_map(|(token, authenticates)| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        if authenticates {
            form.extend_pairs(client_credentials(&token));
        } else {
            form.extend_pairs([("grant_type", JWT_BEARER_GRANT), ("assertion", &token)]);
        }
        form.finish().into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn is_answered(
        body in prop_oneof![nearly_good(), form(), proptest::collection::vec(any::<u8>(), 0..300)],
        authorization_header in prop::bool::weighted(0.1),
    ) {
        match answer(&world(), &body, authorization_header) {
            Ok(()) => prop_assert!(!authorization_header),
            Err(refusal) => {
                prop_assert_eq!(refusal.error.status(), 400, "{:?}", refusal);
                prop_assert!(!refusal.description().is_empty() && !refusal.reason.to_string().is_empty());
            }
        }
    }
}
