//! Which algorithm verifies a token (A1, A2, A11).

use super::*;

/// A1: no spelling of "none", signed or not, in two segments or three. S-8725-04.
/// S-7523-22
#[rstest]
fn a1_none(#[values("none", "None", "NONE", "nOnE", "")] name: &str) {
    let unsigned = format!(
        "{}.{}",
        segment(&json!({"alg": name}).to_string()),
        segment(r#"{"iss":"a"}"#)
    );
    assert_eq!(fault(&unsigned, &public(Algorithm::Es256)), JwsFault::Segments);
    for signature in ["", "AAAA", &base64url::encode(&[7; 64])] {
        let token = format!("{unsigned}.{signature}");
        assert_eq!(fault(&token, &public(Algorithm::Es256)), UNKNOWN);
    }
}

/// RFC 7515 App. A.5.
#[test]
fn a1_the_unsecured_token_of_the_rfc() {
    let token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(fault(token, &public(Algorithm::Es256)), UNKNOWN);
}

/// S-8725-04
#[rstest]
#[case::missing(json!({}))]
#[case::null(json!({"alg": null}))]
#[case::number(json!({"alg": 256}))]
#[case::array(json!({"alg": ["RS256"]}))]
#[case::object(json!({"alg": {"name": "RS256"}}))]
fn a1_no_algorithm(#[case] header: Value) {
    let token = forge(key(Algorithm::Rs256), header.to_string().as_bytes(), CLAIMS);
    assert_eq!(fault(&token, &public(Algorithm::Rs256)), NO_ALGORITHM);
}

/// A2: the public key, in whatever form, as an HMAC secret. S-8725-05.
#[rstest]
#[case("HS256", hmac::HMAC_SHA256)]
#[case("HS384", hmac::HMAC_SHA384)]
#[case("HS512", hmac::HMAC_SHA512)]
fn a2_public_key_as_secret(
    #[case] name: &str,
    #[case] digest: hmac::Algorithm,
    #[values(Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa)] of: Algorithm,
) {
    for secret in secrets(of) {
        let input = format!(
            "{}.{}",
            segment(&json!({"alg": name}).to_string()),
            segment(r#"{"iss":"a"}"#)
        );
        let tag = hmac::sign(&hmac::Key::new(digest, &secret), input.as_bytes());
        let token = format!("{input}.{}", base64url::encode(tag.as_ref()));
        assert_eq!(fault(&token, &public(of)), UNKNOWN);
        // Nor does the tag pass under the header of the key's own algorithm.
        let token = resigned(of, |_| tag.as_ref().to_vec());
        assert_eq!(fault(&token, &public(of)), JwsFault::Signature);
    }
}

/// Everything that is published of a key, byte for byte.
fn secrets(of: Algorithm) -> Vec<Vec<u8>> {
    let jwk = serde_json::to_string(&key(of).public_jwk()).unwrap();
    let pretty = serde_json::to_string_pretty(&key(of).public_jwk()).unwrap();
    let envelope = pem("PUBLIC KEY", &spki(of));
    let mut secrets = vec![
        Vec::new(),
        spki(of),
        envelope.trim_end().as_bytes().to_vec(),
        envelope.into_bytes(),
        format!(r#"{{"keys":[{jwk}]}}"#).into_bytes(),
        jwk.into_bytes(),
        pretty.into_bytes(),
        public(of).thumbprint().as_bytes().to_vec(),
    ];
    if of == Algorithm::Rs256 {
        secrets.push(pkcs1());
        secrets.push(pem("RSA PUBLIC KEY", &pkcs1()).into_bytes());
    }
    secrets
}

/// A2: no HMAC key is taken into a set, whatever it says of itself.
/// S-8725-05
#[rstest]
#[case::symmetric(json!({"kty": "oct", "k": "AAAA"}), KeyFault::Symmetric)]
#[case::named(json!({"kty": "oct", "k": "AAAA", "alg": "HS256", "use": "sig"}), KeyFault::Symmetric)]
#[case::rsa_for_hmac(json!(changed(Algorithm::Rs256, &json!({"alg": "HS256"}))), KeyFault::UnknownAlgorithm)]
#[case::ec_for_hmac(json!(changed(Algorithm::Es256, &json!({"alg": "HS256"}))), KeyFault::UnknownAlgorithm)]
fn a2_hmac_keys(#[case] jwk: Value, #[case] expected: KeyFault) {
    let read = VerificationKey::from_jwk(jwk.as_object().unwrap(), &Algorithm::ALL);
    assert_eq!(read, Err(expected));
}

/// A11: the key decides the algorithm, even where JWK and token both leave it open. S-8725-02.
#[test]
fn a11_algorithms_of_other_families() {
    for of in Algorithm::ALL {
        let public = VerificationKey::from_jwk(&changed(of, &json!({"alg": null})), &[of]).unwrap();
        for named in Algorithm::ALL.into_iter().filter(|named| *named != of) {
            let token = forge(
                key(of),
                json!({"alg": named.as_str()}).to_string().as_bytes(),
                CLAIMS,
            );
            assert_eq!(
                fault(&token, &public),
                JwsFault::AlgorithmMismatch,
                "{named} with {of}"
            );
            let jws = UnverifiedJws::parse(&token).unwrap();
            assert_eq!(select([&public], jws.kid(), jws.algorithm()), Err(NoKey::Unknown));
        }
    }
}

/// A11, with one RSA key and the padding or hash of another algorithm.
/// S-8725-03, S-7518-04
#[rstest]
fn a11_other_padding(#[values(Algorithm::Rs384, Algorithm::Ps256, Algorithm::Ps512)] used: Algorithm) {
    let der = key(Algorithm::Rs256).to_pkcs8().unwrap();
    let other = SigningKey::from_pkcs8(used, &der).unwrap();
    let token = forge(&other, br#"{"alg":"RS256"}"#, CLAIMS);
    assert_eq!(fault(&token, &public(Algorithm::Rs256)), JwsFault::Signature);
}

/// RFC 9864: two names, one algorithm. S-9864-01.
#[rstest]
fn a11_both_names_of_ed25519(
    #[values("EdDSA", "Ed25519")] token: &str,
    #[values("EdDSA", "Ed25519")] jwk: &str,
) {
    let public = VerificationKey::from_jwk(
        &changed(Algorithm::EdDsa, &json!({"alg": jwk})),
        &[Algorithm::EdDsa],
    );
    let token = forge(
        key(Algorithm::EdDsa),
        json!({"alg": token}).to_string().as_bytes(),
        CLAIMS,
    );
    assert!(
        UnverifiedJws::parse(&token)
            .unwrap()
            .verify(&public.unwrap())
            .is_ok()
    );
}
