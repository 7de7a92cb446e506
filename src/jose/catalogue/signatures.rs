//! Signatures that are none (A3, A10, A16).

use super::*;

/// A3: r or s of zero, of the group's order, or beyond. S-7518-11.
#[rstest]
fn a3_psychic_signatures(
    #[values(Algorithm::Es256, Algorithm::Es384, Algorithm::Es512)] algorithm: Algorithm,
) {
    for filler in [0, 0xff] {
        let token = resigned(algorithm, |signature| vec![filler; signature.len()]);
        assert_eq!(fault(&token, &public(algorithm)), JwsFault::Signature);
        let token = resigned(algorithm, |mut signature| {
            let half = signature.len() / 2;
            signature[..half].fill(filler);
            signature
        });
        assert_eq!(fault(&token, &public(algorithm)), JwsFault::Signature);
        let token = resigned(algorithm, |mut signature| {
            let half = signature.len() / 2;
            signature[half..].fill(filler);
            signature
        });
        assert_eq!(fault(&token, &public(algorithm)), JwsFault::Signature);
    }
}

/// A3: r and s of the group's order, which is zero again.
/// S-7518-11
#[rstest]
#[case(
    Algorithm::Es256,
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
)]
#[case(
    Algorithm::Es384,
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
)]
#[case(
    Algorithm::Es512,
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
)]
fn a3_the_order_itself(#[case] algorithm: Algorithm, #[case] order: &str) {
    let digits = order.as_bytes().chunks(2);
    let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
    let order: Vec<u8> = digits.map(byte).collect();
    let (zero, mut one) = (vec![0; order.len()], vec![0; order.len()]);
    one[order.len() - 1] = 1;
    for r in [&zero, &one, &order] {
        for s in [&zero, &one, &order] {
            let token = resigned(algorithm, |_| [r.as_slice(), s].concat());
            assert_eq!(fault(&token, &public(algorithm)), JwsFault::Signature);
        }
        let genuine_r = resigned(algorithm, |signature| [&signature[..order.len()], r].concat());
        assert_eq!(fault(&genuine_r, &public(algorithm)), JwsFault::Signature);
        let genuine_s = resigned(algorithm, |signature| [r, &signature[order.len()..]].concat());
        assert_eq!(fault(&genuine_s, &public(algorithm)), JwsFault::Signature);
    }
}

/// A10: signatures that are cut, made longer, or written in DER. S-7518-10, S-8037-01.
#[rstest]
fn a10_lengths(
    #[values(
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa
    )]
    algorithm: Algorithm,
) {
    let length = key(algorithm).sign(b"").unwrap().len();
    for cut in 1..length {
        let token = resigned(algorithm, |signature| signature[..cut].to_vec());
        assert_eq!(
            fault(&token, &public(algorithm)),
            JwsFault::Signature,
            "{cut} bytes"
        );
    }
    assert_eq!(
        fault(&resigned(algorithm, |_| Vec::new()), &public(algorithm)),
        JwsFault::NotSigned
    );
    let after = resigned(algorithm, |signature| [signature.as_slice(), &[0]].concat());
    assert_eq!(fault(&after, &public(algorithm)), JwsFault::Signature);
    let before = resigned(algorithm, |signature| [&[0], signature.as_slice()].concat());
    assert_eq!(fault(&before, &public(algorithm)), JwsFault::Signature);
    // Two coordinates, each one byte longer.
    let wide = resigned(algorithm, |signature| {
        let (r, s) = signature.split_at(signature.len() / 2);
        [&[0], r, &[0], s].concat()
    });
    assert_eq!(fault(&wide, &public(algorithm)), JwsFault::Signature);
}

/// S-7518-10
#[rstest]
#[case(Algorithm::Es256, &lc::ECDSA_P256_SHA256_ASN1_SIGNING)]
#[case(Algorithm::Es384, &lc::ECDSA_P384_SHA384_ASN1_SIGNING)]
#[case(Algorithm::Es512, &lc::ECDSA_P521_SHA512_ASN1_SIGNING)]
fn a10_der(#[case] algorithm: Algorithm, #[case] form: &'static lc::EcdsaSigningAlgorithm) {
    let der = key(algorithm).to_pkcs8().unwrap();
    let pair = lc::EcdsaKeyPair::from_pkcs8(form, &der).unwrap();
    let input = format!(
        "{}.{}",
        segment(&json!({"alg": algorithm.as_str()}).to_string()),
        segment("{}")
    );
    let signature = pair
        .sign(&aws_lc_rs::rand::SystemRandom::new(), input.as_bytes())
        .unwrap();
    let token = format!("{input}.{}", base64url::encode(signature.as_ref()));
    assert_eq!(fault(&token, &public(algorithm)), JwsFault::Signature);
}

/// S + L is as good as S to a verifier that does not look. S-8037-01.
#[test]
fn a10_second_spelling_of_s() {
    let order =
        b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";
    let token = resigned(Algorithm::EdDsa, |mut signature| {
        let mut carry = 0;
        for (byte, more) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(*more) + carry;
            *byte = u8::try_from(sum % 256).unwrap();
            carry = sum / 256;
        }
        assert_eq!(carry, 0);
        signature
    });
    assert_eq!(fault(&token, &public(Algorithm::EdDsa)), JwsFault::Signature);
}

/// S-7518-03: the salt is exactly as long as the hash.
#[rstest]
#[case::none(lc::RsaPssSaltLength::Custom(0), false)]
#[case::twenty(lc::RsaPssSaltLength::Custom(20), false)]
#[case::thirty_one(lc::RsaPssSaltLength::Custom(31), false)]
#[case::digest(lc::RsaPssSaltLength::Custom(32), true)]
#[case::thirty_three(lc::RsaPssSaltLength::Custom(33), false)]
#[case::largest(lc::RsaPssSaltLength::Max, false)]
fn a10_salt_lengths(#[case] salt: lc::RsaPssSaltLength, #[case] good: bool) {
    let der = key(Algorithm::Ps256).to_pkcs8().unwrap();
    let pair = lc::RsaKeyPair::from_pkcs8(&der).unwrap();
    let encoding = Box::leak(Box::new(lc::RSA_PSS_SHA256.with_pss_salt_length(salt)));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    pair.sign(encoding, &random, b"message", &mut signature).unwrap();
    let verified = public(Algorithm::Ps256).verify(b"message", &signature);
    assert_eq!(verified, if good { Ok(()) } else { Err(BadSignature) });
}

/// A16: a token that is expired and badly signed is badly signed; nothing here looks at the date first.
#[test]
fn a16_the_signature_comes_first() {
    let other = SigningKey::generate(Algorithm::Es256).unwrap();
    let token = forge(&other, br#"{"alg":"ES256"}"#, br#"{"iss":1,"exp":"no","aud":[]}"#);
    assert_eq!(fault(&token, &public(Algorithm::Es256)), JwsFault::Signature);
}

/// RFC 7515 App. A.2 and A.3: the tokens of the standard, and none that differs from them in one character.
#[rstest]
#[case(
    "RS256",
    json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}),
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)]
#[case(
    "ES256",
    json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)]
fn b1_tokens_of_rfc_7515(#[case] name: &str, #[case] jwk: Value, #[case] signature: &str) {
    let header = segment(&format!(r#"{{"alg":"{name}"}}"#));
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let token = format!("{header}.{payload}.{signature}");
    let key = VerificationKey::from_jwk(jwk.as_object().unwrap(), &Algorithm::ALL).unwrap();
    let claims = UnverifiedJws::parse(&token).unwrap().verify(&key).unwrap();
    assert_eq!(claims.issuer(), Ok("joe"));
    assert_eq!(claims.get("http://example.com/is_root"), Some(&json!(true)));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let verified = UnverifiedJws::parse(&changed).and_then(|jws| jws.verify(&key));
        assert!(verified.is_err(), "character {at}");
    }
}
