//! Addresses in a token (A7): nobody is called.

use super::desk::{CLIENT, Desk, JWT_BEARER};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpListener;

/// A compact JWS with exactly this header and these claims, signed by the client's key.
fn signed(desk: &Desk, header: &Value, claims: &Value) -> String {
    let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", segment(header), segment(claims));
    let signature = desk.key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// S-7515-02
#[tokio::test]
async fn a7_nobody_is_called_for_a_token() {
    let desk = Desk::start().await;
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let url = format!("http://{}", canary.local_addr().unwrap());
    let (jwks, issuer) = (format!("{url}/jwks"), url.as_str());
    let genuine = desk.assertion();
    let claims = URL_SAFE_NO_PAD
        .decode(genuine.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let with = |changes: Value| {
        let mut claims = claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let kid = desk.key.kid();
    let rows = [
        (json!({"jku": jwks}), claims.clone()),
        (json!({"jku": jwks, "kid": kid}), claims.clone()),
        (json!({"x5u": jwks, "kid": "unknown"}), claims.clone()),
        (json!({"kid": jwks}), claims.clone()),
        (json!({"kid": format!("../../../{jwks}")}), claims.clone()),
        (json!({}), with(json!({"iss": issuer}))),
        (json!({}), with(json!({"iss": issuer, "sub": issuer}))),
        (
            json!({"jku": jwks, "x5u": jwks, "kid": jwks}),
            with(json!({"iss": issuer, "aud": issuer})),
        ),
        (
            json!({}),
            with(json!({"iss": format!("{url}/.well-known/openid-configuration")})),
        ),
    ];
    for (more, claims) in rows {
        let mut header = json!({"alg": "ES256"});
        for (name, value) in more.as_object().unwrap() {
            header[name] = value.clone();
        }
        let token = signed(&desk, &header, &claims);
        for client_id in [CLIENT, issuer] {
            let form = [
                ("grant_type", JWT_BEARER),
                ("assertion", &token),
                ("client_id", client_id),
                ("resource", issuer),
            ];
            let answer = desk.token(&form).await;
            assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()), "{header}");
        }
    }
    // Claims that others follow: the token is good, and they stay what they are.
    let more = json!({"jwks_uri": jwks, "distributed": {"_claim_sources": {"a": {"endpoint": jwks}}}, "sub_jwk": jwks});
    let form = [
        ("grant_type", JWT_BEARER),
        (
            "assertion",
            &signed(&desk, &json!({"alg": "ES256", "kid": kid}), &with(more)),
        ),
    ];
    desk.token(&form)
        .await
        .assert_granted(&desk.dev.issuer, "claims that are ignored");
    match canary.accept() {
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        Ok((_, from)) => panic!("somebody called: {from}"),
    }
}
