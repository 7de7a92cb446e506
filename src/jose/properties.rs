//! No change of a token verifies, whatever is changed; and keys and bytes read as they were written.

use super::testing::{key, members};
use super::{Algorithm, UnverifiedJws, VerificationKey, base64url};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One change of a token.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Another character of the compact form.
    Replace(Index, char),
    /// One character more.
    Insert(Index, char),
    /// One character less.
    Remove(Index),
    /// The end is cut off.
    Cut(Index),
    /// Two of the segments in the place of each other.
    Swap(usize, usize),
    /// Another byte of what a segment spells, spelled well again.
    Flip(usize, Index, u8),
    /// Bytes more or less at the end of what a segment spells.
    Resize(usize, Index),
}

/// One to four changes.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let (at, character) = (any::<Index>, || {
        prop::char::ranges(vec!['-'..='.', '0'..='9', 'A'..='Z', '_'..='_', 'a'..='z'].into())
    });
    let change = prop_oneof![
        3 => (at(), character()).prop_map(|(at, to)| Change::Replace(at, to)),
        1 => (at(), character()).prop_map(|(at, to)| Change::Insert(at, to)),
        1 => at().prop_map(Change::Remove),
        1 => at().prop_map(Change::Cut),
        1 => (0..3_usize, 0..3_usize).prop_map(|(one, other)| Change::Swap(one, other)),
        4 => (0..3_usize, at(), 1..=255_u8).prop_map(|(segment, at, bits)| Change::Flip(segment, at, bits)),
        1 => (0..3_usize, at()).prop_map(|(segment, length)| Change::Resize(segment, length)),
    ];
    proptest::collection::vec(change, 1..5)
}

/// The token with these changes, which may cancel each other out.
pub(crate) fn changed(token: &str, changes: &[Change]) -> String {
    changes
        .iter()
        .fold(token.to_owned(), |token, change| change.of(token))
}

// === impl Change ===

impl Change {
    fn of(&self, mut token: String) -> String {
        match self {
            _ if token.is_empty() => {}
            Self::Replace(at, to) => {
                let at = at.index(token.len());
                token.replace_range(at..=at, &to.to_string());
            }
            Self::Insert(at, what) => token.insert(at.index(token.len()), *what),
            Self::Remove(at) => {
                token.remove(at.index(token.len()));
            }
            Self::Cut(at) => token.truncate(at.index(token.len())),
            Self::Swap(one, other) => {
                let mut segments: Vec<_> = token.split('.').collect();
                if *one.max(other) < segments.len() {
                    segments.swap(*one, *other);
                }
                token = segments.join(".");
            }
            Self::Flip(segment, at, bits) => {
                token = respelled(&token, *segment, |bytes| {
                    if !bytes.is_empty() {
                        *at.get_mut(bytes.as_mut_slice()) ^= bits;
                    }
                });
            }
            Self::Resize(segment, length) => {
                token = respelled(&token, *segment, |bytes| {
                    bytes.resize(length.index(bytes.len().strict_add(8)), 0);
                });
            }
        }
        token
    }
}

/// The token with other bytes in one segment.
fn respelled(token: &str, segment: usize, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut segments: Vec<_> = token.split('.').map(str::to_owned).collect();
    if let Some(text) = segments.get_mut(segment)
        && let Some(mut bytes) = base64url::decode(text)
    {
        change(&mut bytes);
        *text = base64url::encode(&bytes);
    }
    segments.join(".")
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_change_of_a_token_verifies(algorithm in algorithms(), changes in changes(), typ in prop::option::of(Just("JWT"))) {
        let token = key(algorithm).sign_jws(typ, br#"{"iss":"a","aud":["b"],"exp":1700000000}"#).unwrap();
        let changed = changed(&token, &changes);
        prop_assume!(changed != token);
        let public = key(algorithm).verification_key().unwrap();
        let verified = UnverifiedJws::parse(&changed).and_then(|jws| jws.verify(&public));
        prop_assert!(verified.is_err(), "{changed}");
    }
}

proptest! {
    #[test]
    fn bytes_have_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "[A-Za-z0-9_+/=-]{0,12}") {
        let spelled = base64url::encode(&bytes);
        prop_assert_eq!(base64url::decode(&spelled), Some(bytes.clone()));
        let mut onto = "before".to_owned();
        base64url::encode_onto(&bytes, &mut onto);
        prop_assert_eq!(onto, format!("before{spelled}"));
        let mut buffer = b"before".to_vec();
        prop_assert_eq!(base64url::decode_into(&spelled, &mut buffer), Some(()));
        prop_assert_eq!(buffer, bytes);
        if let Some(bytes) = base64url::decode(&text) {
            prop_assert_eq!(base64url::encode(&bytes), text);
        }
    }

    #[test]
    fn a_published_key_reads_as_the_same_key(algorithm in algorithms(), name in "[a-z]{9,12}", kid in prop::option::of("\\PC{1,64}")) {
        let mut jwk = key(algorithm).public_jwk();
        jwk.insert(name, json!({"anything": [1]}));
        if let Some(kid) = &kid {
            jwk.insert("kid".to_owned(), Value::from(kid.as_str()));
        }
        let read = VerificationKey::from_jwk(&jwk, &[algorithm]).unwrap();
        let own = key(algorithm).verification_key().unwrap();
        prop_assert_eq!(read.thumbprint(), own.thumbprint());
        prop_assert_eq!(read.kid(), kid.as_deref().unwrap_or(own.kid()));
        prop_assert_eq!(VerificationKey::from_jwk(&read.public_jwk(), &[algorithm]), Ok(read));
    }

    /// A byte of the key's material changed makes another key or none.
    #[test]
    fn another_key_has_another_thumbprint(algorithm in algorithms(), at in any::<Index>(), bits in 1..=255_u8) {
        let own = key(algorithm).verification_key().unwrap();
        for name in ["n", "e", "x", "y"] {
            let mut jwk = members(&Value::Object(own.public_jwk()));
            let Some(value) = jwk.get(name).and_then(Value::as_str) else {
                continue;
            };
            let mut bytes = base64url::decode(value).unwrap();
            *at.get_mut(&mut bytes) ^= bits;
            jwk.insert(name.to_owned(), Value::from(base64url::encode(&bytes)));
            if let Ok(other) = VerificationKey::from_jwk(&jwk, &[algorithm]) {
                prop_assert_ne!(other.thumbprint(), own.thumbprint());
                prop_assert_ne!(other, own.clone());
            }
        }
    }
}
