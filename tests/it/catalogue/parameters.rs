//! Parameters that stand twice (F1), in the body or in the body and the URL.

use super::desk::{ASSERTION_TYPE, CLIENT, Desk, FORM, JWT_BEARER};
use countersign::oauth::form::Parameter;

/// Every spelling of a name that decodes to it, and is not it.
fn spellings(name: &str) -> [String; 3] {
    let (first, rest) = name.split_at(1);
    let code = first.as_bytes()[0];
    let all: Vec<_> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    [
        format!("%{code:02x}{rest}"),
        format!("%{code:02X}{rest}"),
        all.concat(),
    ]
}

/// Each parameter beside itself in a request that is good without that: with the same value, with another, with
/// none, and with its name written in another way.
/// S-6749-09
#[tokio::test]
async fn f1_no_parameter_stands_twice() {
    let desk = Desk::start().await;
    let mut refused = 0;
    for parameter in Parameter::ALL
        .into_iter()
        .filter(|parameter| !parameter.repeatable())
    {
        let name = parameter.name();
        let assertion = desk.assertion();
        let value = match parameter {
            Parameter::GrantType => JWT_BEARER,
            Parameter::Assertion => &assertion,
            Parameter::ClientId => CLIENT,
            Parameter::Scope => "read",
            Parameter::ClientAssertionType => ASSERTION_TYPE,
            Parameter::ClientSecret
            | Parameter::ClientAssertion
            | Parameter::Resource
            | Parameter::Audience
            | Parameter::SubjectToken
            | Parameter::SubjectTokenType
            | Parameter::ActorToken
            | Parameter::ActorTokenType
            | Parameter::RequestedTokenType => "x",
        };
        let good = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
        let others: Vec<String> = good
            .iter()
            .filter(|(other, _)| *other != name)
            .map(|(other, value)| format!("&{other}={value}"))
            .collect();
        let others = others.concat();
        let mut pairs = vec![
            format!("{name}={value}&{name}={value}"),
            format!("{name}={value}&{name}=other"),
            format!("{name}=other&{name}={value}"),
            format!("{name}={value}&{name}="),
            format!("{name}=&{name}={value}"),
            format!("{name}={value}&{name}"),
            format!("{name}=&{name}="),
            format!("{name}={value}{others}&{name}={value}"),
        ];
        pairs.extend(spellings(name).map(|spelling| format!("{name}={value}&{spelling}={value}")));
        pairs.extend(spellings(name).map(|spelling| format!("{spelling}=other&{name}={value}")));
        for pair in pairs {
            let answer = desk.post(&format!("{pair}{others}")).await;
            assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{pair}");
            let told = answer.json()["error_description"].as_str().unwrap().to_owned();
            assert_eq!(
                told,
                format!("The parameter '{name}' must not be repeated."),
                "{pair}"
            );
            refused += 1;
        }
    }
    eprintln!("parameters that stand twice: {refused} requests, all refused");
    assert_eq!(refused, 12 * 14);
}

/// `resource` may stand twice (RFC 8707 §2), and is then two targets, of which nobody chooses one.
/// S-6749-10
#[tokio::test]
async fn f1_two_resources_are_not_one() {
    let desk = Desk::start().await;
    for pair in [
        "resource=https://ledger.internal&resource=https://ledger.internal",
        "resource=https://ledger.internal&%72esource=https://other.internal",
    ] {
        let answer = desk.post(&format!("{}&{pair}", desk.form())).await;
        assert_eq!(answer.refusal(), (400, "invalid_target".to_owned()), "{pair}");
    }
}

/// Names that other servers take for ours are others here: they add nothing, and replace nothing.
/// S-6749-13
#[tokio::test]
async fn f1_other_names_are_not_ours() {
    let desk = Desk::start().await;
    for parameter in Parameter::ALL {
        let name = parameter.name();
        for other in [
            format!("{name}[]"),
            format!("{name}%5B%5D"),
            format!("{name}[0]"),
            format!("{name}.x"),
            format!("{name}%20"),
            format!("+{name}"),
            format!(";{name}"),
            name.to_uppercase(),
            name.replace('_', "-"),
            format!("{name}%E2%80%8B"),
        ] {
            if other == name {
                continue;
            }
            let body = format!("{other}=nonsense&{}&{other}=nonsense", desk.form());
            desk.post(&body).await.assert_granted(&desk.dev.issuer, &other);
        }
    }
}

/// The body alone counts. A credential in the URL is refused even then; anything else there is not looked at.
/// S-6749-11
#[tokio::test]
async fn f1_the_url_adds_nothing_to_the_body() {
    let desk = Desk::start().await;
    for parameter in Parameter::ALL {
        let name = parameter.name();
        for query in [
            format!("{name}=nonsense"),
            format!("a=b&%{:02x}{}=x", name.as_bytes()[0], name.split_at(1).1),
        ] {
            let start = format!("POST /token?{query}");
            let answer = desk.send(&start, &[FORM], desk.form().as_bytes()).await;
            if parameter.secret() {
                assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{query}");
            } else {
                answer.assert_granted(&desk.dev.issuer, &query);
            }
        }
    }
    // Nor does the URL replace what the body does not have.
    let start = format!("POST /token?grant_type={JWT_BEARER}");
    let body = format!("assertion={}", desk.assertion());
    let answer = desk.send(&start, &[FORM], body.as_bytes()).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
}
