use super::*;
use crate::core::scope::Scopes;
use crate::grants::{AssertionFault, Reason, Slot};
use axum::body::to_bytes;
use futures::FutureExt;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

fn issued(scopes: Scopes) -> Answer {
    Answer::Token(Issued {
        access_token: "a.b.c".to_owned(),
        lifetime: SignedDuration::from_millis(599_900),
        scopes,
    })
}

fn refused(error: ErrorCode) -> Answer {
    let reason = Reason::NotAuthenticated;
    Answer::Refused(Refusal { error, reason })
}

/// The body, which is there at once.
fn body(response: Response<Body>) -> Value {
    let bytes = to_bytes(response.into_body(), usize::MAX).now_or_never();
    serde_json::from_slice(&bytes.unwrap().unwrap()).unwrap()
}

fn header(response: &Response<Body>, name: http::HeaderName) -> Option<&str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// What every answer has: JSON that nobody keeps, and the request's id.
fn assert_common(response: &Response<Body>) {
    assert_eq!(header(response, CONTENT_TYPE), Some("application/json"));
    assert_eq!(header(response, CACHE_CONTROL), Some("no-store"));
    assert_eq!(header(response, PRAGMA), Some("no-cache"));
    assert_eq!(
        header(response, http::HeaderName::from_static(REQUEST_ID)),
        Some("id-1")
    );
}

/// S-6749-24, S-6749-50, S-6749-51, S-6749-52, S-6749-53, S-7521-08: these members and no others; no refresh
/// token, and a number for the lifetime, rounded down.
#[test]
fn a_token_answer() {
    let response = issued("write read".parse().unwrap()).into_response("id-1", None);
    assert_eq!(response.status(), StatusCode::OK);
    assert_common(&response);
    let members =
        json!({"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 599, "scope": "read write"});
    assert_eq!(body(response), members);
    let without = issued(Scopes::none()).into_response("id-1", None);
    assert_eq!(
        body(without),
        json!({"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 599})
    );
}

/// S-6749-51, S-6749-60, S-6749-61, S-6749-63, S-6749-64, S-6749-65, D-10
#[rstest]
#[case(ErrorCode::InvalidRequest, 400, None)]
#[case(ErrorCode::InvalidClient, 400, None)]
#[case(ErrorCode::InvalidGrant, 400, None)]
#[case(ErrorCode::UnauthorizedClient, 400, None)]
#[case(ErrorCode::UnsupportedGrantType, 400, None)]
#[case(ErrorCode::InvalidScope, 400, None)]
#[case(ErrorCode::InvalidTarget, 400, None)]
#[case(ErrorCode::TemporarilyUnavailable, 503, Some("1"))]
#[case(ErrorCode::SlowDown, 429, Some("5"))]
#[case(ErrorCode::ServerError, 500, None)]
fn an_error_answer(#[case] error: ErrorCode, #[case] status: u16, #[case] retry_after: Option<&str>) {
    let response = refused(error).into_response("id-1", None);
    assert_eq!(response.status(), status);
    assert_common(&response);
    assert_eq!(header(&response, RETRY_AFTER), retry_after);
    assert_eq!(
        header(&response, WWW_AUTHENTICATE),
        None,
        "nobody used an HTTP scheme"
    );
    let told = body(response);
    let members: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["error", "error_description"]);
    assert_eq!(told["error"], error.as_str());
    assert_plain(told["error_description"].as_str().unwrap());
}

/// The characters of RFC 6749 §5.2.
fn assert_plain(text: &str) {
    let allowed = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(!text.is_empty() && text.bytes().all(allowed), "{text}");
}

/// S-6749-32, S-6749-33, S-6749-34, S-6749-40, D-01: an `Authorization` header of whatever kind makes it a 401
/// with a challenge of the scheme that was used, or of `Basic`.
#[rstest]
#[case::basic("Basic eDp5", "Basic")]
#[case::not_base64("Basic ???", "Basic")]
#[case::no_colon("Basic eA==", "Basic")]
#[case::basic_alone("Basic", "Basic")]
#[case::bearer("Bearer x", "Bearer")]
#[case::bearer_in_capitals("BEARER x", "Bearer")]
#[case::digest("Digest username=x", "Basic")]
#[case::dpop("DPoP x", "Basic")]
#[case::empty("", "Basic")]
fn a_failed_authentication_with_an_http_scheme(#[case] sent: &'static str, #[case] challenge: &str) {
    let scheme = Some(Scheme::of(&HeaderValue::from_static(sent)));
    let response = refused(ErrorCode::InvalidClient).into_response("id-1", scheme);
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_common(&response);
    assert_eq!(
        header(&response, WWW_AUTHENTICATE),
        Some(format!("{challenge} realm=\"countersign\"").as_str())
    );
    for other in ErrorCode::ALL {
        if other != ErrorCode::InvalidClient {
            let response = refused(other).into_response("id-1", scheme);
            assert_eq!(response.status(), other.status(), "{other:?}");
            assert_eq!(header(&response, WWW_AUTHENTICATE), None, "{other:?}");
        }
    }
}

/// D-03, D-10: the slot gives the same fault its code; a dependency that failed is nobody's bad credential.
#[rstest]
#[case(Slot::ClientAssertion, AssertionFault::Expired, 400, "invalid_client")]
#[case(Slot::Assertion, AssertionFault::Expired, 400, "invalid_grant")]
#[case(
    Slot::ClientAssertion,
    AssertionFault::IssuerUnavailable,
    503,
    "temporarily_unavailable"
)]
#[case(Slot::Assertion, AssertionFault::BeforeTheLog, 503, "temporarily_unavailable")]
fn a_jwt_that_is_not_accepted(
    #[case] slot: Slot,
    #[case] fault: AssertionFault,
    #[case] status: u16,
    #[case] error: &str,
) {
    let response = Answer::Refused(slot.refuse(fault)).into_response("id-1", None);
    assert_eq!(response.status(), status);
    assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503);
    assert_eq!(body(response)["error"], error);
}

/// S-6749-02, S-6749-04, S-6749-12, S-6749-61
#[rstest]
#[case(HttpFault::Method, 405)]
#[case(HttpFault::ContentType, 400)]
#[case(HttpFault::ContentEncoding, 400)]
#[case(HttpFault::CredentialsInUrl, 400)]
#[case(HttpFault::TooLarge, 413)]
#[case(HttpFault::Body, 408)]
fn what_is_no_token_request(#[case] fault: HttpFault, #[case] status: u16) {
    let response = Answer::NotARequest(fault).into_response("id-1", None);
    assert_eq!(response.status(), status);
    assert_common(&response);
    let allow = (fault == HttpFault::Method).then_some("POST");
    assert_eq!(header(&response, ALLOW), allow);
    let told = body(response);
    assert_eq!(told["error"], "invalid_request");
    assert_plain(told["error_description"].as_str().unwrap());
}
