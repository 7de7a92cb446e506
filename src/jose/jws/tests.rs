use super::*;
use crate::jose::testing::{forge, key, members, with_header};
use crate::jose::{Algorithm, KeyType};
use jsonwebtoken as oracle;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

/// The payload of the examples in RFC 7515 App. A.
const PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A2_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const A3_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

#[rstest]
#[case::a2("eyJhbGciOiJSUzI1NiJ9", A2_SIGNATURE, json!({"kty": "RSA", "n": A2_MODULUS, "e": "AQAB"}))]
#[case::a3("eyJhbGciOiJFUzI1NiJ9", A3_SIGNATURE, json!({
    "kty": "EC", "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
}))]
fn examples_of_rfc_7515(#[case] header: &str, #[case] signature: &str, #[case] jwk: Value) {
    let token = format!("{header}.{PAYLOAD}.{signature}");
    let key = VerificationKey::from_jwk(&members(&jwk), &Algorithm::ALL).unwrap();
    let jws = UnverifiedJws::parse(&token).unwrap();
    assert_eq!((jws.kid(), jws.typ()), (None, None));
    let claims = jws.verify(&key).unwrap();
    assert_eq!(claims.issuer(), Ok("joe"));
    assert_eq!(claims.expiry().unwrap().as_second(), 1_300_819_380);
    assert_eq!(claims.get("http://example.com/is_root"), Some(&json!(true)));
}

fn fault(token: &str) -> JwsFault {
    UnverifiedJws::parse(token).err().unwrap()
}

/// S-JOSE-07
#[rstest]
#[case::last_that_fits(12_199, 16_384, None)]
#[case::first_that_does_not(12_200, 16_386, Some(JwsFault::TooLong))]
fn tokens_are_bounded(#[case] filler: usize, #[case] length: usize, #[case] expected: Option<JwsFault>) {
    let claims = format!("{{\"a\":\"{}\"}}", "x".repeat(filler));
    let token = forge(key(Algorithm::EdDsa), br#"{"alg":"EdDSA"}"#, claims.as_bytes());
    assert_eq!(token.len(), length);
    assert_eq!(UnverifiedJws::parse(&token).err(), expected);
}

/// S-7523-01, S-7523-03, S-7523-23, S-JOSE-01, S-JOSE-02, S-JOSE-03, S-JOSE-04, S-8725-30
#[rstest]
#[case::empty("", JwsFault::Segments)]
#[case::one("e30", JwsFault::Segments)]
#[case::two("e30.e30", JwsFault::Segments)]
#[case::four("e30.e30.e30.e30", JwsFault::Segments)]
#[case::five("e30.e30.e30.e30.e30", JwsFault::Encrypted)]
#[case::six("e30.e30.e30.e30.e30.e30", JwsFault::Segments)]
#[case::dots("..", JwsFault::Header(JsonFault::NotObject))]
#[case::padding("e30=.e30.e30", JwsFault::Character)]
#[case::plus("e+30.e30.e30", JwsFault::Character)]
#[case::slash("e/30.e30.e30", JwsFault::Character)]
#[case::space_before(" e30.e30.e30", JwsFault::Character)]
#[case::newline_after("e30.e30.e30\n", JwsFault::Character)]
#[case::tab("e30.\te30.e30", JwsFault::Character)]
#[case::nul("e30.e30.e30\0", JwsFault::Character)]
#[case::two_tokens("e30.e30.e30 e30.e30.e30", JwsFault::Character)]
#[case::letter_beyond_ascii("e30.e30.e3\u{ff10}", JwsFault::Character)]
#[case::header_bits("e31.e30.e30", JwsFault::Base64(Segment::Header))]
#[case::header_length("e30e3.e30.e30", JwsFault::Base64(Segment::Header))]
#[case::payload_bits("eyJhbGciOiJFUzI1NiJ9.e31.AA", JwsFault::Base64(Segment::Payload))]
#[case::signature_bits("eyJhbGciOiJFUzI1NiJ9.e30.AB", JwsFault::Base64(Segment::Signature))]
#[case::no_signature("eyJhbGciOiJFUzI1NiJ9.e30.", JwsFault::NotSigned)]
#[case::no_payload("eyJhbGciOiJFUzI1NiJ9..AA", JwsFault::Claims(JsonFault::NotObject))]
#[case::no_header(".e30.AA", JwsFault::Header(JsonFault::NotObject))]
fn malformed(#[case] token: &str, #[case] expected: JwsFault) {
    assert_eq!(fault(token), expected);
}

/// S-7523bis-08
#[rstest]
#[case(json!({}), None)]
#[case(json!({"typ": "JWT"}), Some("jwt"))]
#[case(json!({"typ": "application/jwt"}), Some("jwt"))]
#[case(json!({"typ": "client-authentication+jwt"}), Some("client-authentication+jwt"))]
#[case(json!({"typ": "Application/Client-Authentication+JWT"}), Some("client-authentication+jwt"))]
#[case(json!({"typ": "image/png"}), Some("image/png"))]
fn types(#[case] header: Value, #[case] typ: Option<&str>) {
    let token = with_header(key(Algorithm::Es256), &header);
    assert_eq!(UnverifiedJws::parse(&token).unwrap().typ(), typ);
}

/// S-JOSE-09
#[rstest]
#[case::unknown_members(json!({"other": {"alg": "none"}, "x5t": "a", "x5t#S256": "b", "epk": 1}))]
#[case::content_type(json!({"cty": "json"}))]
#[case::longest_kid(json!({"kid": "k".repeat(256)}))]
fn ignored(#[case] header: Value) {
    let token = with_header(key(Algorithm::Es256), &header);
    let jws = UnverifiedJws::parse(&token).unwrap();
    assert_eq!(jws.kid(), header.get("kid").and_then(Value::as_str));
    assert!(
        jws.verify(&key(Algorithm::Es256).verification_key().unwrap())
            .is_ok()
    );
}

#[rstest]
#[case(Segment::Header, "the header is not canonical base64url")]
#[case(Segment::Payload, "the payload is not canonical base64url")]
#[case(Segment::Signature, "the signature is not canonical base64url")]
fn segments_are_named(#[case] segment: Segment, #[case] expected: &str) {
    assert_eq!(JwsFault::Base64(segment).to_string(), expected);
}

#[test]
fn debug_shows_nothing_that_was_sent() {
    let token = with_header(key(Algorithm::Es256), &json!({"kid": "k", "typ": "t"}));
    let jws = UnverifiedJws::parse(&token).unwrap();
    assert_eq!(format!("{jws:?}"), "UnverifiedJws { algorithm: Es256, .. }");
}

/// The name under which jsonwebtoken knows an algorithm; ES512 it does not.
fn oracle_algorithm(algorithm: Algorithm) -> Option<oracle::Algorithm> {
    algorithm.as_str().parse().ok()
}

/// Our public JWK, read by jsonwebtoken.
fn oracle_key(algorithm: Algorithm) -> oracle::DecodingKey {
    let jwk: oracle::jwk::Jwk = serde_json::from_value(Value::Object(key(algorithm).public_jwk())).unwrap();
    oracle::DecodingKey::from_jwk(&jwk).unwrap()
}

#[test]
fn another_library_verifies_what_we_sign() {
    let mut compared = 0;
    for algorithm in Algorithm::ALL {
        let Some(name) = oracle_algorithm(algorithm) else {
            continue;
        };
        let token = key(algorithm).sign_jws(None, br#"{"iss":"a"}"#).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let verified = oracle::crypto::verify(signature, input.as_bytes(), &oracle_key(algorithm), name);
        assert!(verified.unwrap(), "{algorithm}");
        compared += 1;
    }
    assert_eq!(compared, 9);
}

/// S-8725-06
#[test]
fn we_verify_what_another_library_signs() {
    for algorithm in Algorithm::ALL {
        let Some(name) = oracle_algorithm(algorithm) else {
            continue;
        };
        let der = key(algorithm).to_pkcs8().unwrap();
        let encoding_key = match algorithm.key_type() {
            // PKCS#1, which is what follows the 26 bytes of the envelope.
            KeyType::Rsa => oracle::EncodingKey::from_rsa_der(&der[26..]),
            KeyType::Ed25519 => oracle::EncodingKey::from_ed_der(&der),
            KeyType::P256 | KeyType::P384 | KeyType::P521 => oracle::EncodingKey::from_ec_der(&der),
        };
        let mut header = oracle::Header::new(name);
        header.kid = Some("k".to_owned());
        let token = oracle::encode(&header, &json!({"iss": "a"}), &encoding_key).unwrap();
        let jws = UnverifiedJws::parse(&token).unwrap();
        assert_eq!((jws.typ(), jws.kid()), (Some("jwt"), Some("k")));
        let claims = jws.verify(&key(algorithm).verification_key().unwrap()).unwrap();
        assert_eq!(claims.issuer(), Ok("a"));
    }
}

proptest! {
    #[test]
    fn text_never_panics(token in "\\PC{0,200}") {
        let _parsed = UnverifiedJws::parse(&token);
    }

    #[test]
    fn segments_never_panic(
        header in proptest::collection::vec(any::<u8>(), 0..80),
        payload in proptest::collection::vec(any::<u8>(), 0..80),
        good_header in any::<bool>(),
    ) {
        let header = if good_header { br#"{"alg":"EdDSA"}"#.to_vec() } else { header };
        let token = forge(key(Algorithm::EdDsa), &header, &payload);
        let _parsed = UnverifiedJws::parse(&token);
    }

    /// One token has one spelling, and none that is like it verifies.
    /// S-JOSE-04
    #[test]
    fn no_change_of_one_character_verifies(
        algorithm in prop::sample::select(vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::Es512, Algorithm::EdDsa]),
        at in any::<prop::sample::Index>(),
        other in "[A-Za-z0-9_.-]",
        kind in 0..3_u8,
    ) {
        let token = key(algorithm).sign_jws(Some("JWT"), br#"{"iss":"a","aud":["b"],"exp":1700000000}"#).unwrap();
        let at = at.index(token.len());
        let (before, after) = token.split_at(at);
        let changed = match kind {
            0 => format!("{before}{other}{}", after.get(1..).unwrap()),
            1 => format!("{before}{other}{after}"),
            _ => format!("{before}{}", after.get(1..).unwrap()),
        };
        prop_assume!(changed != token);
        let public = key(algorithm).verification_key().unwrap();
        let verified = UnverifiedJws::parse(&changed).and_then(|jws| jws.verify(&public));
        prop_assert!(verified.is_err());
    }
}
