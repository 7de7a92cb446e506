//! Signatures that are none, or of something else (S-7523-22, S-7518-10, -11).

use super::corpus::{Malformed, because};
use crate::matrix::token::{Draft, Signer, segment};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use countersign::oauth::reason::ReasonCode;
use serde_json::json;

/// The order of P-256.
const ORDER: [u8; 32] = *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";

/// What becomes of the bytes of a good signature.
type Change = fn(Vec<u8>) -> Vec<u8>;

const CHANGES: [(&str, Change); 20] = [
    ("its first bit is turned", |bytes| turned(bytes, 0, 0x80)),
    ("its last bit is turned", |bytes| {
        let last = bytes.len() - 1;
        turned(bytes, last, 1)
    }),
    ("a bit in the middle is turned", |bytes| {
        let middle = bytes.len() / 2;
        turned(bytes, middle, 0x10)
    }),
    ("the first byte is missing", |bytes| bytes[1..].into()),
    ("the last byte is missing", |bytes| {
        bytes[..bytes.len() - 1].into()
    }),
    ("the first half", |bytes| bytes[..bytes.len() / 2].into()),
    ("one byte", |bytes| bytes[..1].into()),
    ("a zero behind it", |bytes| [&bytes[..], &[0]].concat()),
    ("a zero before it", |bytes| [&[0], &bytes[..]].concat()),
    ("twice", |bytes| bytes.repeat(2)),
    ("a thousand bytes", |bytes| {
        bytes.into_iter().cycle().take(1000).collect()
    }),
    ("its halves in the other order", |bytes| {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        [second, first].concat()
    }),
    ("backwards", |bytes| bytes.into_iter().rev().collect()),
    ("zeros", |bytes| vec![0; bytes.len()]),
    ("ones", |bytes| vec![0xff; bytes.len()]),
    ("the first half is zero", |mut bytes| {
        let half = bytes.len() / 2;
        bytes[..half].fill(0);
        bytes
    }),
    ("the second half is zero", |mut bytes| {
        let half = bytes.len() / 2;
        bytes[half..].fill(0);
        bytes
    }),
    ("r = s = 1", |bytes| {
        let half = bytes.len() / 2;
        let mut one = vec![0; half];
        one[half - 1] = 1;
        one.repeat(2)
    }),
    ("r = s = n of P-256", |_| ORDER.repeat(2)),
    ("wide halves", |bytes| {
        let (r, s) = bytes.split_at(bytes.len() / 2);
        [&[0], r, &[0], s].concat()
    }),
];

pub(super) fn corpus() -> Vec<Malformed> {
    let mut corpus: Vec<Malformed> = CHANGES
        .into_iter()
        .map(|(name, change)| {
            Malformed::new(format!("signature: {name}"), move |draft| {
                let input = draft.input();
                let signature = draft.signer.key().sign(input.as_bytes()).unwrap();
                format!("{input}.{}", segment(change(signature)))
            })
        })
        .collect();
    corpus.extend([
        Malformed::some("signature: DER", |draft, _| der(&draft)),
        Malformed::new("signature: of the claims alone", |draft| {
            signed_over(&draft, &segment(draft.claims.text()))
        }),
        Malformed::new("signature: of the decoded text", |draft| {
            signed_over(
                &draft,
                &format!("{}.{}", draft.header.text(), draft.claims.text()),
            )
        }),
        Malformed::new("signature: of nothing", |draft| signed_over(&draft, "")),
        Malformed::new("signature: of another token of the same signer", |draft| {
            signed_over(&draft, &Draft::good(draft.signer).input())
        }),
        Malformed::new("claims changed after signing", |draft| {
            let changed = draft.clone().claim("scope", json!("read"));
            format!("{}.{}", changed.input(), last(&draft.token()))
        }),
        Malformed::new("header changed after signing", |draft| {
            let changed = draft.clone().header("typ", json!("JWT"));
            format!("{}.{}", changed.input(), last(&draft.token()))
        }),
        Malformed::new("white space put into the claims after signing", |draft| {
            let header = segment(draft.header.text());
            let claims = segment(format!("{} ", draft.claims.text()));
            format!("{header}.{claims}.{}", last(&draft.token()))
        }),
    ]);
    because(&[ReasonCode::Signature], corpus).collect()
}

fn turned(mut bytes: Vec<u8>, place: usize, bits: u8) -> Vec<u8> {
    bytes[place] ^= bits;
    bytes
}

fn signed_over(draft: &Draft, message: &str) -> String {
    let signature = draft.signer.key().sign(message.as_bytes()).unwrap();
    format!("{}.{}", draft.input(), segment(signature))
}

fn last(token: &str) -> &str {
    token.rsplit_once('.').unwrap().1
}

/// A good ECDSA signature in the form that RFC 7518 §3.4 does not have.
fn der(draft: &Draft) -> Option<String> {
    if draft.signer != Signer::Ecdsa {
        return None;
    }
    let key = draft.signer.key().to_pkcs8().unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key).unwrap();
    let input = draft.input();
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    Some(format!("{input}.{}", segment(signature)))
}
