use super::*;
use crate::jose::rsa;
use crate::jose::testing::{changed, key, members};
use rstest::rstest;
use serde_json::json;

/// RFC 7515 App. A.2.1.
const RFC7515_RSA: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
/// RFC 7638 §3.1.
const RFC7638_RSA: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
/// 2048 bits, and a power of 65537 modulo the product of the primes from 3 to 167.
const ROCA: &str = "hx3-fQisNUS1_SOYOnH2QqWsl8RCOZny2h2kjXbl7SXQKkJmilemnpz-0GBBwIzgeEuX0r1rc1GuF1aHp_iePLMz43EhPDKSsZF0YuoUO81VXyAyeNGoSsaIp4QAlsZxjTb1XWZP3ZTPkdc9CV1BNEVSlwK3rFVsvN9rm1-J5C-dzAffQGMAt7pphDm8Mv3vlsBLjM3jF22PgXvoqJkZnE-qHUzrm3FyzxqV6NTh85Rjuyq78xtWUmaw32F1MtIqBADnRbRBDVG-BNJWS-t9VPtTRNSnSH0whvAzTZD8TVS36gyyn34E-9hUF8s4MRwWD4mOynq1OZQmeAyHATMDlw";

fn rsa_jwk(n: &str, e: &str) -> Map<String, Value> {
    members(&json!({"kty": "RSA", "n": n, "e": e}))
}

/// A modulus of so many bits, without small factors.
fn modulus(bits: usize) -> String {
    let mut n = vec![0x5a; bits.div_ceil(8)];
    n[0] = 0x80 >> (n.len().strict_mul(8).strict_sub(bits));
    let end = n.last_mut().unwrap();
    *end = 1;
    // The digits of another number, odd, until no small prime divides it.
    for middle in 0..u8::MAX {
        n[1] = middle;
        if !matches!(rsa::check(&n, &[1, 0, 1]), Err(KeyFault::ModulusFactored)) {
            break;
        }
    }
    base64url::encode(&n)
}

fn judged(jwk: &Map<String, Value>) -> Result<Algorithm, KeyFault> {
    VerificationKey::from_jwk(jwk, &Algorithm::ALL).map(|key| key.algorithm())
}

/// S-7638-01
#[test]
fn thumbprint_of_rfc_7638() {
    let mut jwk = rsa_jwk(RFC7638_RSA, "AQAB");
    let key = VerificationKey::from_jwk(&jwk, &Algorithm::ALL).unwrap();
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key.kid(), key.thumbprint());
    for (name, value) in [
        ("kid", "2011-04-29"),
        ("alg", "RS256"),
        ("use", "sig"),
        ("x", "y"),
    ] {
        jwk.insert(name.to_owned(), json!(value));
    }
    let named = VerificationKey::from_jwk(&jwk, &Algorithm::ALL).unwrap();
    assert_eq!(named.thumbprint(), key.thumbprint());
    assert_eq!(named.kid(), "2011-04-29");
}

/// S-7638-01
#[test]
fn thumbprint_and_signature_of_rfc_8037() {
    let jwk =
        members(&json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
    let key = VerificationKey::from_jwk(&jwk, &Algorithm::ALL).unwrap();
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = base64url::decode(signature).unwrap();
    assert_eq!(key.verify(input, &signature), Ok(()));
}

/// S-8725-02, S-8725-03, S-9864-01.
/// S-8725-01, S-7518-13
#[rstest]
#[case::curve(Algorithm::Es256, json!({"alg": null}), &Algorithm::ALL, Ok(Algorithm::Es256))]
#[case::okp(Algorithm::EdDsa, json!({"alg": null}), &Algorithm::ALL, Ok(Algorithm::EdDsa))]
#[case::okp_new_name(Algorithm::EdDsa, json!({"alg": "Ed25519"}), &Algorithm::ALL, Ok(Algorithm::EdDsa))]
#[case::rsa_named(Algorithm::Rs256, json!({"alg": "PS384"}), &Algorithm::ALL, Ok(Algorithm::Ps384))]
#[case::rsa_first(Algorithm::Rs256, json!({"alg": null}), &[Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256], Ok(Algorithm::Ps256))]
#[case::rsa_none(Algorithm::Rs256, json!({"alg": null}), &[Algorithm::Es256], Err(KeyFault::AlgorithmNotAllowed))]
#[case::empty_list(Algorithm::Es256, json!({}), &[], Err(KeyFault::AlgorithmNotAllowed))]
#[case::curve_not_allowed(Algorithm::Es384, json!({}), &[Algorithm::Es256], Err(KeyFault::AlgorithmNotAllowed))]
#[case::named_not_allowed(Algorithm::Rs256, json!({}), &[Algorithm::Ps256], Err(KeyFault::AlgorithmNotAllowed))]
#[case::other_family(Algorithm::Rs256, json!({"alg": "ES256"}), &Algorithm::ALL, Err(KeyFault::AlgorithmMismatch))]
#[case::other_family_that_is_not_allowed_either(Algorithm::Rs256, json!({"alg": "ES256"}), &[Algorithm::Rs256], Err(KeyFault::AlgorithmMismatch))]
#[case::other_curve(Algorithm::Es256, json!({"alg": "ES384"}), &Algorithm::ALL, Err(KeyFault::AlgorithmMismatch))]
#[case::symmetric(Algorithm::Rs256, json!({"alg": "HS256"}), &Algorithm::ALL, Err(KeyFault::UnknownAlgorithm))]
#[case::none(Algorithm::Rs256, json!({"alg": "none"}), &Algorithm::ALL, Err(KeyFault::UnknownAlgorithm))]
#[case::encryption(Algorithm::Rs256, json!({"alg": "RSA-OAEP"}), &Algorithm::ALL, Err(KeyFault::UnknownAlgorithm))]
#[case::not_a_string(Algorithm::Rs256, json!({"alg": 1}), &Algorithm::ALL, Err(KeyFault::Malformed("alg")))]
fn one_algorithm_per_key(
    #[case] of: Algorithm,
    #[case] changes: Value,
    #[case] allowed: &[Algorithm],
    #[case] expected: Result<Algorithm, KeyFault>,
) {
    let pinned = VerificationKey::from_jwk(&changed(of, &changes), allowed);
    assert_eq!(pinned.map(|key| key.algorithm()), expected);
}

#[rstest]
#[case::unknown_members(Algorithm::Es256, json!({"x5c": ["MII"], "x5t": "a", "other": {"d": 1}}))]
#[case::operations(Algorithm::Es256, json!({"key_ops": ["sign", "verify"], "use": null}))]
#[case::longest_kid(Algorithm::Es256, json!({"kid": "k".repeat(MAX_KID)}))]
#[case::odd_kid(Algorithm::Es256, json!({"kid": "../../\0\u{202e}' or 1=1"}))]
fn accepted(#[case] of: Algorithm, #[case] changes: Value) {
    assert_eq!(judged(&changed(of, &changes)), Ok(of));
}

/// S-7517-03.
#[rstest]
#[case::rsa_d(Algorithm::Rs256, json!({"d": "AQ"}), KeyFault::Private)]
#[case::rsa_p(Algorithm::Rs256, json!({"p": "AQ"}), KeyFault::Private)]
#[case::rsa_q(Algorithm::Rs256, json!({"q": "AQ"}), KeyFault::Private)]
#[case::rsa_dp(Algorithm::Rs256, json!({"dp": "AQ"}), KeyFault::Private)]
#[case::rsa_dq(Algorithm::Rs256, json!({"dq": "AQ"}), KeyFault::Private)]
#[case::rsa_qi(Algorithm::Rs256, json!({"qi": "AQ"}), KeyFault::Private)]
#[case::rsa_oth(Algorithm::Rs256, json!({"oth": []}), KeyFault::Private)]
#[case::ec_d(Algorithm::Es256, json!({"d": 1}), KeyFault::Private)]
#[case::okp_d(Algorithm::EdDsa, json!({"d": ""}), KeyFault::Private)]
#[case::secret_in_rsa(Algorithm::Rs256, json!({"k": "AQ"}), KeyFault::Private)]
#[case::akp_private(Algorithm::Es256, json!({"kty": "AKP", "priv": "AQ"}), KeyFault::Private)]
#[case::oct(Algorithm::Es256, json!({"kty": "oct", "k": "AQ"}), KeyFault::Symmetric)]
#[case::oct_without_k(Algorithm::Es256, json!({"kty": "oct"}), KeyFault::Symmetric)]
#[case::use_enc(Algorithm::Rs256, json!({"use": "enc"}), KeyFault::NotForSignatures)]
#[case::use_case(Algorithm::Rs256, json!({"use": "SIG"}), KeyFault::NotForSignatures)]
#[case::use_empty(Algorithm::Rs256, json!({"use": ""}), KeyFault::NotForSignatures)]
#[case::use_array(Algorithm::Rs256, json!({"use": ["sig"]}), KeyFault::NotForSignatures)]
#[case::operations(Algorithm::Rs256, json!({"key_ops": ["encrypt"]}), KeyFault::NotForVerification)]
#[case::operations_empty(Algorithm::Rs256, json!({"key_ops": []}), KeyFault::NotForVerification)]
#[case::operations_string(Algorithm::Rs256, json!({"key_ops": "verify"}), KeyFault::NotForVerification)]
#[case::operations_mixed(Algorithm::Rs256, json!({"key_ops": ["verify", 1]}), KeyFault::NotForVerification)]
#[case::kid_number(Algorithm::Es256, json!({"kid": 1}), KeyFault::Malformed("kid"))]
#[case::kid_empty(Algorithm::Es256, json!({"kid": ""}), KeyFault::Malformed("kid"))]
#[case::kid_long(Algorithm::Es256, json!({"kid": "k".repeat(MAX_KID + 1)}), KeyFault::Malformed("kid"))]
fn a12_not_a_public_key_for_signatures(
    #[case] of: Algorithm,
    #[case] changes: Value,
    #[case] fault: KeyFault,
) {
    assert_eq!(judged(&changed(of, &changes)), Err(fault));
}

/// S-7517-02, S-9964-01.
/// S-9864-01, S-7518-12
#[rstest]
#[case::no_kty(Algorithm::Es256, json!({"kty": null}), KeyFault::Malformed("kty"))]
#[case::kty_number(Algorithm::Es256, json!({"kty": 1}), KeyFault::Malformed("kty"))]
#[case::kty_case(Algorithm::Es256, json!({"kty": "ec"}), KeyFault::Unsupported)]
#[case::kty_akp(Algorithm::Es256, json!({"kty": "AKP", "alg": null}), KeyFault::Unsupported)]
#[case::no_crv(Algorithm::Es256, json!({"crv": null}), KeyFault::Malformed("crv"))]
#[case::secp256k1(Algorithm::Es256, json!({"crv": "secp256k1"}), KeyFault::Unsupported)]
#[case::crv_case(Algorithm::Es256, json!({"crv": "p-256"}), KeyFault::Unsupported)]
#[case::ed448(Algorithm::EdDsa, json!({"crv": "Ed448"}), KeyFault::Unsupported)]
#[case::x25519(Algorithm::EdDsa, json!({"crv": "X25519"}), KeyFault::Unsupported)]
#[case::okp_curve_as_ec(Algorithm::EdDsa, json!({"kty": "EC"}), KeyFault::Unsupported)]
#[case::no_n(Algorithm::Rs256, json!({"n": null}), KeyFault::Malformed("n"))]
#[case::no_e(Algorithm::Rs256, json!({"e": null}), KeyFault::Malformed("e"))]
#[case::n_empty(Algorithm::Rs256, json!({"n": ""}), KeyFault::Malformed("n"))]
#[case::n_number(Algorithm::Rs256, json!({"n": 1}), KeyFault::Malformed("n"))]
#[case::certificate_only(Algorithm::Rs256, json!({"n": null, "e": null, "x5c": ["MII"]}), KeyFault::CertificateOnly)]
#[case::certificate_only_ec(Algorithm::Es256, json!({"x": null, "y": null, "x5c": ["MII"]}), KeyFault::CertificateOnly)]
#[case::no_y(Algorithm::Es256, json!({"y": null}), KeyFault::Malformed("y"))]
#[case::x_short(Algorithm::Es256, json!({"x": base64url::encode(&[1; 31])}), KeyFault::Malformed("x"))]
#[case::x_long(Algorithm::Es256, json!({"x": base64url::encode(&[0; 33])}), KeyFault::Malformed("x"))]
#[case::x_padded(Algorithm::Es256, json!({"x": format!("{}=", base64url::encode(&[1; 32]))}), KeyFault::Malformed("x"))]
#[case::y_of_p256_on_p384(Algorithm::Es384, json!({"y": base64url::encode(&[1; 32])}), KeyFault::Malformed("y"))]
#[case::not_on_curve(Algorithm::Es256, json!({"x": base64url::encode(&[1; 32])}), KeyFault::NotOnCurve)]
#[case::infinity(Algorithm::Es256, json!({"x": base64url::encode(&[0; 32]), "y": base64url::encode(&[0; 32])}), KeyFault::NotOnCurve)]
#[case::beyond_the_field(Algorithm::Es512, json!({"x": base64url::encode(&[0xff; 66])}), KeyFault::NotOnCurve)]
#[case::ed25519_short(Algorithm::EdDsa, json!({"x": base64url::encode(&[1; 31])}), KeyFault::Malformed("x"))]
fn a13_malformed_keys(#[case] of: Algorithm, #[case] changes: Value, #[case] fault: KeyFault) {
    assert_eq!(judged(&changed(of, &changes)), Err(fault));
}

/// S-7518-01, S-7518-02, A12.
/// D-23
#[rstest]
#[case::bits_1024(&modulus(1024), "AQAB", KeyFault::ModulusTooShort)]
#[case::bits_2047(&modulus(2047), "AQAB", KeyFault::ModulusTooShort)]
#[case::bits_4097(&modulus(4097), "AQAB", KeyFault::ModulusTooLong)]
#[case::bits_8192(&modulus(8192), "AQAB", KeyFault::ModulusTooLong)]
#[case::leading_zero(&base64url::encode(&[&[0][..], &[0xff; 256]].concat()), "AQAB", KeyFault::Malformed("n"))]
#[case::even(&base64url::encode(&[0xfe; 256]), "AQAB", KeyFault::ModulusFactored)]
#[case::divisible_by_3(&base64url::encode(&[0xff; 256]), "AQAB", KeyFault::ModulusFactored)]
#[case::roca(ROCA, "AQAB", KeyFault::ModulusStructured)]
#[case::e_1(RFC7515_RSA, "AQ", KeyFault::ExponentTooSmall)]
#[case::e_2(RFC7515_RSA, "Ag", KeyFault::ExponentTooSmall)]
#[case::e_3(RFC7515_RSA, "Aw", KeyFault::ExponentTooSmall)]
#[case::e_65535(RFC7515_RSA, "__8", KeyFault::ExponentTooSmall)]
#[case::e_65538(RFC7515_RSA, "AQAC", KeyFault::ExponentEven)]
#[case::e_2_33(RFC7515_RSA, "AgAAAAA", KeyFault::ExponentEven)]
#[case::e_above_2_33(RFC7515_RSA, "AgAAAAE", KeyFault::ExponentTooLarge)]
#[case::e_beyond_64_bits(RFC7515_RSA, "AQAAAAAAAAAB", KeyFault::ExponentTooLarge)]
#[case::e_leading_zero(RFC7515_RSA, "AAEAAQ", KeyFault::Malformed("e"))]
#[case::e_empty(RFC7515_RSA, "", KeyFault::Malformed("e"))]
#[case::e_standard_alphabet(RFC7515_RSA, "//8", KeyFault::Malformed("e"))]
fn a12_weak_rsa(#[case] n: &str, #[case] e: &str, #[case] fault: KeyFault) {
    assert_eq!(judged(&rsa_jwk(n, e)), Err(fault));
}

/// S-7518-01
#[rstest]
#[case(2048)]
#[case(2049)]
#[case(3072)]
#[case(4096)]
fn rsa_sizes(#[case] bits: usize) {
    assert_eq!(judged(&rsa_jwk(&modulus(bits), "AQAB")), Ok(Algorithm::Rs256));
}

/// S-FAPI-EC, S-7518-13: P-256 is the smallest curve, and the only ones are those of RFC 7518.
#[rstest]
fn other_curves_are_not_used(
    #[values(
        "P-192",
        "P-224",
        "P-256K",
        "secp256k1",
        "secp256r1",
        "brainpoolP256r1",
        "Ed25519",
        ""
    )]
    crv: &str,
) {
    let jwk = changed(Algorithm::Es256, &json!({ "crv": crv, "alg": null }));
    assert_eq!(judged(&jwk), Err(KeyFault::Unsupported));
}

/// S-7638-01: an EC key has its four members hashed, whatever else is in the JWK (the key of RFC 7517 App. A.1).
#[test]
fn thumbprint_of_an_ec_key() {
    let mut jwk = members(&json!({
        "kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }));
    let expected = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s";
    let of = |jwk: &Map<String, Value>| VerificationKey::from_jwk(jwk, &Algorithm::ALL).unwrap();
    assert_eq!(of(&jwk).thumbprint(), expected);
    for (name, value) in [("kid", "1"), ("use", "sig"), ("alg", "ES256"), ("a", "b")] {
        jwk.insert(name.to_owned(), json!(value));
    }
    assert_eq!(of(&jwk).thumbprint(), expected);
}

/// S-8037-01: the points of small order, and y coordinates with a second spelling.
#[rstest]
#[case::zero("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KeyFault::SmallOrder)]
#[case::zero_and_sign("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", KeyFault::SmallOrder)]
#[case::one("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KeyFault::SmallOrder)]
#[case::one_and_sign("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", KeyFault::SmallOrder)]
#[case::order_8("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", KeyFault::SmallOrder)]
#[case::order_8_other("xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o", KeyFault::SmallOrder)]
#[case::minus_one("7P_______________________________________38", KeyFault::SmallOrder)]
#[case::p("7f_______________________________________38", KeyFault::NotOnCurve)]
#[case::p_and_one("7v_______________________________________38", KeyFault::NotOnCurve)]
#[case::largest("_________________________________________38", KeyFault::NotOnCurve)]
#[case::all_ones("__________________________________________8", KeyFault::NotOnCurve)]
fn a12_weak_ed25519(#[case] x: &str, #[case] fault: KeyFault) {
    assert_eq!(judged(&changed(Algorithm::EdDsa, &json!({"x": x}))), Err(fault));
}

#[test]
fn the_canonical_jwk_reads_back_to_the_same_key() {
    for algorithm in Algorithm::ALL {
        let public = key(algorithm).verification_key().unwrap();
        let again = VerificationKey::from_jwk(&public.public_jwk(), &[algorithm]).unwrap();
        assert_eq!(again, public);
        let renamed = changed(algorithm, &json!({"kid": "other"}));
        assert_ne!(VerificationKey::from_jwk(&renamed, &[algorithm]).unwrap(), public);
    }
}

#[test]
fn debug_names_the_key_and_shows_no_more() {
    let public = key(Algorithm::Es256).verification_key().unwrap();
    let (kid, jwk) = (public.kid().to_owned(), public.public_jwk());
    let shown = format!("{public:?}");
    assert!(shown.contains(&kid));
    assert!(!shown.contains(jwk["x"].as_str().unwrap()));
}

/// Every fault has a reason that Kubernetes takes (`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`).
#[test]
fn codes_are_camel_case() {
    for fault in [
        KeyFault::Private,
        KeyFault::Malformed("n"),
        KeyFault::SmallOrder,
        KeyFault::Duplicate,
    ] {
        assert!(fault.code().bytes().all(|b| b.is_ascii_alphabetic()));
        assert!(fault.code().starts_with(|c: char| c.is_ascii_uppercase()));
    }
}
