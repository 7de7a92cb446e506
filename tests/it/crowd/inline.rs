//! Keys in the spec that the schema lets through: each is refused by itself.

use super::bad::{Bad, How, Says, public, spec, with};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::Algorithm;
use serde_json::{Value, json};

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn row(name: &str, keys: &[Value], text: &str) -> Bad {
    Bad {
        name: format!("inline-{name}"),
        spec: spec(&json!({ "keys": { "jwks": { "keys": keys } } })),
        beside: Vec::new(),
        how: How::Created,
        says: Says::Condition(
            "KeysSynced",
            "KeysRefused",
            vec!["spec.identities[0].keys.jwks: key ".to_owned(), text.to_owned()],
        ),
    }
}

pub(super) fn rows() -> Vec<Bad> {
    let mut rows = rsa();
    rows.extend(curves());
    rows.extend(metadata());
    rows
}

fn rsa() -> Vec<Bad> {
    let good = public(Algorithm::Rs256);
    let mut even = vec![0xC5; 255];
    even.push(0xC4);
    // A number is a multiple of 3 if the sum of its bytes is.
    let mut three = vec![0xC5; 255];
    three.push(0xC3);
    let mut zero = vec![0];
    zero.extend([0xC5; 256]);
    let mut almost = vec![0x45];
    almost.extend([0xC5; 255]);
    let rows: [(&str, Value, &str); 17] = [
        (
            "rsa-1024",
            json!({ "n": b64(&[0xC5; 128]) }),
            "shorter than 2048 bits",
        ),
        ("rsa-2047", json!({ "n": b64(&almost) }), "shorter than 2048 bits"),
        (
            "rsa-4104",
            json!({ "n": b64(&[0xC5; 513]) }),
            "longer than 4096 bits",
        ),
        (
            "rsa-even-modulus",
            json!({ "n": b64(&even) }),
            "even or has another small factor",
        ),
        ("rsa-small-factor", json!({ "n": b64(&three) }), "small factor"),
        (
            "rsa-leading-zero",
            json!({ "n": b64(&zero) }),
            "'n' is missing or not valid",
        ),
        (
            "rsa-padded",
            json!({ "n": format!("{}=", b64(&[0xC5; 256])) }),
            "'n' is missing or not valid",
        ),
        (
            "rsa-standard-base64",
            json!({ "n": "+/+/" }),
            "'n' is missing or not valid",
        ),
        (
            "rsa-no-modulus",
            json!({ "n": null }),
            "'n' is missing or not valid",
        ),
        (
            "rsa-no-exponent",
            json!({ "e": null }),
            "'e' is missing or not valid",
        ),
        ("rsa-exponent-1", json!({ "e": "AQ" }), "less than 65537"),
        ("rsa-exponent-3", json!({ "e": "Aw" }), "less than 65537"),
        ("rsa-exponent-even", json!({ "e": "AQAC" }), "exponent is even"),
        (
            "rsa-exponent-large",
            json!({ "e": b64(&[4, 0, 0, 0, 1]) }),
            "greater than 2^33",
        ),
        (
            "rsa-rs512",
            json!({ "alg": "RS512" }),
            "not in spec.assertion.algorithms",
        ),
        (
            "rsa-as-es256",
            json!({ "alg": "ES256" }),
            "alg does not belong to its key type",
        ),
        (
            "rsa-as-rsa-oaep",
            json!({ "alg": "RSA-OAEP" }),
            "not a supported signature algorithm",
        ),
    ];
    rows.into_iter()
        .map(|(name, changes, text)| row(name, &[with(&good, &changes)], text))
        .collect()
}

fn curves() -> Vec<Bad> {
    let (ec, okp) = (public(Algorithm::Es256), public(Algorithm::EdDsa));
    let large = public(Algorithm::Es512);
    let x = ec["x"].clone();
    let rows = [
        (
            "ec-short-x",
            with(&ec, &json!({ "x": b64(&[7; 31]) })),
            "'x' is missing",
        ),
        (
            "ec-short-y",
            with(&ec, &json!({ "y": b64(&[7; 31]) })),
            "'y' is missing",
        ),
        (
            "ec-long-x",
            with(&ec, &json!({ "x": b64(&[7; 33]) })),
            "'x' is missing",
        ),
        ("ec-no-y", with(&ec, &json!({ "y": null })), "'y' is missing"),
        (
            "ec-bad-base64",
            with(&ec, &json!({ "x": "*".repeat(43) })),
            "'x' is missing",
        ),
        ("ec-off-curve", with(&ec, &json!({ "y": x })), "not on the curve"),
        (
            "ec-infinity",
            with(&ec, &json!({ "x": b64(&[0; 32]), "y": b64(&[0; 32]) })),
            "not on the curve",
        ),
        (
            "ec-other-curve",
            with(&ec, &json!({ "crv": "P-384", "alg": null })),
            "'x' is missing",
        ),
        (
            "ec-secp256k1",
            with(&ec, &json!({ "crv": "secp256k1" })),
            "key type or curve is not supported",
        ),
        (
            "ec-no-curve",
            with(&ec, &json!({ "crv": null })),
            "'crv' is missing",
        ),
        (
            "ec-p521",
            Value::Object(large),
            "not in spec.assertion.algorithms",
        ),
        (
            "okp-ed448",
            with(&okp, &json!({ "crv": "Ed448" })),
            "key type or curve is not supported",
        ),
        (
            "okp-x25519",
            with(&okp, &json!({ "crv": "X25519" })),
            "key type or curve is not supported",
        ),
        (
            "okp-short",
            with(&okp, &json!({ "x": b64(&[7; 31]) })),
            "'x' is missing",
        ),
        (
            "okp-small-order",
            with(&okp, &json!({ "x": b64(&[0; 32]) })),
            "small order",
        ),
        (
            "okp-beyond-field",
            with(&okp, &json!({ "x": b64(&[0xFF; 32]) })),
            "not on the curve",
        ),
        (
            "kty-oct",
            json!({ "kty": "oct", "alg": "HS256" }),
            "symmetric key",
        ),
        (
            "kty-unknown",
            with(&ec, &json!({ "kty": "AKP" })),
            "key type or curve is not supported",
        ),
        (
            "kty-lower-case",
            with(&ec, &json!({ "kty": "ec" })),
            "key type or curve is not supported",
        ),
    ];
    rows.into_iter()
        .map(|(name, key, text)| row(name, &[key], text))
        .collect()
}

fn metadata() -> Vec<Bad> {
    let (one, other) = (public(Algorithm::Es256), public(Algorithm::Es256));
    let changed = [
        ("use-enc", json!({ "use": "enc" }), "use is not 'sig'"),
        ("use-upper-case", json!({ "use": "SIG" }), "use is not 'sig'"),
        (
            "key-ops-sign",
            json!({ "key_ops": ["sign"] }),
            "key_ops do not include 'verify'",
        ),
        (
            "key-ops-empty",
            json!({ "key_ops": [] }),
            "key_ops do not include 'verify'",
        ),
        (
            "alg-rs256",
            json!({ "alg": "RS256" }),
            "alg does not belong to its key type",
        ),
        (
            "alg-es384",
            json!({ "alg": "ES384" }),
            "alg does not belong to its key type",
        ),
        (
            "alg-hs256",
            json!({ "alg": "HS256" }),
            "not a supported signature algorithm",
        ),
        (
            "alg-none",
            json!({ "alg": "none" }),
            "not a supported signature algorithm",
        ),
        ("kid-empty", json!({ "kid": "" }), "'kid' is missing or not valid"),
    ];
    let mut rows: Vec<Bad> = changed
        .into_iter()
        .map(|(name, changes, text)| row(name, &[with(&one, &changes)], text))
        .collect();
    let named = |key, kid: &str| with(key, &json!({ "kid": kid }));
    let twice = "an earlier key is the same or has the same kid";
    rows.push(row("same-kid", &[named(&one, "a"), named(&other, "a")], twice));
    rows.push(row("same-key", &[named(&one, "a"), named(&one, "b")], twice));
    rows
}
