//! M-1: one corpus of malformed JWTs in every slot, and beside it what must not be taken for malformed.

mod claims;
mod corpus;
mod form;
mod harmless;
mod header;
mod json;
mod kubernetes;
mod signature;

use super::answer::Expected;
use super::slot::Slot;
use super::tally::Tally;
use super::token::{Draft, Signer};
use super::world::{self, CLIENT};
use countersign::oauth::reason::ReasonCode;
use std::collections::BTreeSet;

/// S-7521-04, S-7521-06, S-7523-01, S-7523-03, S-7523-10, S-7523-12, S-7523-14, S-7523-22, S-7523-23,
/// S-JOSE-02, S-JOSE-03, S-JOSE-06, S-JOSE-07, S-8725-04, S-8725-05, S-7515-01, S-7515-04, S-7519-01,
/// S-7519-10, D-03
#[tokio::test]
async fn a_malformed_jwt_is_refused_in_every_slot_with_the_code_of_the_slot() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-1");
    let corpus = corpus::corpus();
    let mut names = BTreeSet::new();
    for malformed in &corpus {
        if !names.insert(&malformed.name) {
            tally.fail(format!("{} stands twice", malformed.name));
        }
        let mut rows = 0;
        for signer in Signer::ALL {
            for slot in Slot::ALL {
                let Some(token) = (malformed.make)(Draft::good(signer), slot) else {
                    continue;
                };
                rows += 1;
                let other = world::partner();
                let name = || format!("{}, {}, {}", malformed.name, slot.name(), signer.name());
                let expected = Expected::Refused(400, slot.error(), malformed.reasons);
                tally
                    .row(&endpoint, name, &slot.form(&token, &other), expected)
                    .await;
            }
        }
        if rows == 0 {
            tally.fail(format!("{} applies nowhere", malformed.name));
        }
    }
    let shape = format!("{} malformed JWTs x slots x signers", corpus.len());
    tally.finish(&shape, 8000);
}

/// S-6749-39, D-19
#[tokio::test]
async fn nobody_can_tell_a_client_that_is_gone_from_a_bad_jwt() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-1, no client");
    for gone in [false, true] {
        if gone {
            endpoint.index.remove(&CLIENT.parse().unwrap());
        }
        for signer in Signer::ALL {
            for slot in [Slot::ClientAssertion, Slot::Assertion] {
                let draft = Draft::good(signer);
                let token = if gone {
                    draft.token()
                } else {
                    draft.claim("aud", "\"https://other.example\"").token()
                };
                let name = || format!("gone: {gone}, {}, {}", slot.name(), signer.name());
                let reasons = &[
                    ReasonCode::Audience,
                    ReasonCode::ClientUnknown,
                    ReasonCode::ClientNotChosen,
                ];
                let expected = Expected::Refused(400, slot.error(), reasons);
                tally.row(&endpoint, name, &slot.form(&token, ""), expected).await;
            }
        }
    }
    tally.finish("signers x slots, before and after", 16);
}

/// S-7523-21, S-JOSE-09
#[tokio::test]
async fn what_only_looks_unusual_is_taken_in_every_slot() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-1, harmless");
    let harmless = harmless::all();
    for (name, change) in &harmless {
        for signer in Signer::ALL {
            for slot in Slot::ALL {
                let (token, other) = (change(Draft::good(signer)), world::partner());
                let name = || format!("{name}, {}, {}", slot.name(), signer.name());
                tally
                    .row(&endpoint, name, &slot.form(&token, &other), Expected::Granted)
                    .await;
            }
        }
    }
    tally.finish(&format!("{} JWTs x slots x signers", harmless.len()), 400);
}
