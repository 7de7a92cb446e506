//! What this very endpoint signed: access tokens are for resources, never credentials for the next exchange.

use super::{Good, Kind};
use crate::matrix::slot::Slot;
use crate::matrix::token::{Draft, Signer, segment};
use crate::matrix::world::{self, DELEGATED};
use crate::support::endpoint::Endpoint;
use countersign::oauth::reason::ReasonCode::{IssuerUnknown, JwtType, KeyUnknown};
use serde_json::json;

pub(super) async fn kinds(endpoint: &Endpoint) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for signer in Signer::ALL {
        for slot in Slot::ALL {
            let minted = mint(endpoint, &Draft::good(signer).token(), slot).await;
            let name = format!("our access token for {}, {}", slot.name(), signer.name());
            kinds.push(Kind::new(name, Good::Nowhere(&[JwtType]), move || minted.clone()));
        }
    }
    for slot in [Slot::Assertion, Slot::AssertionBesideClient] {
        let draft = Draft::good(Signer::Ecdsa).claim("sub", json!(DELEGATED));
        let minted = mint(endpoint, &draft.token(), slot).await;
        let name = format!("our access token for a delegated subject, {}", slot.name());
        kinds.push(Kind::new(name, Good::Nowhere(&[JwtType]), move || minted.clone()));
    }
    // Without its type, should anybody ever resign one: still not one of our clients'.
    let minted = mint(endpoint, &Draft::good(Signer::Rsa).token(), Slot::ClientAssertion).await;
    let claims = endpoint.verified(&minted).await.unwrap();
    for signer in Signer::ALL {
        let (header, claims) = (Draft::good(signer).header.text(), claims.to_string());
        kinds.push(Kind::new(
            format!("the claims of our access token, untyped, {}", signer.name()),
            Good::Nowhere(&[IssuerUnknown, KeyUnknown]),
            move || {
                let input = format!("{}.{}", segment(&header), segment(&claims));
                crate::matrix::token::sign(signer.key(), &input)
            },
        ));
    }
    kinds
}

async fn mint(endpoint: &Endpoint, token: &str, slot: Slot) -> String {
    let reply = endpoint.token(&slot.form(token, &world::partner())).await;
    reply.json()["access_token"].as_str().unwrap().to_owned()
}
