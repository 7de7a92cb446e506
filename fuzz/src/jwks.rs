//! Key sets, as JSON and as PEM: only usable keys come out, each of them once, and each is the same key again
//! when it is read back from the form in which it is published.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::{
    self, Algorithm, Judged, KeyFault, KeyType, MAX_KEYS, MAX_KID, SetFault, VerificationKey, judge_document,
    judge_jwks, judge_jwks_value, judge_pem,
};
use serde_json::{Value, json};
use std::collections::HashSet;

/// What some clients allow.
const SOME: [Algorithm; 4] = [
    Algorithm::Ps256,
    Algorithm::Rs256,
    Algorithm::Es256,
    Algorithm::EdDsa,
];

/// Any bytes as a document.
pub fn run(document: &[u8]) {
    for allowed in [&SOME[..], &Algorithm::ALL[..], &[]] {
        let as_jwks = judge_jwks(document, allowed);
        let as_pem = judge_pem(document, allowed);
        for judged in [judge_document(document, allowed), as_jwks.clone(), as_pem]
            .into_iter()
            .flatten()
        {
            check(&judged, allowed);
        }
        if let Ok(set) = serde_json::from_slice::<Value>(document) {
            let embedded = judge_jwks_value(&set, allowed);
            if let Ok(judged) = &embedded {
                check(judged, allowed);
            }
            agree(&as_jwks, &embedded);
        }
    }
}

fn check(judged: &Judged, allowed: &[Algorithm]) {
    assert!(judged.keys.len() + judged.refused.len() <= MAX_KEYS);
    let mut names = HashSet::new();
    let mut thumbprints = HashSet::new();
    for key in &judged.keys {
        assert!(allowed.contains(&key.algorithm()));
        assert!((1..=MAX_KID).contains(&key.kid().len()));
        assert!(names.insert((key.kid(), key.algorithm())), "two of one name");
        assert!(thumbprints.insert(key.thumbprint()), "one key twice");
        assert!(key.verify(b"message", &[7; 64]).is_err());
        assert_eq!(
            jose::select(&judged.keys, Some(key.kid()), key.algorithm()).ok(),
            Some(key)
        );
        usable(key);
    }
    for refused in &judged.refused {
        assert!(refused.position < MAX_KEYS);
        assert!(
            refused
                .kid
                .as_ref()
                .is_none_or(|kid| kid.bytes().all(|byte| byte.is_ascii_graphic()))
        );
        let _ = (refused.fault.to_string(), refused.fault.code());
    }
}

/// The published form has public members only, meets the limits, and is the same key.
fn usable(key: &VerificationKey) {
    let jwk = key.public_jwk();
    let known = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"];
    assert!(
        jwk.keys().all(|name| known.contains(&name.as_str())),
        "{:?}",
        jwk.keys()
    );
    let again = VerificationKey::from_jwk(&jwk, &[key.algorithm()]).expect("it was good before");
    assert_eq!((&again, again.thumbprint()), (key, key.thumbprint()));
    if key.algorithm().key_type() == KeyType::Rsa {
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let (n, e) = (bytes("n"), bytes("e"));
        let bits = n.len() * 8 - n[0].leading_zeros() as usize;
        assert!((2048..=4096).contains(&bits) && n[n.len() - 1] % 2 == 1);
        let exponent = e.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        assert!(e.len() <= 5 && exponent >= 65_537 && exponent % 2 == 1);
    }
}

/// A set in an object of its own is judged like one inside another object, but for what `serde_json::Value`
/// has lost by then: duplicate members, numbers that do not fit, and nesting.
fn agree(alone: &Result<Judged, SetFault>, embedded: &Result<Judged, SetFault>) {
    let (Ok(alone), Ok(embedded)) = (alone, embedded) else {
        return;
    };
    let lossy = alone
        .refused
        .iter()
        .any(|refused| matches!(refused.fault, KeyFault::Json(_)));
    if !lossy {
        assert_eq!(alone, embedded);
    }
}

/// The documents of a set of new keys: what a run starts from beside the seeds, which have no key that could
/// sign.
pub fn generated() -> Vec<Vec<u8>> {
    let keys = [
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ];
    let jwks = keys.map(|algorithm| jose::SigningKey::generate(algorithm).unwrap().public_jwk());
    vec![json!({ "keys": jwks }).to_string().into_bytes()]
}
