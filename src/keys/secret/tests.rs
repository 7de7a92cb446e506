use super::*;
use crate::keys::{Plan, RotationPolicy, plan};
use rstest::rstest;
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ring() -> KeyRing {
    let policy = RotationPolicy::new([Algorithm::Es256, Algorithm::EdDsa].into()).unwrap();
    let mut ring = KeyRing::default();
    for now in [at(1_700_000_000), at(1_700_000_000 + 31 * 86_400)] {
        let Plan::Write(draft) = plan(&ring, now, &policy) else {
            panic!("nothing to write at {now}")
        };
        ring = draft
            .complete(|algorithm| Ok::<_, RingError>(SigningKey::generate(algorithm).unwrap()))
            .unwrap();
    }
    ring
}

fn written() -> Value {
    serde_json::from_slice(&encode(&ring()).unwrap()).unwrap()
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<KeyRing, SecretFault> {
    let mut value = written();
    change(&mut value);
    decode(value.to_string().as_bytes())
}

#[test]
fn what_is_written_is_read_again() {
    let ring = ring();
    assert_eq!(ring.entries().len(), 4);
    let text = encode(&ring).unwrap();
    assert_eq!(decode(&text).unwrap(), ring);
    assert_eq!(*encode(&decode(&text).unwrap()).unwrap(), *text);
}

#[test]
fn the_buffer_never_grows() {
    let ring = ring();
    let text = encode(&ring).unwrap();
    let keys: Vec<_> = ring.entries().iter().map(|entry| write(entry).unwrap()).collect();
    let size: usize = 64 + keys.iter().map(|key| key.pkcs8.len() + 512).sum::<usize>();
    assert!(text.len() <= size);
    assert_eq!(text.capacity(), size);
}

#[rstest]
#[case::no_such_version(|v: &mut Value| v["version"] = json!(2), SecretFault::Version(2))]
#[case::later_version(|v: &mut Value| *v = json!({"version": 7, "rings": []}), SecretFault::Version(7))]
#[case::no_keys(|v: &mut Value| v["keys"] = json!([]), SecretFault::Empty)]
#[case::hs256(|v: &mut Value| v["keys"][1]["alg"] = json!("HS256"), SecretFault::Algorithm { index: 1 })]
#[case::other_algorithm(
    |v: &mut Value| v["keys"][0]["alg"] = json!("ES384"),
    SecretFault::Key { index: 0, cause: SigningFault::NotPkcs8 }
)]
#[case::no_base64(|v: &mut Value| v["keys"][0]["pkcs8"] = json!("secret!"), SecretFault::Base64 { index: 0 })]
#[case::no_pkcs8(
    |v: &mut Value| v["keys"][0]["pkcs8"] = json!("c2VjcmV0"),
    SecretFault::Key { index: 0, cause: SigningFault::NotPkcs8 }
)]
#[case::other_kid(|v: &mut Value| v["keys"][2]["kid"] = json!("secret"), SecretFault::Kid { index: 2 })]
#[case::swapped_kids(
    |v: &mut Value| {
        let kid = v["keys"][0]["kid"].take();
        v["keys"][0]["kid"] = v["keys"][1]["kid"].take();
        v["keys"][1]["kid"] = kid;
    },
    SecretFault::Kid { index: 0 }
)]
#[case::twice(
    |v: &mut Value| { let key = v["keys"][0].clone(); v["keys"].as_array_mut().unwrap().push(key); },
    SecretFault::Ring(RingError::SameKid)
)]
#[case::half_a_retirement(
    |v: &mut Value| { v["keys"][3]["retireAt"] = json!("2026-01-01T00:00:00Z"); },
    SecretFault::Retirement { index: 3 }
)]
#[case::other_half(
    |v: &mut Value| { v["keys"][3]["expires"] = json!("2026-01-01T00:00:00Z"); },
    SecretFault::Retirement { index: 3 }
)]
#[case::expires_before_retiring(
    |v: &mut Value| { v["keys"][0]["expires"] = v["keys"][0]["created"].clone(); },
    SecretFault::Ring(RingError::TimesOutOfOrder)
)]
#[case::two_active(
    |v: &mut Value| {
        for key in v["keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().retain(|name, _| name != "retireAt" && name != "expires");
        }
    },
    SecretFault::Ring(RingError::BothActive)
)]
fn a_ring_that_we_did_not_write_is_refused(#[case] change: fn(&mut Value), #[case] expected: SecretFault) {
    assert_eq!(changed(change), Err(expected));
}

#[rstest]
#[case::unknown_member(|v: &mut Value| v["keys"][0]["secret"] = json!(1))]
#[case::unknown_at_the_top(|v: &mut Value| v["secret"] = json!(1))]
#[case::no_version(|v: &mut Value| { v.as_object_mut().unwrap().remove("version"); })]
#[case::version_as_text(|v: &mut Value| v["version"] = json!("secret"))]
#[case::no_keys_member(|v: &mut Value| { v.as_object_mut().unwrap().remove("keys"); })]
#[case::no_time(|v: &mut Value| v["keys"][0]["created"] = json!("secret"))]
#[case::no_private_key(|v: &mut Value| { v["keys"][0].as_object_mut().unwrap().remove("pkcs8"); })]
#[case::private_key_as_list(|v: &mut Value| v["keys"][0]["pkcs8"] = json!(["secret"]))]
#[case::null(|v: &mut Value| *v = Value::Null)]
fn another_shape_is_refused_without_a_word_of_it(#[case] change: fn(&mut Value)) {
    let fault = changed(change).unwrap_err();
    assert!(matches!(fault, SecretFault::Malformed { .. }), "{fault:?}");
    assert!(!format!("{fault} {fault:?}").contains("secret"));
}

#[rstest]
#[case::nothing(b"")]
#[case::no_utf8(b"\xff\xfe")]
#[case::twice(br#"{"version":1,"version":1,"keys":[]}"#)]
#[case::more_behind(br#"{"version":1,"keys":[]} {}"#)]
fn other_bytes_are_refused(#[case] text: &[u8]) {
    assert!(matches!(decode(text), Err(SecretFault::Malformed { .. })));
}

#[test]
fn nothing_private_shows() {
    let ring = ring();
    let shown = format!("{ring:?}");
    for entry in ring.entries() {
        assert!(shown.contains(entry.key().kid()));
        let secret = STANDARD.encode(entry.key().to_pkcs8().unwrap());
        let end: String = secret.chars().skip(secret.len() - 20).collect();
        assert!(!shown.contains(&end));
    }
    assert!(!shown.contains("pkcs8"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        proptest::prop_assert!(decode(&text).is_err());
    }
}
