//! Keys that nobody should have loaded (A12, A13), and private ones (F14).

use super::*;

/// The other keys of a set are judged as if the bad one were not there.
fn judge_beside_a_good_one(bad: &Value) -> (Vec<KeyFault>, Judged) {
    let good = changed(Algorithm::Es256, &json!({}));
    for keys in [json!([bad, good]), json!([good, bad])] {
        let set = json!({"keys": keys});
        let judged = judge_jwks(set.to_string().as_bytes(), &Algorithm::ALL).unwrap();
        assert_eq!(judged.keys, [public(Algorithm::Es256)], "{bad}");
        assert_eq!(judge_jwks_value(&set, &Algorithm::ALL).unwrap(), judged, "{bad}");
    }
    let judged = judge_jwks_value(&json!({"keys": [bad, good]}), &Algorithm::ALL).unwrap();
    (judged.refused.iter().map(|key| key.fault).collect(), judged)
}

/// A12: one key, two ways of use: the set keeps the first and the token cannot choose the second.
#[rstest]
#[case::the_key_for_two_algorithms(json!({"alg": "PS256"}))]
#[case::the_key_for_two_names(json!({"kid": "other"}))]
#[case::the_key_with_and_without_algorithm(json!({"alg": null, "kid": "other"}))]
fn a12_one_key_twice(#[case] second: Value) {
    let first = changed(Algorithm::Rs256, &json!({}));
    let set = json!({"keys": [first, changed(Algorithm::Rs256, &second)]});
    let judged = judge_jwks_value(&set, &Algorithm::ALL).unwrap();
    assert_eq!(judged.keys, [public(Algorithm::Rs256)]);
    assert_eq!(judged.refused[0].fault, KeyFault::Duplicate);
}

/// A12: sets of keys that do not go together.
#[rstest]
#[case::with_a_shared_key(json!({"kty": "oct", "k": "AAAA", "kid": "s"}), KeyFault::Symmetric)]
#[case::with_an_encryption_key(json!(changed(Algorithm::Rs256, &json!({"use": "enc"}))), KeyFault::NotForSignatures)]
#[case::with_a_signing_operation(json!(changed(Algorithm::Rs256, &json!({"key_ops": ["sign"]}))), KeyFault::NotForVerification)]
#[case::with_an_encryption_algorithm(json!(changed(Algorithm::Rs256, &json!({"alg": "RSA-OAEP-256"}))), KeyFault::UnknownAlgorithm)]
#[case::with_a_private_key(json!(changed(Algorithm::Rs256, &json!({"d": "AQ"}))), KeyFault::Private)]
#[case::with_an_exponent_of_one(json!(changed(Algorithm::Rs256, &json!({"e": "AQ"}))), KeyFault::ExponentTooSmall)]
#[case::with_an_algorithm_of_another_type(json!(changed(Algorithm::Rs256, &json!({"alg": "ES256"}))), KeyFault::AlgorithmMismatch)]
fn a12_mixed_sets(#[case] bad: Value, #[case] expected: KeyFault) {
    assert_eq!(judge_beside_a_good_one(&bad).0, [expected]);
}

/// A13: keys of every type with something missing, of the wrong type, or of the wrong length.
/// S-7517-02
#[rstest]
#[case::nothing(json!({}), KeyFault::Malformed("kty"))]
#[case::unknown_type(json!({"kty": "PQC"}), KeyFault::Unsupported)]
#[case::akp(json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}), KeyFault::Unsupported)]
#[case::okp_alone(json!({"kty": "OKP"}), KeyFault::Malformed("crv"))]
#[case::okp_without_point(json!({"kty": "OKP", "crv": "Ed25519"}), KeyFault::Malformed("x"))]
#[case::okp_empty(json!({"kty": "OKP", "crv": "Ed25519", "x": ""}), KeyFault::Malformed("x"))]
#[case::okp_long(json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&[1; 33])}), KeyFault::Malformed("x"))]
#[case::okp_for_agreement(json!({"kty": "OKP", "crv": "X25519", "x": base64url::encode(&[9; 32])}), KeyFault::Unsupported)]
#[case::okp_448(json!({"kty": "OKP", "crv": "Ed448", "x": base64url::encode(&[1; 57])}), KeyFault::Unsupported)]
#[case::ec_alone(json!({"kty": "EC"}), KeyFault::Malformed("crv"))]
#[case::ec_without_y(json!({"kty": "EC", "crv": "P-256", "x": base64url::encode(&[1; 32])}), KeyFault::Malformed("y"))]
#[case::ec_short(json!({"kty": "EC", "crv": "P-256", "x": base64url::encode(&[1; 31]), "y": base64url::encode(&[1; 32])}), KeyFault::Malformed("x"))]
#[case::ec_of_another_curve(json!({"kty": "EC", "crv": "P-521", "x": base64url::encode(&[1; 65]), "y": base64url::encode(&[1; 66])}), KeyFault::Malformed("x"))]
#[case::ec_of_bitcoin(json!({"kty": "EC", "crv": "secp256k1", "x": base64url::encode(&[1; 32]), "y": base64url::encode(&[1; 32])}), KeyFault::Unsupported)]
#[case::ec_numbers(json!({"kty": "EC", "crv": "P-256", "x": 1, "y": 2}), KeyFault::Malformed("x"))]
#[case::oct(json!({"kty": "oct"}), KeyFault::Symmetric)]
#[case::rsa_alone(json!({"kty": "RSA"}), KeyFault::Malformed("n"))]
#[case::rsa_empty(json!({"kty": "RSA", "n": "", "e": "AQAB"}), KeyFault::Malformed("n"))]
#[case::rsa_without_exponent(json!({"kty": "RSA", "n": base64url::encode(&[0xc5; 256])}), KeyFault::Malformed("e"))]
#[case::rsa_zero(json!({"kty": "RSA", "n": "AA", "e": "AQAB"}), KeyFault::Malformed("n"))]
#[case::type_null(json!({"kty": null}), KeyFault::Malformed("kty"))]
#[case::type_number(json!({"kty": 1}), KeyFault::Malformed("kty"))]
#[case::type_array(json!({"kty": ["RSA"]}), KeyFault::Malformed("kty"))]
#[case::not_an_object(json!([]), KeyFault::Json(JsonFault::NotObject))]
#[case::null(json!(null), KeyFault::Json(JsonFault::NotObject))]
#[case::text(json!("{}"), KeyFault::Json(JsonFault::NotObject))]
fn a13_keys_that_are_none(#[case] bad: Value, #[case] expected: KeyFault) {
    assert_eq!(judge_beside_a_good_one(&bad).0, [expected]);
}

/// F14: a private member of any type, in a set or in PEM: that key is refused, and nothing of it is shown.
/// S-7517-03
#[rstest]
fn f14_private_members(
    #[values("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")] member: &str,
    #[values(Algorithm::Rs256, Algorithm::Es384, Algorithm::EdDsa)] of: Algorithm,
    #[values(json!("canary0private"), json!(["canary0private"]), json!(null), json!(1))] value: Value,
) {
    let mut bad = changed(of, &json!({"kid": "leaked"}));
    bad.insert(member.to_owned(), value);
    let (faults, judged) = judge_beside_a_good_one(&json!(bad));
    assert_eq!(faults, [KeyFault::Private]);
    let told = format!("{judged:?} {}", judged.refused[0].fault);
    assert!(told.contains("leaked") && !told.contains("canary"), "{told}");
}

#[rstest]
#[case("PRIVATE KEY")]
#[case("RSA PRIVATE KEY")]
#[case("EC PRIVATE KEY")]
#[case("ENCRYPTED PRIVATE KEY")]
fn f14_private_keys_in_pem(#[case] label: &str) {
    let private = pem(label, b"canary0private");
    let text = format!("{private}{}", pem("PUBLIC KEY", &spki(Algorithm::Es256)));
    let judged = judge_pem(text.as_bytes(), &Algorithm::ALL).unwrap();
    assert_eq!(judged.keys, [public(Algorithm::Es256)]);
    assert_eq!(judged.refused[0].fault, KeyFault::Private);
    let body = private.lines().nth(1).unwrap();
    assert!(!format!("{judged:?}").contains(body));
}
