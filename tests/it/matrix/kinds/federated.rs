//! JWTs of a trusted issuer: what it says of whom decides where they are good.

use super::{Good, Kind};
use crate::matrix::slot::Slot;
use crate::matrix::token::{Draft, Signer};
use crate::matrix::world::{AGREED, CLIENT, IDENTITY, LEDGER, PUBLIC, REDEEMABLE, SERVICE_ACCOUNT, TRUSTED};
use crate::support::endpoint::TOKEN_ENDPOINT;
use countersign::oauth::reason::ReasonCode::{
    Audience, ClaimMissing, ClientNotChosen, JwtType, SubjectNotDelegated,
};
use serde_json::json;

/// What it is, where it is good, and how it is made of one that is good everywhere.
type Row = (&'static str, Good, fn(Draft) -> Draft);

pub(super) fn kinds() -> Vec<Kind> {
    let nobody = &[ClientNotChosen, SubjectNotDelegated];
    let rows: Vec<Row> = vec![
        ("about the client", Good::Everywhere, |draft| draft),
        (
            "about the client, by the agreed name of ours",
            Good::Everywhere,
            |draft| draft.claim("aud", json!([AGREED])),
        ),
        (
            "about somebody that the client may act for",
            Good::Only(&[Slot::AssertionBesideClient], nobody),
            |draft| draft.claim("sub", json!(REDEEMABLE)),
        ),
        (
            "about somebody who needs no authentication",
            Good::Only(&[Slot::Assertion], nobody),
            |draft| draft.claim("sub", json!(PUBLIC)),
        ),
        ("about somebody else", Good::Nowhere(nobody), |draft| {
            draft.claim("sub", json!("repo:org/other"))
        }),
        ("about the client, by its name", Good::Nowhere(nobody), |draft| {
            draft.claim("sub", json!(CLIENT))
        }),
        ("about our service account", Good::Nowhere(nobody), |draft| {
            draft.claim("sub", json!(SERVICE_ACCOUNT))
        }),
        (
            "about the client in other letters",
            Good::Nowhere(nobody),
            |draft| draft.claim("sub", json!(IDENTITY.to_ascii_uppercase())),
        ),
        (
            "about a service account, like another cluster's",
            Good::Nowhere(nobody),
            |draft| {
                let account = json!({ "name": "billing", "uid": "b0c4e7a2" });
                let pod = json!({ "name": "billing-0", "uid": "9c1e44aa" });
                draft.claim("sub", json!(SERVICE_ACCOUNT)).claim(
                    "kubernetes.io",
                    json!({ "namespace": "payments", "serviceaccount": account, "pod": pod }),
                )
            },
        ),
        ("for the token endpoint", Good::Nowhere(&[Audience]), |draft| {
            draft.claim("aud", json!(TOKEN_ENDPOINT))
        }),
        (
            "for the client: an ID token",
            Good::Nowhere(&[Audience]),
            |draft| draft.claim("aud", json!(CLIENT)).claim("nonce", json!("n")),
        ),
        ("for a resource", Good::Nowhere(&[Audience]), |draft| {
            draft.claim("aud", json!(LEDGER))
        }),
        ("for itself", Good::Nowhere(&[Audience]), |draft| {
            draft.claim("aud", json!(TRUSTED))
        }),
        ("for nobody", Good::Nowhere(&[ClaimMissing]), |draft| {
            draft.without("aud")
        }),
        ("as an ID-JAG", Good::Nowhere(&[JwtType]), |draft| {
            draft
                .header("typ", json!("oauth-id-jag+jwt"))
                .claim("client_id", json!(CLIENT))
        }),
        ("as an access token", Good::Nowhere(&[JwtType]), |draft| {
            draft.header("typ", json!("at+jwt")).claim("scope", json!("read"))
        }),
    ];
    rows.into_iter()
        .map(|(name, good, change)| {
            Kind::new(format!("of the trusted issuer, {name}"), good, move || {
                change(Draft::good(Signer::Trusted)).token()
            })
        })
        .collect()
}
