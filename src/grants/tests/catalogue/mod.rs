//! Inputs that broke other products, each held against the whole pipeline. The names begin with the row of
//! `docs/failures.md`. What is refused is signed well, so that nothing but the named rule can refuse it.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod audiences;
mod claims;
mod issuers;
mod keys;
mod mutations;
mod names;
mod replay;
mod times;

use super::world::*;
use crate::core::client::{Client, Vouching};
use crate::core::trusted_issuer::TrustedIssuer;
use crate::grants::{AssertionFault, Refusal, issue};
use crate::jose::{ClaimFault, SigningKey, UnverifiedJws};
use crate::oauth::request::JWT_BEARER_GRANT;
use crate::replay::Capacity;
use crate::replay::memory::MemoryLog;
use crate::replay::{Outcome, ReplayLog};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Makes a good JWT of one kind, with some claims changed.
type Sign = fn(Value) -> String;

/// By the client's own key.
const BY_KEY: Sign = signed;
/// By the cluster, for the client's workload.
const BY_CLUSTER: Sign = pod_token;
/// By the trusted issuer, about the subject that is the client.
const BY_ISSUER: Sign = ci_token;

/// A world in which a client's own key, its workload and a subject of a trusted issuer are all the client.
fn everybody() -> World {
    trusting(everybody_as_client(), ci())
}

fn everybody_as_client() -> Client {
    let mut client = client(CLIENT);
    client.federated = BTreeSet::from([of_ci("build")]);
    client
}

fn trusting(client: Client, issuer: TrustedIssuer) -> World {
    let world = World::with(client);
    world.index.set_trusted_issuers([issuer]);
    world
}

fn bearer(assertion: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", JWT_BEARER_GRANT), ("assertion", assertion)]
}

/// A JWT with exactly this header.
fn with_header(key: &SigningKey, header: &Value, claims: &[u8]) -> String {
    let segment = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", segment(header.to_string().as_bytes()), segment(claims));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", segment(&signature))
}

/// The claims of the access token that `form` gets.
fn issued(world: &World, form: &[(&str, &str)]) -> Value {
    let key = SigningKey::generate(crate::jose::Algorithm::Es256).unwrap();
    let settled = world
        .grant(form)
        .unwrap()
        .settle(Outcome::Owned, at(NOW))
        .unwrap();
    let issued = issue(&settled, &world.settings.issuer, &key, "token-1", at(NOW)).unwrap();
    let jws = UnverifiedJws::parse(&issued.access_token).unwrap();
    assert_eq!(jws.typ(), Some("at+jwt"));
    let payload = issued.access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A replay log that remembers everything.
fn log() -> MemoryLog {
    MemoryLog::new(None, Capacity::default())
}

/// What becomes of `form` to the end, its uses recorded in `log`.
fn exchange(world: &World, log: &MemoryLog, form: &[(&str, &str)]) -> Result<(), Refusal> {
    let grant = world.grant(form)?;
    let outcome = log.record(grant.uses(), world.moment.now).now_or_never().unwrap();
    grant.settle(outcome, world.moment.now).map(|_| ())
}

fn missing(claim: &'static str) -> AssertionFault {
    AssertionFault::Claim(ClaimFault::Missing(claim))
}

fn malformed(claim: &'static str) -> AssertionFault {
    AssertionFault::Claim(ClaimFault::Malformed(claim))
}
