//! What the tests of this module share: one key per algorithm, made once, and tokens put together by hand.

use super::algorithm::Algorithm;
use super::base64url::encode;
use super::signing_key::SigningKey;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static KEYS: LazyLock<BTreeMap<Algorithm, SigningKey>> = LazyLock::new(|| {
    let make = |algorithm| (algorithm, SigningKey::generate(algorithm).unwrap());
    Algorithm::ALL.into_iter().map(make).collect()
});

/// The test key of an algorithm.
pub(super) fn key(algorithm: Algorithm) -> &'static SigningKey {
    &KEYS[&algorithm]
}

/// A compact JWS of exactly these bytes, signed by `key`.
pub(super) fn forge(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(&key.sign(input.as_bytes()).unwrap());
    format!("{input}.{signature}")
}

/// A good token of `key`, with these members added to its header.
pub(super) fn with_header(key: &SigningKey, more: &Value) -> String {
    let mut header = json!({"alg": key.algorithm().as_str()});
    for (name, value) in more.as_object().unwrap() {
        header[name] = value.clone();
    }
    forge(key, header.to_string().as_bytes(), br#"{"iss":"a"}"#)
}

/// A JWK as its members.
pub(super) fn members(jwk: &Value) -> Map<String, Value> {
    jwk.as_object().unwrap().clone()
}

/// The public JWK of the test key of `algorithm`, with some members replaced, or taken out by `null`.
pub(super) fn changed(algorithm: Algorithm, changes: &Value) -> Map<String, Value> {
    let mut jwk = key(algorithm).public_jwk();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            jwk.remove(name);
        } else {
            jwk.insert(name.clone(), value.clone());
        }
    }
    jwk
}
