//! Faults of the JWTs of a request.

use super::fault::{Answer, Fault, Part, Step, refused, somewhere};
use super::request::{Shape, of_limited};
use crate::matrix::token::{Draft, Signer};
use crate::matrix::world::NOW;
use countersign::oauth::reason::ReasonCode;
use serde_json::json;

type Spoilt = (&'static str, &'static [ReasonCode], fn(Draft) -> String);

/// What can be wrong with a JWT in either place.
const SPOILT: [Spoilt; 13] = [
    ("is none", &[ReasonCode::JwtBase64], |_| "a.b.c".to_owned()),
    ("is too long", &[ReasonCode::JwtTooLong], |draft| {
        draft.claim("padding", json!("p".repeat(16_384))).token()
    }),
    ("is not signed", &[ReasonCode::JwtAlgorithm], |draft| {
        draft.header("alg", json!("none")).token()
    }),
    ("has a critical extension", &[ReasonCode::JwtHeader], |draft| {
        draft.header("crit", json!(["x"])).token()
    }),
    ("is an access token", &[ReasonCode::JwtType], |draft| {
        draft.header("typ", json!("at+jwt")).token()
    }),
    ("is a stranger's", &[ReasonCode::IssuerUnknown], |draft| {
        draft.claim("iss", json!("https://stranger.example")).token()
    }),
    ("names an unknown key", &[ReasonCode::KeyUnknown], |draft| {
        draft.header("kid", json!("unknown")).token()
    }),
    ("is badly signed", &[ReasonCode::Signature], |draft| {
        let token = draft.token();
        let (input, _) = token.rsplit_once('.').unwrap();
        format!("{input}.{}", crate::matrix::token::segment([7; 64]))
    }),
    ("has no exp", &[ReasonCode::ClaimMissing], |draft| {
        draft.without("exp").token()
    }),
    ("is for somebody else", &[ReasonCode::Audience], |draft| {
        draft.claim("aud", json!("https://other.example")).token()
    }),
    ("is expired", &[ReasonCode::Expired], |draft| {
        draft.claim("iat", NOW - 100).claim("exp", NOW - 40).token()
    }),
    ("is not valid yet", &[ReasonCode::NotYetValid], |draft| {
        draft.claim("nbf", NOW + 40).token()
    }),
    ("lives too long", &[ReasonCode::Lifetime], |draft| {
        draft.claim("iat", NOW).claim("exp", NOW + 86_400).token()
    }),
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = SPOILT.into_iter().flat_map(in_either_place).collect();
    faults.extend(of_one_place());
    faults.extend(replays());
    faults
}

/// The step at which an `assertion` is verified: where it stands alone, it has to say who the client is.
fn verification(shape: Shape) -> Step {
    if shape.is_unauthenticated() {
        Step::Client
    } else {
        Step::Grant
    }
}

fn in_either_place((name, reasons, spoil): Spoilt) -> [Fault; 2] {
    let client = somewhere(
        format!("the client_assertion {name}"),
        &[Part::ClientAssertion],
        move |shape| {
            let answer = refused(Step::Client, "invalid_client", reasons);
            shape.client.map(|_| answer)
        },
        move |request| {
            if let Some(jwt) = &mut request.client_assertion {
                jwt.spoil = Some(spoil);
            }
        },
    );
    let grant = somewhere(
        format!("the assertion {name}"),
        &[Part::Assertion],
        move |shape| {
            let answer = refused(verification(shape), "invalid_grant", reasons);
            shape.grant.map(|_| answer)
        },
        move |request| {
            if let Some(jwt) = &mut request.assertion {
                jwt.spoil = Some(spoil);
            }
        },
    );
    [client, grant]
}

/// What is wrong in one place only.
fn of_one_place() -> Vec<Fault> {
    let grant = |reasons| refused(Step::Grant, "invalid_grant", reasons);
    let own = |signer: Option<Signer>| signer.is_some_and(Signer::is_client);
    let spoil = |spoil: fn(Draft) -> String| {
        move |request: &mut super::Request| {
            if let Some(jwt) = &mut request.assertion {
                jwt.spoil = Some(spoil);
            }
        }
    };
    vec![
        somewhere(
            "the client_assertion is about somebody else",
            &[Part::ClientAssertion],
            move |shape| {
                let answer = refused(Step::Client, "invalid_client", &[ReasonCode::SubjectNotIssuer]);
                own(shape.client).then_some(answer)
            },
            |request| {
                if let Some(jwt) = &mut request.client_assertion {
                    jwt.spoil = Some(|draft| draft.claim("sub", json!("alice")).token());
                }
            },
        ),
        somewhere(
            "the assertion is about nobody that the client speaks for",
            &[Part::Assertion],
            move |shape| own(shape.grant).then_some(grant(&[ReasonCode::SubjectNotDelegated])),
            spoil(|draft| draft.claim("sub", json!("mallory")).token()),
        ),
        somewhere(
            "the assertion is for another client",
            &[Part::Assertion],
            move |shape| shape.grant.map(|_| grant(&[ReasonCode::OtherClient])),
            spoil(|draft| draft.claim("client_id", json!("payments/other")).token()),
        ),
        somewhere(
            "the assertion is another client's",
            &[Part::Assertion, Part::Client],
            move |shape| {
                let answer = grant(&[ReasonCode::OtherClient, ReasonCode::SubjectNotDelegated]);
                shape.client.and(shape.grant).map(|_| answer)
            },
            spoil(|draft| of_limited(draft).token()),
        ),
        somewhere(
            "one JWT in both places",
            &[Part::Assertion],
            move |shape| {
                shape
                    .client
                    .and(shape.grant)
                    .map(|_| grant(&[ReasonCode::BothSlots]))
            },
            |request| request.same_jwt = true,
        ),
    ]
}

/// Good JWTs that were used before. What a client without a grant showed was never used.
fn replays() -> Vec<Fault> {
    let once = |signer: &Signer| *signer != Signer::Cluster;
    let replayed = |step, error| -> Answer { refused(step, error, &[ReasonCode::Replayed]) };
    vec![
        somewhere(
            "the client_assertion was used before",
            &[Part::ClientAssertion, Part::Client],
            move |shape| {
                let answer = replayed(Step::ReplayOfClient, "invalid_client");
                shape.client.filter(once).map(|_| answer)
            },
            |request| {
                if let Some(jwt) = &mut request.client_assertion {
                    jwt.used = true;
                }
            },
        ),
        somewhere(
            "the assertion was used before",
            &[Part::Assertion, Part::Client],
            move |shape| {
                let answer = replayed(Step::ReplayOfGrant, "invalid_grant");
                shape.grant.filter(once).map(|_| answer)
            },
            |request| {
                if let Some(jwt) = &mut request.assertion {
                    jwt.used = true;
                }
            },
        ),
    ]
}
