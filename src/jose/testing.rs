//! What the tests of this module share: one key per algorithm, made once, and tokens put together by hand.

use super::algorithm::Algorithm;
use super::base64url::encode;
use super::signing_key::SigningKey;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// A PEM block.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// The key in `SubjectPublicKeyInfo`, as the library writes it.
pub(super) fn spki(algorithm: Algorithm) -> Vec<u8> {
    let pkcs8 = key(algorithm).to_pkcs8().unwrap();
    let ecdsa = |curve| {
        let pair = EcdsaKeyPair::from_pkcs8(curve, &pkcs8).unwrap();
        AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .unwrap()
            .as_ref()
            .to_vec()
    };
    match algorithm {
        Algorithm::Es256 => ecdsa(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => ecdsa(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::Es512 => ecdsa(&aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap();
            AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
                .unwrap()
                .as_ref()
                .to_vec()
        }
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => {
            let pair = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
            AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
                .unwrap()
                .as_ref()
                .to_vec()
        }
    }
}

/// The RSA key as an `RSAPublicKey`.
pub(super) fn pkcs1() -> Vec<u8> {
    let pair = RsaKeyPair::from_pkcs8(&key(Algorithm::Rs256).to_pkcs8().unwrap()).unwrap();
    pair.public_key().as_ref().to_vec()
}
