//! Inputs that broke other products, each held against this module: signatures, headers and keys (A), an oracle
//! (B1), dates (B5), duplicate members (B9), encryption (F8) and private keys (F14). The names begin with the row
//! of `docs/failures.md`.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod algorithms;
mod form;
mod header;
mod keys;
mod signatures;
mod wycheproof;

use super::testing::{changed, forge, key, pem, pkcs1, spki, with_header};
use super::*;
use aws_lc_rs::hmac;
use aws_lc_rs::signature as lc;
use rstest::rstest;
use serde_json::{Value, json};

const CLAIMS: &[u8] = br#"{"iss":"a"}"#;

fn segment(text: &str) -> String {
    base64url::encode(text.as_bytes())
}

fn public(algorithm: Algorithm) -> VerificationKey {
    key(algorithm).verification_key().unwrap()
}

fn fault(token: &str, key: &VerificationKey) -> JwsFault {
    UnverifiedJws::parse(token)
        .and_then(|jws| jws.verify(key))
        .err()
        .unwrap()
}

/// A good token of `algorithm`, with its signature replaced by what `change` makes of it.
fn resigned(algorithm: Algorithm, change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let input = format!(
        "{}.{}",
        segment(&format!(r#"{{"alg":"{algorithm}"}}"#)),
        segment(r#"{"iss":"a"}"#)
    );
    let signature = change(key(algorithm).sign(input.as_bytes()).unwrap());
    format!("{input}.{}", base64url::encode(&signature))
}

const UNKNOWN: JwsFault = JwsFault::Parameter(HeaderFault::UnknownAlgorithm);
const NO_ALGORITHM: JwsFault = JwsFault::Parameter(HeaderFault::NoAlgorithm);
