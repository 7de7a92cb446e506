use super::*;
use crate::jose::testing::{changed, key, pem, pkcs1, spki};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

fn set(keys: &[Value]) -> Vec<u8> {
    json!({"keys": keys}).to_string().into_bytes()
}

fn jwk(algorithm: Algorithm, changes: &Value) -> Value {
    Value::Object(changed(algorithm, changes))
}

fn outcome(judged: &Judged) -> (Vec<Algorithm>, Vec<(usize, KeyFault)>) {
    let keys = judged.keys.iter().map(VerificationKey::algorithm).collect();
    let refused = judged
        .refused
        .iter()
        .map(|key| (key.position, key.fault))
        .collect();
    (keys, refused)
}

/// S-7517-02, S-9964-01: whatever else is in the set, the good keys are found.
#[test]
fn a13_bad_keys_leave_the_others_alone() {
    let bad = [
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AQ"}),
        jwk(Algorithm::Rs256, &json!({"d": "AQ", "kid": "leaked"})),
        json!({"kty": "oct", "k": "AQ", "kid": "a b"}),
        json!({"kty": "RSA"}),
        json!({}),
        json!([]),
        json!(null),
        json!("x"),
        json!({"kty": "EC", "crv": "P-256", "x": "", "y": "", "kid": "k".repeat(65)}),
    ];
    let mut keys = bad.to_vec();
    keys.insert(4, jwk(Algorithm::Es256, &json!({"kid": "good"})));
    keys.push(jwk(Algorithm::EdDsa, &json!({})));
    let expected_refusals = vec![
        (0, KeyFault::Unsupported),
        (1, KeyFault::Private),
        (2, KeyFault::Symmetric),
        (3, KeyFault::Malformed("n")),
        (5, KeyFault::Malformed("kty")),
        (6, KeyFault::Json(JsonFault::NotObject)),
        (7, KeyFault::Json(JsonFault::NotObject)),
        (8, KeyFault::Json(JsonFault::NotObject)),
        (9, KeyFault::Malformed("x")),
    ];
    let from_bytes = judge_jwks(&set(&keys), &Algorithm::ALL).unwrap();
    let from_value = judge_jwks_value(&json!({"keys": keys}), &Algorithm::ALL).unwrap();
    assert_eq!(from_bytes, from_value);
    assert_eq!(from_bytes, judge_document(&set(&keys), &Algorithm::ALL).unwrap());
    assert_eq!(
        outcome(&from_bytes),
        (vec![Algorithm::Es256, Algorithm::EdDsa], expected_refusals)
    );
    // Only what is short and printable is shown.
    let shown = from_bytes.refused.iter().filter_map(|key| key.kid.as_deref());
    assert_eq!(shown.collect::<Vec<_>>(), ["leaked"]);
}

/// S-7517-01, S-7517-02
#[test]
fn a13_damage_inside_of_a_key_stays_inside() {
    let good = jwk(Algorithm::Es256, &json!({}));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let document = format!(r#"{{"keys":[{{"kty":"RSA","\u006bty":"EC"}},{deep},{good}],"other":[1]}}"#);
    let judged = judge_jwks(document.as_bytes(), &Algorithm::ALL).unwrap();
    let refused = vec![
        (0, KeyFault::Json(JsonFault::Duplicate)),
        (1, KeyFault::Json(JsonFault::TooDeep)),
    ];
    assert_eq!(outcome(&judged), (vec![Algorithm::Es256], refused));
}

/// S-7517-01, S-7517-04
#[rstest]
#[case::nothing("", SetFault::NotKeys)]
#[case::text("hello", SetFault::NotKeys)]
#[case::html("<html>", SetFault::NotKeys)]
#[case::array("[]", SetFault::NotKeys)]
#[case::no_keys("{}", SetFault::NoKeysMember)]
#[case::single_key(r#"{"kty":"RSA"}"#, SetFault::NoKeysMember)]
#[case::keys_null(r#"{"keys":null}"#, SetFault::NoKeysMember)]
#[case::keys_object(r#"{"keys":{}}"#, SetFault::NoKeysMember)]
#[case::keys_twice(r#"{"keys":[],"keys":[]}"#, SetFault::NotKeys)]
#[case::keys_twice_escaped(r#"{"keys":[],"\u006beys":[]}"#, SetFault::NotKeys)]
#[case::other_twice(r#"{"keys":[],"a":1,"a":2}"#, SetFault::NotKeys)]
#[case::trailing(r#"{"keys":[]}{}"#, SetFault::NotKeys)]
#[case::cut(r#"{"keys":[{}"#, SetFault::NotKeys)]
#[case::byte_order_mark("\u{feff}{\"keys\":[]}", SetFault::NotKeys)]
#[case::seventeen(&format!(r#"{{"keys":[{}]}}"#, ["{}"; 17].join(",")), SetFault::TooMany)]
#[case::many(&format!(r#"{{"keys":[{}0]}}"#, "0,".repeat(100_000)), SetFault::TooMany)]
#[case::large(&format!(r#"{{"keys":[],"a":"{}"}}"#, "x".repeat(MAX_DOCUMENT)), SetFault::TooLarge)]
#[case::dashes("-----", SetFault::NoPemKey)]
#[case::many_blocks(&"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n".repeat(17), SetFault::TooMany)]
#[case::large_pem(&"-".repeat(MAX_DOCUMENT + 1), SetFault::TooLarge)]
fn a13_what_is_no_set(#[case] document: &str, #[case] fault: SetFault) {
    assert_eq!(judge_document(document.as_bytes(), &Algorithm::ALL), Err(fault));
}

#[test]
fn an_empty_set_has_no_keys() {
    let judged = judge_document(b" \n{\"keys\":[]}", &Algorithm::ALL);
    assert_eq!(judged, Ok(Judged::default()));
}

#[rstest]
#[case(MAX_DOCUMENT, Ok(()))]
#[case(MAX_DOCUMENT.strict_add(1), Err(SetFault::TooLarge))]
fn documents_are_bounded(#[case] length: usize, #[case] expected: Result<(), SetFault>) {
    let set = r#"{"keys":[]}"#;
    let document = set.to_owned() + &" ".repeat(length.strict_sub(set.len()));
    assert_eq!(
        judge_document(document.as_bytes(), &Algorithm::ALL).map(|_| ()),
        expected
    );
}

#[test]
fn sixteen_keys_are_not_too_many() {
    let judged = judge_jwks(&set(&vec![json!({}); 16]), &Algorithm::ALL).unwrap();
    assert_eq!(judged.refused.len(), MAX_KEYS);
}

#[rstest]
#[case(16, Ok(16))]
#[case(17, Err(SetFault::TooMany))]
#[case(18, Err(SetFault::TooMany))]
fn inside_another_object_too(#[case] keys: usize, #[case] expected: Result<usize, SetFault>) {
    let judged = judge_jwks_value(&json!({ "keys": vec![json!({}); keys] }), &Algorithm::ALL);
    assert_eq!(judged.map(|judged| judged.refused.len()), expected);
}

#[rstest]
#[case::same_key_and_kid(json!({"kid": "a"}), json!({"kid": "a"}), true)]
#[case::same_key_other_kid(json!({"kid": "a"}), json!({"kid": "b"}), true)]
#[case::same_key_other_algorithm(json!({"kid": "a"}), json!({"kid": "b", "alg": "PS256"}), true)]
#[case::same_kid_and_algorithm(json!({"kid": "a"}), json!({"kid": "a", "n": MODULUS}), true)]
#[case::same_kid_other_algorithm(json!({"kid": "a"}), json!({"kid": "a", "n": MODULUS, "alg": "PS256"}), false)]
#[case::other_kid(json!({"kid": "a"}), json!({"kid": "b", "n": MODULUS}), false)]
fn a12_the_same_key_or_name_twice(#[case] first: Value, #[case] second: Value, #[case] refused: bool) {
    let keys = [jwk(Algorithm::Rs256, &first), jwk(Algorithm::Rs256, &second)];
    let judged = judge_jwks(&set(&keys), &Algorithm::ALL).unwrap();
    let expected = if refused {
        vec![(1, KeyFault::Duplicate)]
    } else {
        vec![]
    };
    assert_eq!(outcome(&judged).1, expected);
}

/// RFC 7515 App. A.2.1.
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

#[test]
fn a12_an_unusable_key_takes_no_name_from_a_good_one() {
    let bad = jwk(Algorithm::Es256, &json!({"kid": "a", "use": "enc"}));
    let good = jwk(Algorithm::Es256, &json!({"kid": "a"}));
    let judged = judge_jwks(&set(&[bad, good]), &Algorithm::ALL).unwrap();
    assert_eq!(
        outcome(&judged),
        (vec![Algorithm::Es256], vec![(0, KeyFault::NotForSignatures)])
    );
}

#[test]
fn every_key_type_in_pem() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ] {
        let judged = judge_document(pem("PUBLIC KEY", &spki(algorithm)).as_bytes(), &[algorithm]).unwrap();
        assert_eq!(judged.keys, [key(algorithm).verification_key().unwrap()]);
    }
    let judged = judge_pem(pem("RSA PUBLIC KEY", &pkcs1()).as_bytes(), &[Algorithm::Rs256]).unwrap();
    assert_eq!(judged.keys, [key(Algorithm::Rs256).verification_key().unwrap()]);
}

#[test]
fn bad_blocks_leave_the_others_alone() {
    let good = spki(Algorithm::Es256);
    let mut trailing = good.clone();
    trailing.push(0);
    let private = key(Algorithm::EdDsa).to_pkcs8().unwrap();
    let text = [
        "what follows are keys\n".to_owned(),
        pem("PRIVATE KEY", &private),
        pem("EC PRIVATE KEY", &[]),
        pem("ENCRYPTED PRIVATE KEY", &[]),
        pem("CERTIFICATE", &[1]),
        pem("PUBLIC KEY", &trailing),
        pem("PUBLIC KEY", &good[..20]),
        pem("PUBLIC KEY", b""),
        "-----BEGIN PUBLIC KEY-----\n???\n-----END PUBLIC KEY-----\n".to_owned(),
        "-----BEGIN PUBLIC KEY-----\n".to_owned(),
        pem("PUBLIC KEY", &good),
        pem("PUBLIC KEY", &good),
    ];
    let judged = judge_pem(text.concat().as_bytes(), &Algorithm::ALL).unwrap();
    let refused = vec![
        (0, KeyFault::Private),
        (1, KeyFault::Private),
        (2, KeyFault::Private),
        (3, KeyFault::UnknownPemLabel),
        (4, KeyFault::MalformedPem),
        (5, KeyFault::MalformedPem),
        (6, KeyFault::MalformedPem),
        (7, KeyFault::MalformedPem),
        (8, KeyFault::MalformedPem),
        (10, KeyFault::Duplicate),
    ];
    assert_eq!(outcome(&judged), (vec![Algorithm::Es256], refused));
}

#[rstest]
#[case::secp256k1(
    b"\x30\x16\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x03\x02\x00\x04",
    KeyFault::Unsupported
)]
#[case::rsa_pss(
    b"\x30\x11\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x03\x02\x00\x04",
    KeyFault::Unsupported
)]
#[case::ed448(
    b"\x30\x0b\x30\x05\x06\x03\x2b\x65\x71\x03\x02\x00\x04",
    KeyFault::Unsupported
)]
#[case::explicit_curve(
    b"\x30\x13\x30\x0d\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x30\x02\x05\x00\x03\x02\x00\x04",
    KeyFault::MalformedPem
)]
#[case::unused_bits(
    b"\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x01\x04",
    KeyFault::MalformedPem
)]
#[case::long_length(
    b"\x30\x81\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x04",
    KeyFault::MalformedPem
)]
#[case::indefinite(
    b"\x30\x80\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x04\x00\x00",
    KeyFault::MalformedPem
)]
fn odd_der(#[case] der: &[u8], #[case] fault: KeyFault) {
    let judged = judge_pem(pem("PUBLIC KEY", der).as_bytes(), &Algorithm::ALL).unwrap();
    assert_eq!(outcome(&judged), (vec![], vec![(0, fault)]));
}

/// S-7515-05, S-7515-06, D-23.
/// S-7515-07
#[test]
fn selection() {
    let named = |algorithm, kid: &str| {
        VerificationKey::from_jwk(&changed(algorithm, &json!({"kid": kid})), &Algorithm::ALL).unwrap()
    };
    let rsa = named(Algorithm::Rs256, "a");
    let ec = named(Algorithm::Es256, "a");
    let other = VerificationKey::from_jwk(
        &changed(Algorithm::Rs256, &json!({"kid": "b", "n": MODULUS})),
        &Algorithm::ALL,
    )
    .unwrap();
    let again = named(Algorithm::Rs256, "c");
    let all = [&rsa, &ec, &other];
    let pick = |keys: &[&VerificationKey], kid, algorithm| {
        select(keys.iter().copied(), kid, algorithm).map(|key| (key.kid().to_owned(), key.algorithm()))
    };
    assert_eq!(
        pick(&all, Some("a"), Algorithm::Es256),
        Ok(("a".to_owned(), Algorithm::Es256))
    );
    assert_eq!(
        pick(&all, Some("a"), Algorithm::Rs256),
        Ok(("a".to_owned(), Algorithm::Rs256))
    );
    assert_eq!(
        pick(&all, Some("b"), Algorithm::Rs256),
        Ok(("b".to_owned(), Algorithm::Rs256))
    );
    assert_eq!(pick(&all, Some("b"), Algorithm::Es256), Err(NoKey::Unknown));
    assert_eq!(pick(&all, Some("A"), Algorithm::Es256), Err(NoKey::Unknown));
    assert_eq!(pick(&all, Some(""), Algorithm::Es256), Err(NoKey::Unknown));
    assert_eq!(
        pick(&all, None, Algorithm::Es256),
        Ok(("a".to_owned(), Algorithm::Es256))
    );
    assert_eq!(pick(&all, None, Algorithm::Rs256), Err(NoKey::Ambiguous));
    assert_eq!(pick(&all, None, Algorithm::Ps256), Err(NoKey::Unknown));
    assert_eq!(pick(&[], None, Algorithm::Rs256), Err(NoKey::Unknown));
    // The same key from two sources is one key.
    assert_eq!(
        pick(&[&rsa, &again], None, Algorithm::Rs256),
        Ok(("a".to_owned(), Algorithm::Rs256))
    );
}

proptest! {
    #[test]
    fn documents_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), start in prop::sample::select(vec!["", "{\"keys\":[", "-----BEGIN PUBLIC KEY-----\n"])) {
        let document = [start.as_bytes(), &bytes].concat();
        let _judged = judge_document(&document, &Algorithm::ALL);
        let _der = der::subject_public_key_info(&bytes);
    }

    #[test]
    fn der_with_one_byte_changed_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let mut der = spki(algorithm);
            *at.get_mut(&mut der) = byte;
            let _read = der::subject_public_key_info(&der);
        }
    }
}
