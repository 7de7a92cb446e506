//! Compact JWS. An input without a line break is a token as a stranger would send it. One with a line break is
//! a header and, after it, a payload: they are put into a token and signed, so that what lies behind the
//! signature is reached.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::{Algorithm, JwsFault, MAX_TOKEN, SigningKey, UnverifiedJws, VerificationKey};
use serde_json::{Value, json};
use std::sync::LazyLock;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::EdDsa).unwrap());
static OTHER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::EdDsa).unwrap());

/// The keys of RFC 7515 A.2 and A.3, and what they have signed.
static PUBLISHED: LazyLock<[(VerificationKey, &str); 2]> = LazyLock::new(|| {
    let key = |jwk: Value| VerificationKey::from_jwk(jwk.as_object().unwrap(), &Algorithm::ALL).unwrap();
    let (rsa, ec) = (
        include_str!("../vectors/rfc7515-a2.json"),
        include_str!("../vectors/rfc7515-a3.json"),
    );
    [
        (key(serde_json::from_str(rsa).unwrap()), "eyJhbGciOiJSUzI1NiJ9"),
        (key(serde_json::from_str(ec).unwrap()), "eyJhbGciOiJFUzI1NiJ9"),
    ]
});
const PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// Any bytes.
pub fn run(input: &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        None => {
            if let Ok(token) = std::str::from_utf8(input) {
                sent(token);
            }
        }
        Some(end) => {
            let (header, payload) = input.split_at(end);
            signed(header, &payload[1..]);
        }
    }
}

/// Nothing that a stranger sends verifies but the published examples.
fn sent(token: &str) {
    let Ok(jws) = UnverifiedJws::parse(token) else {
        return;
    };
    jws.verify_nothing();
    let verify = |key: &VerificationKey| UnverifiedJws::parse(token).unwrap().verify(key);
    assert!(verify(&KEY.verification_key().unwrap()).is_err());
    for (key, header) in PUBLISHED.iter() {
        if verify(key).is_ok() {
            let input = format!("{header}.{PAYLOAD}.");
            assert!(token.starts_with(&input), "a forgery: {token}");
        }
    }
}

/// A token of ours verifies under our key, whatever it says, if it is accepted at all; then it means to us
/// what it means to `serde_json`.
fn signed(header: &[u8], payload: &[u8]) {
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let mut signature = KEY.sign(input.as_bytes()).unwrap();
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(&signature));
    let Ok(jws) = UnverifiedJws::parse(&token) else {
        return;
    };
    assert!(token.len() <= MAX_TOKEN);
    let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
    let payload: Value = serde_json::from_slice(payload).expect("accepted claims are JSON");
    assert_eq!(jws.kid(), header.get("kid").and_then(Value::as_str));
    assert_eq!(jws.typ().is_some(), header.get("typ").is_some());
    for refused in ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"] {
        assert_eq!(header.get(refused), None, "accepted");
    }
    let ours = [json!("EdDSA"), json!("Ed25519")].contains(&header["alg"]);
    assert_eq!(jws.algorithm() == Algorithm::EdDsa, ours);
    match jws.verify(&KEY.verification_key().unwrap()) {
        Ok(claims) => {
            assert!(ours);
            for (name, value) in payload.as_object().expect("claims are an object") {
                assert_eq!(claims.get(name), Some(value));
            }
            assert!(claims.issuer().is_err() || claims.issuer().ok() == payload["iss"].as_str());
            assert!(claims.subject().is_err() || claims.subject().ok() == payload["sub"].as_str());
            let _ = (
                claims.audience().is_ok(),
                claims.expiry().is_ok(),
                claims.not_before().is_ok(),
            );
            let _ = (claims.issued_at().is_ok(), claims.jwt_id().is_ok());
        }
        Err(fault) => assert_eq!((fault, ours), (JwsFault::AlgorithmMismatch, false)),
    }
    if ours {
        let parsed = UnverifiedJws::parse(&token).unwrap();
        let wrong_key = parsed.verify(&OTHER_KEY.verification_key().unwrap());
        assert_eq!(wrong_key.unwrap_err(), JwsFault::Signature);
        signature[7] ^= 1;
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(&signature));
        let verified = UnverifiedJws::parse(&token)
            .unwrap()
            .verify(&KEY.verification_key().unwrap());
        assert_eq!(verified.unwrap_err(), JwsFault::Signature);
    }
}
