//! Faults of HTTP and of the form.

use super::fault::{Answer, Fault, Part, Step, everywhere, refused};
use super::request::Request;
use crate::support::endpoint::FORM;
use countersign::oauth::reason::ReasonCode;

/// The parameters that may stand once (RFC 6749 §3.2).
const SINGLE: [&str; 7] = [
    "grant_type",
    "scope",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "assertion",
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "post"]
        .into_iter()
        .map(|method| {
            let answer = Answer {
                status: 405,
                ..refused(Step::Transport, "invalid_request", &[ReasonCode::HttpMethod])
            };
            everywhere(
                format!("method {method}"),
                &[Part::HttpMethod],
                answer,
                move |request| {
                    request.method = method;
                },
            )
        })
        .collect();
    faults.extend(content());
    faults.extend(form());
    faults
}

fn content() -> Vec<Fault> {
    let bad = |reasons| refused(Step::Content, "invalid_request", reasons);
    let too_large = Answer {
        status: 413,
        ..bad(&[ReasonCode::HttpTooLarge])
    };
    let of_type = |name: &str, types: &'static [&'static str]| {
        let answer = bad(&[ReasonCode::HttpContentType]);
        everywhere(
            name,
            &[Part::ContentType],
            answer,
            move |request: &mut Request| {
                request.content_types = types.to_vec();
            },
        )
    };
    let compressed = |encoding: &'static str| {
        let answer = bad(&[ReasonCode::HttpContentEncoding]);
        everywhere(format!("encoding {encoding}"), &[], answer, move |request| {
            request.encoding = Some(encoding);
        })
    };
    let in_the_url = |query: &'static str| {
        let answer = bad(&[ReasonCode::HttpCredentialsInUrl]);
        everywhere(query, &[], answer, move |request| request.query = query)
    };
    vec![
        of_type("JSON", &["application/json"]),
        of_type("multipart", &["multipart/form-data; boundary=x"]),
        of_type("no content type", &[]),
        of_type("two content types", &[FORM, FORM]),
        of_type(
            "a type that only begins like a form's",
            &["application/x-www-form-urlencoded2"],
        ),
        compressed("gzip"),
        compressed("identity"),
        in_the_url("?assertion=x"),
        in_the_url("?client_assertion=x"),
        in_the_url("?client_secret=x"),
        everywhere("too large", &[], too_large, |request| {
            request.behind += "&padding=";
            request.behind += &"x".repeat(70_000);
        }),
    ]
}

fn form() -> Vec<Fault> {
    let bad = |reasons| refused(Step::Form, "invalid_request", reasons);
    let mut faults: Vec<Fault> = SINGLE
        .into_iter()
        .map(|name| {
            let answer = bad(&[ReasonCode::ParameterRepeated]);
            everywhere(format!("{name} twice"), &[], answer, move |request| {
                request.repeated.push(name);
            })
        })
        .collect();
    for (name, behind) in [
        ("a bad escape", "&unknown=%zz".to_owned()),
        ("a broken escape", "&unknown=%4".to_owned()),
        ("not UTF-8", "&unknown=%ff".to_owned()),
        ("NUL", "&unknown=%00".to_owned()),
        ("too many parameters", "&unknown=x".repeat(70)),
    ] {
        let answer = bad(&[ReasonCode::Encoding, ReasonCode::TooManyParameters]);
        faults.push(everywhere(name, &[], answer, move |request| {
            request.behind += &behind;
        }));
    }
    faults
}
