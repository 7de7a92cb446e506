//! What a token is for: RFC 8707, the default of RFC 9068 §3, and the scopes of each resource.

use super::world::*;
use crate::core::client::Client;
use crate::grants::{Reason, Refusal, issue};
use crate::jose::{Algorithm, SigningKey, UnverifiedJws};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::JWT_BEARER_GRANT;
use crate::replay::Outcome;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::json;

const OLD: &str = "https://old.internal";

/// A client of two resources with different scopes; the first is the default or none is.
fn of_two(default: bool) -> Client {
    let mut client = client(CLIENT);
    client.resources = vec![
        resource(LEDGER, &["read", "write"], default),
        resource(OLD, &["read", "old"], false),
    ];
    client
}

/// The one `aud` and the scopes that are granted, the same for either grant (RFC 8707 §2.2).
fn granted(client: Client, more: &[(&str, &str)]) -> Result<(String, String), Refusal> {
    let world = World::with(client);
    let token = signed(json!({}));
    let forms = [
        client_credentials(&token).to_vec(),
        vec![("grant_type", JWT_BEARER_GRANT), ("assertion", &token)],
    ];
    let [first, second] = forms.map(|form| {
        let form: Vec<_> = form.into_iter().chain(more.iter().copied()).collect();
        let grant = world.grant(&form)?;
        let terms = grant.terms();
        Ok((terms.audience.to_string(), terms.scopes.to_string()))
    });
    assert_eq!(first, second);
    first
}

fn error(granted: Result<(String, String), Refusal>) -> (ErrorCode, Reason) {
    let refusal = granted.unwrap_err();
    (refusal.error, refusal.reason)
}

/// S-8707-02, S-8707-03, S-8707-05, S-9068-03, S-9068-05, D-17: each resource has its own scopes, in every grant.
#[rstest]
#[case::default(true, &[], (LEDGER, "read write"))]
#[case::named(true, &[("resource", OLD)], (OLD, "old read"))]
#[case::named_without_default(false, &[("resource", LEDGER)], (LEDGER, "read write"))]
#[case::empty_is_none(true, &[("resource", "")], (LEDGER, "read write"))]
#[case::audience_names_nothing(true, &[("audience", OLD), ("audience", "x")], (LEDGER, "read write"))]
#[case::fewer_scopes(true, &[("resource", OLD), ("scope", "read")], (OLD, "read"))]
#[case::scope_of_the_default(true, &[("scope", "write")], (LEDGER, "write"))]
fn a_token_is_for_one_resource(
    #[case] default: bool,
    #[case] more: &[(&str, &str)],
    #[case] expected: (&str, &str),
) {
    let (audience, scopes) = granted(of_two(default), more).unwrap();
    assert_eq!((audience.as_str(), scopes.as_str()), expected);
}

/// S-8707-04, S-9068-03, S-9068-04, S-6749-56: a scope that the target does not have is refused, whichever other
/// resource has it; nothing is narrowed in silence.
#[rstest]
#[case::of_the_other(&[("resource", LEDGER), ("scope", "old")])]
#[case::of_both(&[("resource", LEDGER), ("scope", "read old")])]
#[case::of_the_other_by_default(&[("scope", "old")])]
#[case::of_none(&[("resource", OLD), ("scope", "admin")])]
#[case::of_none_beside_a_good_one(&[("scope", "read admin")])]
fn a_scope_of_another_resource_is_refused(#[case] more: &[(&str, &str)]) {
    assert_eq!(
        error(granted(of_two(true), more)),
        (ErrorCode::InvalidScope, Reason::ScopeExceeded)
    );
}

/// S-8707-01, S-8707-04, S-8707-06: no normalisation, no prefixes.
#[rstest]
fn what_is_almost_the_resource_is_another(
    #[values(
        "https://ledger.internal/",
        "https://ledger.internalx",
        "https://ledger.internal.evil.example",
        "https://ledger.internal/v1",
        "https://ledger.internal/../ledger.internal",
        "https://ledger.internal?",
        "https://ledger.internal#",
        "https://ledger.internal:443",
        "https://LEDGER.internal",
        "HTTPS://ledger.internal",
        "https://ledger%2Einternal",
        "https://u@ledger.internal",
        "http://ledger.internal",
        "//ledger.internal",
        "ledger.internal",
        " https://ledger.internal",
        "*",
        "urn:ledger",
        "https://ledger.internal https://old.internal"
    )]
    named: &str,
) {
    let refused = error(granted(of_two(true), &[("resource", named)]));
    assert_eq!(refused, (ErrorCode::InvalidTarget, Reason::TargetNotAllowed));
}

/// S-9068-04: one resource at a time, so that no scope can be read as one of another.
/// D-17
#[rstest]
#[case::two(&[("resource", LEDGER), ("resource", OLD)], Reason::SeveralTargets)]
#[case::twice(&[("resource", LEDGER), ("resource", LEDGER)], Reason::SeveralTargets)]
#[case::none_and_no_default(&[], Reason::NoTarget)]
fn which_resource_is_never_guessed(#[case] more: &[(&str, &str)], #[case] expected: Reason) {
    let refused = error(granted(of_two(false), more));
    assert_eq!(refused, (ErrorCode::InvalidTarget, expected));
}

/// S-6749-53, S-6749-54, S-6749-55, S-6749-56, S-7521-09: RFC 6749 §3.3. No scope is every scope of the client.
#[rstest]
#[case::none(&[], Ok("read write"))]
#[case::empty_is_none(&[("scope", "")], Ok("read write"))]
#[case::other_order(&[("scope", "write read")], Ok("read write"))]
#[case::repeated(&[("scope", "read read")], Ok("read"))]
#[case::double_space(&[("scope", "read  write")], Err(Reason::ScopeSyntax))]
#[case::leading_space(&[("scope", " read")], Err(Reason::ScopeSyntax))]
#[case::trailing_space(&[("scope", "read ")], Err(Reason::ScopeSyntax))]
#[case::space(&[("scope", " ")], Err(Reason::ScopeSyntax))]
#[case::tab(&[("scope", "read\twrite")], Err(Reason::ScopeSyntax))]
#[case::quote(&[("scope", "\"read\"")], Err(Reason::ScopeSyntax))]
#[case::backslash(&[("scope", "read\\")], Err(Reason::ScopeSyntax))]
#[case::not_ascii(&[("scope", "r\u{e9}ad")], Err(Reason::ScopeSyntax))]
#[case::line_end(&[("scope", "read\n")], Err(Reason::ScopeSyntax))]
#[case::comma(&[("scope", "read,write")], Err(Reason::ScopeExceeded))]
#[case::other_case(&[("scope", "READ")], Err(Reason::ScopeExceeded))]
#[case::wildcard(&[("scope", "*")], Err(Reason::ScopeExceeded))]
fn scopes_are_read_strictly(#[case] more: &[(&str, &str)], #[case] expected: Result<&str, Reason>) {
    let told = granted(of_two(true), more).map_err(|refusal| {
        assert_eq!(refusal.error, ErrorCode::InvalidScope);
        refusal.reason
    });
    assert_eq!(told.map(|(_, scopes)| scopes), expected.map(str::to_owned));
}

/// S-9068-01, S-9068-02, S-9068-06, S-9068-08, D-12: these claims and no others, whatever the assertion says of
/// groups and roles; in either algorithm of the resources.
#[rstest]
#[case::es256(LEDGER, Algorithm::Es256)]
#[case::rs256(OLD, Algorithm::Rs256)]
fn the_claims_of_an_access_token_are_ours(#[case] target: &str, #[case] algorithm: Algorithm) {
    let world = World::with(of_two(true));
    let token = signed(json!({
        "groups": ["admins"], "roles": ["root"], "entitlements": ["all"], "name": "Billing", "cnf": {"jkt": "x"},
        "kubernetes.io": {"namespace": "kube-system"}, "act": {"sub": "root"}, "client_auth": "strong",
    }));
    let form = [
        ("grant_type", JWT_BEARER_GRANT),
        ("assertion", &token),
        ("resource", target),
    ];
    let settled = world.grant(&form).unwrap().settle(Outcome::Owned, at(NOW));
    let key = SigningKey::generate(algorithm).unwrap();
    let issued = issue(&settled.unwrap(), &world.settings.issuer, &key, "id", at(NOW)).unwrap();
    let jws = UnverifiedJws::parse(&issued.access_token).unwrap();
    assert_eq!((jws.typ(), jws.algorithm()), (Some("at+jwt"), algorithm));
    let payload = issued.access_token.split('.').nth(1).unwrap();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&payload).unwrap();
    let names: Vec<&str> = claims.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]
    );
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(target), &json!(CLIENT)));
}
