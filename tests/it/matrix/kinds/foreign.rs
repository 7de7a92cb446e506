//! Tokens of other protocols as they really look, signed by strangers and, as nobody should, by our parties' keys.

use super::{Good, Kind};
use crate::matrix::token::{Draft, Signer, fresh, sign};
use crate::matrix::world::{CLIENT, CLUSTER, NOW};
use crate::support::endpoint::{ISSUER, TOKEN_ENDPOINT};
use countersign::jose::{Algorithm, SigningKey};
use countersign::oauth::reason::ReasonCode::{
    Audience, ClaimMissing, ClientUnknown, IssuerUnknown, JwtHeader, JwtType, KeyUnknown, Signature,
    WorkloadSubject,
};
use serde_json::{Value, json};

/// A kind of token: its header beside `alg` and `kid`, and its claims beside `jti`.
type Shape = (&'static str, Value, Value);

/// Who signs a foreign token.
#[derive(Debug, Clone, Copy)]
enum Hand {
    Stranger,
    Ours(Signer),
}

fn shapes() -> Vec<Shape> {
    let idp = "https://idp.example";
    let own = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk();
    let (now, soon) = (NOW - 5, NOW + 60);
    vec![
        (
            "ID-JAG",
            json!({ "typ": "oauth-id-jag+jwt" }),
            json!({ "iss": idp, "sub": "user-1", "aud": ISSUER, "client_id": CLIENT, "scope": "read",
                    "iat": now, "exp": soon }),
        ),
        (
            "JWT-SVID",
            json!({ "typ": "JWT" }),
            json!({ "sub": "spiffe://prod.example/ns/payments/sa/billing", "aud": [ISSUER],
                    "iat": now, "exp": soon }),
        ),
        (
            "JWT-SVID with iss",
            json!({ "typ": "JOSE" }),
            json!({ "iss": "https://spire.example", "sub": "spiffe://prod.example/billing", "aud": [ISSUER],
                    "iat": now, "exp": soon }),
        ),
        (
            "untyped JWT-SVID with iss",
            json!({}),
            json!({ "iss": "spiffe://prod.example", "sub": "spiffe://prod.example/billing", "aud": ISSUER,
                    "iat": now, "exp": soon }),
        ),
        (
            "WIT",
            json!({ "typ": "wit+jwt" }),
            json!({ "iss": "https://wimse.example", "sub": "wimse://example/billing", "iat": now,
                    "exp": soon, "cnf": { "jwk": own } }),
        ),
        (
            "WPT",
            json!({ "typ": "wpt+jwt" }),
            json!({ "aud": TOKEN_ENDPOINT, "exp": soon, "wth": "x" }),
        ),
        (
            "transaction token",
            json!({ "typ": "txntoken+jwt" }),
            json!({ "iss": ISSUER, "aud": "https://trust-domain.example", "txn": "97053963", "sub": CLIENT,
                    "scope": "read", "iat": now, "exp": soon, "req_wl": CLIENT, "rctx": {} }),
        ),
        (
            "introspection response",
            json!({ "typ": "token-introspection+jwt" }),
            json!({ "iss": ISSUER, "aud": CLIENT, "iat": now,
                    "token_introspection": { "active": true, "sub": CLIENT, "aud": ISSUER } }),
        ),
        (
            "DPoP proof",
            json!({ "typ": "dpop+jwt", "jwk": own }),
            json!({ "htm": "POST", "htu": TOKEN_ENDPOINT, "iat": now }),
        ),
        (
            "ID token",
            json!({ "typ": "JWT" }),
            json!({ "iss": idp, "sub": "user-1", "aud": CLIENT, "azp": CLIENT, "nonce": "n",
                    "iat": now, "exp": soon }),
        ),
        (
            "untyped ID token for us",
            json!({}),
            json!({ "iss": idp, "sub": "user-1", "aud": [ISSUER], "iat": now, "exp": soon }),
        ),
        (
            "self-issued ID token",
            json!({}),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": CLIENT, "iat": now, "exp": soon }),
        ),
        (
            "request object",
            json!({ "typ": "oauth-authz-req+jwt" }),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "client_id": CLIENT,
                    "response_type": "code", "iat": now, "exp": soon }),
        ),
        (
            "untyped request object",
            json!({}),
            json!({ "iss": CLIENT, "aud": ISSUER, "client_id": CLIENT, "response_type": "code",
                    "iat": now, "exp": soon }),
        ),
        (
            "logout token",
            json!({ "typ": "logout+jwt" }),
            json!({ "iss": idp, "sub": "user-1", "aud": CLIENT, "iat": now, "exp": soon,
                    "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
        ),
        (
            "untyped logout token",
            json!({}),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": CLIENT, "iat": now, "exp": soon,
                    "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
        ),
        (
            "security event",
            json!({ "typ": "secevent+jwt" }),
            json!({ "iss": idp, "aud": ISSUER, "iat": now, "events": {} }),
        ),
        (
            "untyped security event",
            json!({}),
            json!({ "iss": CLIENT, "aud": ISSUER, "iat": now, "events": {} }),
        ),
        (
            "client attestation",
            json!({ "typ": "oauth-client-attestation+jwt" }),
            json!({ "iss": "https://attester.example", "sub": CLIENT, "exp": soon, "cnf": { "jwk": own } }),
        ),
        (
            "proof of a client attestation",
            json!({ "typ": "oauth-client-attestation-pop+jwt" }),
            json!({ "iss": CLIENT, "aud": ISSUER, "iat": now }),
        ),
        (
            "entity statement",
            json!({ "typ": "entity-statement+jwt" }),
            json!({ "iss": CLIENT, "sub": CLIENT, "iat": now, "exp": soon, "jwks": { "keys": [own] } }),
        ),
        (
            "authorization response",
            json!({}),
            json!({ "iss": ISSUER, "aud": CLIENT, "exp": soon, "code": "c", "state": "s" }),
        ),
        (
            "user info",
            json!({}),
            json!({ "iss": idp, "aud": CLIENT, "sub": "user-1" }),
        ),
        (
            "software statement",
            json!({}),
            json!({ "iss": CLIENT, "software_id": "4NRB1-0XZABZI9E6-5SM3R", "iat": now }),
        ),
        (
            "access token of another server",
            json!({ "typ": "at+jwt" }),
            json!({ "iss": idp, "sub": CLIENT, "aud": ISSUER, "client_id": CLIENT, "scope": "read",
                    "iat": now, "exp": soon }),
        ),
        (
            "untyped access token of another server",
            json!({}),
            json!({ "iss": idp, "sub": CLIENT, "aud": ISSUER, "client_id": CLIENT, "scope": "read",
                    "iat": now, "exp": soon }),
        ),
        (
            "cloud workload token",
            json!({ "typ": "JWT" }),
            json!({ "iss": "https://token.actions.example", "sub": "repo:org/billing:ref:refs/heads/main",
                    "aud": ISSUER, "iat": now, "nbf": now, "exp": soon }),
        ),
        (
            "assertion for another server",
            json!({}),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": "https://other-as.example", "iat": now, "exp": soon }),
        ),
        (
            "assertion for another server and us",
            json!({}),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": [ISSUER, "https://other-as.example"],
                    "iat": now, "exp": soon }),
        ),
        (
            "assertion for a resource",
            json!({}),
            json!({ "iss": CLIENT, "sub": CLIENT, "aud": crate::matrix::world::LEDGER,
                    "iat": now, "exp": soon }),
        ),
        (
            "token of our cluster for another kind of subject",
            json!({}),
            json!({ "iss": CLUSTER, "sub": "spiffe://prod.example/billing", "aud": [ISSUER],
                    "iat": now, "nbf": now, "exp": soon }),
        ),
    ]
}

pub(super) fn kinds() -> Vec<Kind> {
    let hands = [
        Hand::Stranger,
        Hand::Ours(Signer::Rsa),
        Hand::Ours(Signer::Ecdsa),
        Hand::Ours(Signer::Cluster),
        Hand::Ours(Signer::Trusted),
    ];
    let reasons = &[
        Audience,
        ClaimMissing,
        ClientUnknown,
        IssuerUnknown,
        JwtHeader,
        JwtType,
        KeyUnknown,
        Signature,
        WorkloadSubject,
    ];
    let kinds = shapes().into_iter().flat_map(|(name, header, claims)| {
        hands.map(|hand| {
            let (header, claims) = (header.clone(), claims.clone());
            Kind::new(format!("{name}, {hand:?}"), Good::Nowhere(reasons), move || {
                made(&header, &claims, hand)
            })
        })
    });
    kinds.collect()
}

fn made(header: &Value, claims: &Value, hand: Hand) -> String {
    let stranger;
    let (signer, key) = match hand {
        Hand::Stranger => {
            stranger = SigningKey::generate(Algorithm::Es256).unwrap();
            (Signer::Ecdsa, &stranger)
        }
        Hand::Ours(signer) => (signer, signer.key()),
    };
    let mut draft = Draft::good(signer).header("kid", json!(key.kid()));
    for claim in ["iss", "sub", "aud", "iat", "nbf", "exp", "kubernetes.io"] {
        draft.claims.remove(claim);
    }
    for (name, value) in header.as_object().unwrap() {
        draft.header.set(name, value);
    }
    for (name, value) in claims.as_object().unwrap() {
        draft.claims.set(name, value);
    }
    draft.claims.set("jti", json!(fresh()));
    sign(key, &draft.input())
}
