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

/// A3, with r = s = n of P-256.
/// S-7518-11
#[test]
fn a3_the_order_itself() {
    let order = b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let token = resigned(Algorithm::Es256, |_| [order.as_slice(), order].concat());
    assert_eq!(fault(&token, &public(Algorithm::Es256)), JwsFault::Signature);
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
#[test]
fn a10_der() {
    let der = key(Algorithm::Es256).to_pkcs8().unwrap();
    let pair = lc::EcdsaKeyPair::from_pkcs8(&lc::ECDSA_P256_SHA256_ASN1_SIGNING, &der).unwrap();
    let input = format!("{}.{}", segment(r#"{"alg":"ES256"}"#), segment("{}"));
    let signature = pair
        .sign(&aws_lc_rs::rand::SystemRandom::new(), input.as_bytes())
        .unwrap();
    let token = format!("{input}.{}", base64url::encode(signature.as_ref()));
    assert_eq!(fault(&token, &public(Algorithm::Es256)), JwsFault::Signature);
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
