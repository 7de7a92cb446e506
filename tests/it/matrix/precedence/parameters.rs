//! Faults of single parameters.

use super::fault::{Answer, Fault, Part, Step, everywhere, refused, somewhere};
use super::request::{Jwt, Request, Shape};
use crate::matrix::token::Signer;
use crate::matrix::world::{LEDGER, LIMITED, NOT_MINTED, UNSIGNED};
use countersign::oauth::reason::ReasonCode;

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = grant_types();
    faults.extend(authentication());
    faults.extend(clients());
    faults.extend(targets());
    faults.extend(scopes());
    faults
}

fn grant_types() -> Vec<Fault> {
    let missing = refused(
        Step::GrantType,
        "invalid_request",
        &[ReasonCode::ParameterMissing],
    );
    let unknown = refused(
        Step::GrantType,
        "unsupported_grant_type",
        &[ReasonCode::GrantUnsupported],
    );
    let mut faults = vec![
        everywhere("no grant type", &[Part::GrantType], missing, |request| {
            request.grant_type = None;
        }),
        everywhere("an empty grant type", &[Part::GrantType], missing, |request| {
            request.grant_type = Some("");
        }),
    ];
    for grant_type in [
        "password",
        "authorization_code",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "client_credentials ",
        "Client_Credentials",
        "URN:ietf:params:oauth:grant-type:jwt-bearer",
    ] {
        let name = format!("grant type {grant_type:?}");
        faults.push(everywhere(name, &[Part::GrantType], unknown, move |request| {
            request.grant_type = Some(grant_type);
        }));
    }
    faults
}

/// Ways to authenticate that do not exist, or two at once (RFC 7521 §4.2.1).
fn authentication() -> Vec<Fault> {
    let no_way = |reasons| refused(Step::Method, "invalid_client", reasons);
    let half = refused(Step::Method, "invalid_request", &[ReasonCode::ParameterMissing]);
    let secret = no_way(&[ReasonCode::TwoAuthMethods, ReasonCode::ClientSecret]);
    let mut faults = vec![
        everywhere("a client secret", &[], secret, |request| {
            request.further.push(("client_secret", "s3cr3t"));
        }),
        somewhere(
            "an unknown assertion type",
            &[Part::AssertionType],
            move |shape| {
                let unknown = no_way(&[ReasonCode::AssertionTypeUnsupported]);
                shape.client.map(|_| unknown)
            },
            |request| {
                request.assertion_type = Some("urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
            },
        ),
        somewhere(
            "no assertion type",
            &[Part::AssertionType],
            move |shape| shape.client.map(|_| half),
            |request| request.assertion_type = None,
        ),
        somewhere(
            "an assertion type alone",
            &[Part::ClientAssertion, Part::AssertionType],
            move |shape| shape.client.map(|_| half),
            |request| request.client_assertion = None,
        ),
    ];
    for (name, value) in [
        ("Basic", "Basic eDp5"),
        ("Bearer", "Bearer eHl6enk"),
        ("an unknown scheme", "Negotiate eHl6enk"),
    ] {
        let answer = Answer {
            status: 401,
            ..no_way(&[ReasonCode::TwoAuthMethods, ReasonCode::AuthorizationHeader])
        };
        faults.push(everywhere(name, &[], answer, move |request| {
            request.authorization = Some(value);
        }));
    }
    faults
}

/// Who the client is, what it may do, and which JWTs it must show.
fn clients() -> Vec<Fault> {
    let missing = refused(
        Step::Parameters,
        "invalid_request",
        &[ReasonCode::ParameterMissing],
    );
    let hint = |shape: Shape| {
        let code = if shape.is_unauthenticated() {
            "invalid_grant"
        } else {
            "invalid_client"
        };
        Some(refused(Step::Client, code, &[ReasonCode::ClientNotChosen]))
    };
    let without_assertion = |request: &mut Request| request.assertion = None;
    vec![
        somewhere(
            "no client authentication",
            &[
                Part::ClientAssertion,
                Part::AssertionType,
                Part::Client,
                Part::ClientId,
            ],
            |shape| {
                let answer = refused(Step::Client, "invalid_client", &[ReasonCode::NotAuthenticated]);
                shape.grant.is_none().then_some(answer)
            },
            |request| {
                request.client_assertion = None;
                request.assertion_type = None;
            },
        ),
        somewhere(
            "the client_id of another client",
            // The name of the client that may use no grant is wrong only where another one asks.
            &[Part::ClientId, Part::Client],
            hint,
            |request| request.further.push(("client_id", LIMITED)),
        ),
        somewhere("the client_id of nobody", &[Part::ClientId], hint, |request| {
            request.further.push(("client_id", "payments/nobody"));
        }),
        everywhere(
            "a client without the grant",
            &[Part::Client],
            refused(
                Step::GrantAllowed,
                "unauthorized_client",
                &[ReasonCode::GrantNotAllowed],
            ),
            |request| request.limited = true,
        ),
        somewhere(
            "no assertion",
            &[Part::Assertion],
            move |shape| shape.client.and(shape.grant).map(|_| missing),
            without_assertion,
        ),
        somewhere(
            "nothing to tell the client by",
            &[Part::Assertion, Part::Client, Part::ClientId],
            move |shape| shape.is_unauthenticated().then_some(missing),
            without_assertion,
        ),
        somewhere(
            "an assertion that the grant has no use for",
            &[Part::Assertion],
            |shape| {
                let unused = refused(
                    Step::Parameters,
                    "invalid_request",
                    &[ReasonCode::AssertionUnexpected],
                );
                shape.grant.is_none().then_some(unused)
            },
            |request| request.assertion = Some(Jwt::new(Signer::Rsa)),
        ),
    ]
}

fn targets() -> Vec<Fault> {
    let target = |name: &str, reasons, resources: &'static [&'static str]| {
        let answer = refused(Step::Target, "invalid_target", reasons);
        everywhere(name, &[Part::Resource], answer, move |request: &mut Request| {
            let resources = resources.iter().map(|resource| ("resource", *resource));
            request.further.extend(resources);
        })
    };
    let unsigned = Answer {
        status: 503,
        ..refused(
            Step::Signing,
            "temporarily_unavailable",
            &[ReasonCode::SigningKeyMissing],
        )
    };
    vec![
        target(
            "an unknown resource",
            &[ReasonCode::TargetNotAllowed],
            &["https://x.example"],
        ),
        target(
            "a resource that is no URI",
            &[ReasonCode::TargetNotAllowed],
            &["ledger"],
        ),
        target(
            "a resource with a fragment",
            &[ReasonCode::TargetNotAllowed],
            &["https://ledger.internal#x"],
        ),
        target("two resources", &[ReasonCode::TargetSeveral], &[LEDGER, UNSIGNED]),
        target(
            "a resource twice",
            &[ReasonCode::TargetSeveral],
            &[LEDGER, LEDGER],
        ),
        target(
            "a resource that nobody mints for",
            &[ReasonCode::TargetNotMinted],
            &[NOT_MINTED],
        ),
        everywhere(
            "a resource without a signing key",
            &[Part::Resource],
            unsigned,
            |request| {
                request.further.push(("resource", UNSIGNED));
            },
        ),
    ]
}

fn scopes() -> Vec<Fault> {
    let reasons = &[ReasonCode::ScopeMalformed, ReasonCode::ScopeExceeded];
    let answer = refused(Step::Scope, "invalid_scope", reasons);
    let scopes = [
        "admin",
        "read admin",
        "READ",
        "read  write",
        " read",
        "r\"d",
        "ré",
        "read\twrite",
    ];
    scopes
        .into_iter()
        .map(|scope| {
            everywhere(
                format!("scope {scope:?}"),
                &[Part::Scope],
                answer,
                move |request| {
                    request.further.push(("scope", scope));
                },
            )
        })
        .collect()
}
