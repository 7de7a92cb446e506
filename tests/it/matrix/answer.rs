//! What must hold of every answer of the token endpoint.

use crate::support::endpoint::{Endpoint, ISSUER, Reply};
use countersign::oauth::reason::ReasonCode;
use countersign::oauth::response::REQUEST_ID;
use std::collections::HashSet;

/// How many characters of a token may be seen elsewhere.
const SHOWN: usize = 16;

/// What a row expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A token.
    Granted,
    /// This status and code, and one of these reasons in the audit log.
    Refused(u16, &'static str, &'static [ReasonCode]),
}

/// Everything that is wrong with `reply` to a request that carried these `tokens`, and an `Authorization`
/// header or none.
pub(super) async fn problems(
    endpoint: &Endpoint,
    reply: &Reply,
    tokens: &[&str],
    authorization: bool,
    expected: Expected,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            problems.push(what);
        }
    };
    let body = reply.json();
    let error = body["error"].as_str();
    let audit = reply.audit().unwrap_or_default();
    let logged = format!("{}{}", reply.log, reply.decisions);
    match expected {
        Expected::Granted => {
            check(
                reply.status == 200,
                format!("{} {error:?} ({})", reply.status, audit["reason"]),
            );
            check(audit["outcome"] == "granted", format!("audit: {audit}"));
            if let Err(why) = token(endpoint, reply).await {
                check(false, why);
            }
            let minted = body["access_token"].as_str().unwrap_or_default();
            check(
                !shows(&logged, minted),
                "the access token is in the log".to_owned(),
            );
        }
        Expected::Refused(status, code, reasons) => {
            check(
                (reply.status, error) == (status, Some(code)),
                format!(
                    "{} {error:?} ({}) for {status} {code}",
                    reply.status, audit["reason"]
                ),
            );
            let written = audit["reason"].as_str().unwrap_or_default();
            let outcome = if status < 500 { "denied" } else { "failed" };
            check(
                audit["outcome"] == outcome && audit["error"] == code && !written.is_empty(),
                format!("audit: {audit}"),
            );
            check(
                reasons.iter().any(|reason| reason.as_str() == written),
                format!("the reason is {written}, none of {reasons:?}"),
            );
            check(
                body.get("access_token").is_none(),
                "a token in a refusal".to_owned(),
            );
            let description = body["error_description"].as_str().unwrap_or_default();
            check(
                !description.is_empty() && description.bytes().all(of_rfc_6749),
                format!("description: {description}"),
            );
            let text = String::from_utf8_lossy(&reply.body);
            let seen = tokens.iter().any(|token| shows(&text, token));
            check(!seen, format!("a token is in the body: {text}"));
        }
    }
    let seen = tokens.iter().any(|token| shows(&logged, token));
    check(!seen, format!("a token is in the log: {logged}"));
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    ] {
        let found = reply.header(name);
        check(found == value, format!("{name}: {found}"));
    }
    check(!reply.header(REQUEST_ID).is_empty(), "no X-Request-Id".to_owned());
    let challenged = authorization && error == Some("invalid_client");
    check(
        reply.headers.contains_key("www-authenticate") == challenged && (reply.status == 401) == challenged,
        format!(
            "{} with challenge: {}",
            reply.status,
            reply.header("www-authenticate")
        ),
    );
    check(
        reply.headers.contains_key("retry-after") == matches!(reply.status, 429 | 503),
        format!("retry-after: {}", reply.header("retry-after")),
    );
    check(
        reply.headers.contains_key("allow") == (reply.status == 405),
        format!("allow: {}", reply.header("allow")),
    );
    problems
}

/// The characters of RFC 6749 §5.2.
fn of_rfc_6749(byte: u8) -> bool {
    matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// Whether [`SHOWN`] characters in a row of `token` stand in `text`. Where they do, half as many do that begin at a
/// multiple of that number: those are looked for first.
fn shows(text: &str, token: &str) -> bool {
    let halves = (0..token.len()).step_by(SHOWN / 2);
    let mut halves = halves.filter_map(|start| token.get(start..start + SHOWN / 2));
    halves.any(|half| text.contains(half)) && {
        let seen: HashSet<&[u8]> = text.as_bytes().windows(SHOWN).collect();
        token.as_bytes().windows(SHOWN).any(|part| seen.contains(part))
    }
}

async fn token(endpoint: &Endpoint, reply: &Reply) -> Result<(), String> {
    let body = reply.json();
    let token = body["access_token"].as_str().ok_or("no access token")?;
    let claims = endpoint.verified(token).await?;
    let lifetime = claims["exp"]
        .as_i64()
        .zip(claims["iat"].as_i64())
        .map(|(exp, iat)| exp - iat);
    if body["token_type"] != "Bearer" || body["expires_in"].as_i64() != lifetime {
        return Err(format!("the answer does not fit the token: {claims}"));
    }
    let positive = lifetime.is_some_and(|seconds| seconds > 0);
    if claims["iss"] != ISSUER || claims["aud"] == ISSUER || !positive {
        return Err(format!("a bad token: {claims}"));
    }
    Ok(())
}
