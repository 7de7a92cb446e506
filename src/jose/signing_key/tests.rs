use super::*;
use crate::jose::testing::key;
use crate::jose::{UnverifiedJws, select};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

/// S-8725-06
#[test]
fn every_algorithm_signs_what_its_public_half_verifies() {
    for algorithm in Algorithm::ALL {
        let again = SigningKey::from_pkcs8(algorithm, &key(algorithm).to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.public_jwk(), key(algorithm).public_jwk());
        for typ in [None, Some("JWT"), Some("at+jwt"), Some("dpop+jwt")] {
            let token = again.sign_jws(typ, br#"{"iss":"a"}"#).unwrap();
            let jws = UnverifiedJws::parse(&token).unwrap();
            assert_eq!(jws.algorithm(), algorithm);
            assert_eq!(jws.kid(), Some(key(algorithm).kid()));
            assert_eq!(jws.typ(), typ.map(str::to_ascii_lowercase).as_deref());
            let public = [key(algorithm).verification_key().unwrap()];
            let public = select(&public, jws.kid(), jws.algorithm()).unwrap();
            assert_eq!(jws.verify(public).unwrap().issuer(), Ok("a"));
        }
    }
}

#[test]
fn the_header_has_alg_typ_and_kid_and_nothing_else() {
    let token = key(Algorithm::Es256).sign_jws(Some("at+jwt"), b"{}").unwrap();
    let header = base64url::decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let kid = key(Algorithm::Es256).kid();
    assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}));
}

/// S-7517-06: golden list of members, so that no private one can slip in.
#[rstest]
#[case(Algorithm::Rs256, &["alg", "e", "kid", "kty", "n", "use"])]
#[case(Algorithm::Es512, &["alg", "crv", "kid", "kty", "use", "x", "y"])]
#[case(Algorithm::EdDsa, &["alg", "crv", "kid", "kty", "use", "x"])]
fn published_members(#[case] algorithm: Algorithm, #[case] names: &[&str]) {
    let jwk = key(algorithm).public_jwk();
    let mut found = jwk.keys().collect::<Vec<_>>();
    found.sort();
    assert_eq!(found, names);
    assert_eq!(jwk["alg"], algorithm.as_str());
    assert_eq!(jwk["use"], "sig");
}

#[rstest]
#[case::array(None, "[]", SigningFault::NotObject)]
#[case::empty(None, "", SigningFault::NotObject)]
#[case::quote(Some("a\"b"), "{}", SigningFault::Typ)]
#[case::blank(Some(""), "{}", SigningFault::Typ)]
fn what_is_not_signed(#[case] typ: Option<&str>, #[case] claims: &str, #[case] fault: SigningFault) {
    assert_eq!(key(Algorithm::Es256).sign_jws(typ, claims.as_bytes()), Err(fault));
}

#[test]
fn a_key_is_read_only_for_its_own_algorithm() {
    for (algorithm, other) in [
        (Algorithm::Es256, Algorithm::Es384),
        (Algorithm::Es256, Algorithm::Rs256),
        (Algorithm::Rs256, Algorithm::EdDsa),
        (Algorithm::EdDsa, Algorithm::Es512),
    ] {
        let der = key(algorithm).to_pkcs8().unwrap();
        let read = SigningKey::from_pkcs8(other, &der).map(|key| key.algorithm());
        assert_eq!(read, Err(SigningFault::NotPkcs8));
    }
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", key(Algorithm::EdDsa));
    let kid = key(Algorithm::EdDsa).kid();
    assert_eq!(
        shown,
        format!("SigningKey {{ algorithm: EdDsa, kid: \"{kid}\", .. }}")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does(
        message in proptest::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        algorithm in prop::sample::select(&Algorithm::ALL[..]),
    ) {
        let public = key(algorithm).verification_key().unwrap();
        let signature = key(algorithm).sign(&message).unwrap();
        prop_assert!(public.verify(&message, &signature).is_ok());
        let mut other = message.clone();
        other[at.index(message.len())] ^= 1 << bit;
        prop_assert!(public.verify(&other, &signature).is_err());
        let mut broken = signature.clone();
        broken[at.index(signature.len())] ^= 1 << bit;
        prop_assert!(public.verify(&message, &broken).is_err());
    }
}
