use super::*;
use crate::certificates::{Material, MaterialFault, Plan, plan};
use rstest::rstest;
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[derive(Debug)]
struct Failed;

impl From<MaterialFault> for Failed {
    fn from(_: MaterialFault) -> Self {
        Self
    }
}

impl From<RingFault> for Failed {
    fn from(_: RingFault) -> Self {
        Self
    }
}

fn ring() -> Authorities {
    let mut ring = Authorities::default();
    for now in [at(1_700_000_000), at(1_700_000_000 + 276 * 86_400)] {
        let Plan::Write(draft) = plan(&ring, now) else {
            panic!("nothing to write at {now}")
        };
        ring = draft.complete::<Failed>(|| Ok(Material::generate()?)).unwrap();
    }
    ring
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Authorities, SecretFault> {
    let mut value = serde_json::from_slice(&encode(&ring()).unwrap()).unwrap();
    change(&mut value);
    decode(value.to_string().as_bytes())
}

#[test]
fn what_is_written_is_read_again() {
    let ring = ring();
    assert_eq!(ring.entries().len(), 2);
    let text = encode(&ring).unwrap();
    assert_eq!(decode(&text).unwrap(), ring);
    assert_eq!(*encode(&decode(&text).unwrap()).unwrap(), *text);
}

#[test]
fn the_buffer_never_grows() {
    let ring = ring();
    let written: Vec<_> = ring.entries().iter().map(write).collect();
    let lengths = written
        .iter()
        .map(|entry| entry.pkcs8.len() + entry.certificate.len() + 256);
    let size: usize = 64 + lengths.sum::<usize>();
    let text = encode(&ring).unwrap();
    assert!(text.len() <= size);
    assert_eq!(text.capacity(), size);
}

#[rstest]
#[case::later_version(|v: &mut Value| *v = json!({"version": 7, "rings": []}), SecretFault::Version(7))]
#[case::none(|v: &mut Value| v["authorities"] = json!([]), SecretFault::Empty)]
#[case::no_base64(|v: &mut Value| v["authorities"][1]["pkcs8"] = json!("secret!"), SecretFault::Base64 { index: 1 })]
#[case::no_key(
    |v: &mut Value| v["authorities"][0]["pkcs8"] = json!("c2VjcmV0"),
    SecretFault::Authority { index: 0 }
)]
#[case::no_certificate(
    |v: &mut Value| v["authorities"][0]["certificate"] = json!("c2VjcmV0"),
    SecretFault::Authority { index: 0 }
)]
#[case::other_key(
    |v: &mut Value| {
        let key = v["authorities"][0]["pkcs8"].clone();
        v["authorities"][1]["pkcs8"] = key;
    },
    SecretFault::Authority { index: 1 }
)]
#[case::foreign(
    |v: &mut Value| {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        v["authorities"][0]["certificate"] = json!(STANDARD.encode(made.cert.der()));
        v["authorities"][0]["pkcs8"] = json!(STANDARD.encode(made.signing_key.serialize_der()));
    },
    SecretFault::Authority { index: 0 }
)]
#[case::turn_after_its_end(
    |v: &mut Value| v["authorities"][0]["signsFrom"] = json!("2100-01-01T00:00:00Z"),
    SecretFault::Authority { index: 0 }
)]
#[case::turn_before_it_holds(
    |v: &mut Value| v["authorities"][0]["signsFrom"] = json!("2000-01-01T00:00:00Z"),
    SecretFault::Authority { index: 0 }
)]
#[case::twice(
    |v: &mut Value| {
        let entry = v["authorities"][0].clone();
        v["authorities"].as_array_mut().unwrap().push(entry);
    },
    SecretFault::Ring(RingFault::SameName)
)]
fn what_we_did_not_write_is_refused(#[case] change: fn(&mut Value), #[case] expected: SecretFault) {
    assert_eq!(changed(change), Err(expected));
}

#[rstest]
#[case::unknown_member(|v: &mut Value| v["authorities"][0]["secret"] = json!(1))]
#[case::unknown_at_the_top(|v: &mut Value| v["secret"] = json!(1))]
#[case::no_version(|v: &mut Value| { v.as_object_mut().unwrap().remove("version"); })]
#[case::version_as_text(|v: &mut Value| v["version"] = json!("secret"))]
#[case::no_list(|v: &mut Value| { v.as_object_mut().unwrap().remove("authorities"); })]
#[case::no_time(|v: &mut Value| v["authorities"][0]["signsFrom"] = json!("secret"))]
#[case::no_private_key(|v: &mut Value| { v["authorities"][0].as_object_mut().unwrap().remove("pkcs8"); })]
#[case::null(|v: &mut Value| *v = Value::Null)]
fn another_shape_is_refused_without_a_word_of_it(#[case] change: fn(&mut Value)) {
    let fault = changed(change).unwrap_err();
    assert!(matches!(fault, SecretFault::Malformed { .. }), "{fault:?}");
    assert!(!format!("{fault} {fault:?}").contains("secret"));
}

#[test]
fn nothing_private_shows() {
    let ring = ring();
    let shown = format!("{ring:?}");
    for entry in ring.entries() {
        assert!(shown.contains(entry.subject()));
        let secret = STANDARD.encode(entry.pkcs8());
        let end: String = secret.chars().skip(secret.len() - 20).collect();
        assert!(!shown.contains(&end));
    }
    assert!(!shown.to_lowercase().contains("key"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        proptest::prop_assert!(decode(&text).is_err());
    }
}
