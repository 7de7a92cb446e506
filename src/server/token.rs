//! `POST /token`: HTTP in front of the [`Broker`].

use crate::grants::{Reason, Refusal};
use crate::oauth::form::Parameter;
use crate::oauth::response::TRACE_ID;
use crate::server::answer::{Answer, HttpFault, Scheme};
use crate::server::audit::{AuditLog, Case, NotWritten, Record};
use crate::server::broker::Broker;
use crate::server::limits::Limits;
use crate::server::listener::Peer;
use crate::server::metrics::ServerMetrics;
use crate::server::span;
use crate::telemetry;
use axum::body::Body;
use bytes::Bytes;
use futures::FutureExt;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::{Instrument, Span};

/// The token endpoint.
#[derive(Debug)]
pub struct TokenEndpoint {
    broker: Arc<Broker>,
    limits: Limits,
    metrics: Arc<ServerMetrics>,
    audit: AuditLog,
    life: String,
    requests: AtomicU64,
}

// === impl TokenEndpoint ===

impl TokenEndpoint {
    /// An endpoint in front of `broker`, whose decisions are written to `audit`. `life` distinguishes this
    /// process in request ids.
    pub fn new(
        broker: Arc<Broker>,
        limits: Limits,
        metrics: Arc<ServerMetrics>,
        audit: AuditLog,
        life: String,
    ) -> Self {
        Self {
            broker,
            limits,
            metrics,
            audit,
            life,
            requests: AtomicU64::new(0),
        }
    }

    /// Answers one request of any method. It never fails and never panics.
    pub async fn serve(&self, request: Request<Body>) -> Response<Body> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number:x}", self.life);
        let span = span::begin(&request, &id, &self.broker.settings.issuer);
        let mut case = Case::begin(&self.audit, self.broker.clock.as_ref(), id);
        case.remote = request.extensions().get().map(|Peer(address)| *address);
        case.trace_id = telemetry::trace_id(&span);
        self.answered(request, case, &span).instrument(span.clone()).await
    }

    async fn answered(&self, request: Request<Body>, mut case: Case<'_>, span: &Span) -> Response<Body> {
        let scheme = request.headers().get(AUTHORIZATION).map(Scheme::of);
        let in_flight = self.metrics.in_flight();
        let answer = match AssertUnwindSafe(self.answer(request, &mut case.record))
            .catch_unwind()
            .await
        {
            Ok(answer) => answer,
            Err(_) => Answer::Refused(Refusal::from(Reason::Bug("a panic"))),
        };
        drop(in_flight);
        let answer = Self::on_record(&mut case, answer).await;
        self.metrics.observe(&answer, &case.record, case.took());
        let mut response = answer.into_response(&case.request_id, scheme);
        let trace_id = case.trace_id.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(trace_id)) = trace_id {
            response.headers_mut().insert(TRACE_ID, trace_id);
        }
        span::end(span, &answer, response.status(), &case.record);
        response
    }

    /// What may be answered: `answer`, or a refusal where its line had to be written first and was not.
    async fn on_record(case: &mut Case<'_>, answer: Answer) -> Answer {
        match case.close(&answer).await {
            Err(NotWritten) if !unavailable(&answer) => {
                let instead = Answer::Refused(Refusal::from(Reason::AuditUnavailable));
                case.amend(&instead);
                instead
            }
            Ok(()) | Err(NotWritten) => answer,
        }
    }

    async fn answer(&self, request: Request<Body>, record: &mut Record) -> Answer {
        if self.audit.admit().is_err() {
            return Answer::Refused(Refusal::from(Reason::AuditUnavailable));
        }
        let (parts, body) = request.into_parts();
        if let Err(fault) = check(&parts.method, &parts.uri, &parts.headers) {
            return Answer::NotARequest(fault);
        }
        let body = match self.read(&parts.headers, body).await {
            Ok(body) => body,
            Err(fault) => return Answer::NotARequest(fault),
        };
        let authorization_header = parts.headers.contains_key(AUTHORIZATION);
        match self.broker.exchange(&body, authorization_header, record).await {
            Ok(issued) => Answer::Token(issued),
            Err(refusal) => Answer::Refused(refusal),
        }
    }

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, HttpFault> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.limits.body_size) {
            return Err(HttpFault::TooLarge);
        }
        let collected = Limited::new(body, self.limits.body_size).collect();
        match tokio::time::timeout(self.limits.body, collected).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(HttpFault::TooLarge),
            Ok(Err(_)) | Err(_) => Err(HttpFault::Body),
        }
    }
}

/// Whether it is refused for the audit log's sake already.
fn unavailable(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused(refusal) if refusal.reason == Reason::AuditUnavailable)
}

/// What can be said of a request before its body is read.
fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), HttpFault> {
    if method != Method::POST {
        return Err(HttpFault::Method);
    }
    if uri.query().is_some_and(names_a_credential) {
        return Err(HttpFault::CredentialsInUrl);
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(HttpFault::ContentEncoding);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) if is_form(only.as_bytes()) => Ok(()),
        _ => Err(HttpFault::ContentType),
    }
}

fn is_form(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|b| *b == b';').next().unwrap_or_default();
    media_type
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

fn names_a_credential(query: &str) -> bool {
    let secret = |name: &str| {
        Parameter::ALL
            .iter()
            .any(|known| known.secret() && known.name() == name)
    };
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| secret(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    /// S-6749-02, S-6749-04, S-6749-11, D-23
    #[rstest]
    #[case::get("GET", "/token", &[], HttpFault::Method)]
    #[case::get_with_parameters("GET", "/token?grant_type=client_credentials", &[("content-type", FORM)], HttpFault::Method)]
    #[case::put("PUT", "/token", &[], HttpFault::Method)]
    #[case::delete("DELETE", "/token", &[], HttpFault::Method)]
    #[case::options("OPTIONS", "/token", &[], HttpFault::Method)]
    #[case::head("HEAD", "/token", &[], HttpFault::Method)]
    #[case::no_type("POST", "/token", &[], HttpFault::ContentType)]
    #[case::json("POST", "/token", &[("content-type", "application/json")], HttpFault::ContentType)]
    #[case::multipart("POST", "/token", &[("content-type", "multipart/form-data")], HttpFault::ContentType)]
    #[case::malformed("POST", "/token", &[("content-type", ";;")], HttpFault::ContentType)]
    #[case::prefix("POST", "/token", &[("content-type", "application/x-www-form-urlencodedx")], HttpFault::ContentType)]
    #[case::two("POST", "/token", &[("content-type", FORM), ("content-type", FORM)], HttpFault::ContentType)]
    #[case::gzip("POST", "/token", &[("content-type", FORM), ("content-encoding", "gzip")], HttpFault::ContentEncoding)]
    #[case::in_url("POST", "/token?assertion=x", &[("content-type", FORM)], HttpFault::CredentialsInUrl)]
    #[case::escaped_in_url("POST", "/token?a=b&client_%61ssertion=x", &[("content-type", FORM)], HttpFault::CredentialsInUrl)]
    fn f2_refused_before_the_body_is_read(
        #[case] method: &str,
        #[case] uri: &str,
        #[case] headers: &[(&'static str, &'static str)],
        #[case] expected: HttpFault,
    ) {
        assert_eq!(checked(method, uri, headers), Err(expected));
    }

    /// S-6749-11: whatever is worth stealing, also of grants that are not offered.
    #[rstest]
    fn no_credential_is_taken_from_the_url(
        #[values(
            "client_secret",
            "client_assertion",
            "assertion",
            "subject_token",
            "actor_token"
        )]
        name: &str,
        #[values("{}=x", "{}=", "{}", "a=b&{}=x", "{}=x&{}=y")] query: &str,
    ) {
        let uri = format!("/token?{}", query.replace("{}", name));
        let checked = checked("POST", &uri, &[("content-type", FORM)]);
        assert_eq!(checked, Err(HttpFault::CredentialsInUrl), "{uri}");
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    /// S-6749-03
    #[rstest]
    #[case(&[("content-type", FORM)])]
    #[case(&[("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")])]
    #[case(&[("content-type", "application/x-www-form-urlencoded ;charset=utf-8")])]
    fn accepted(#[case] headers: &[(&'static str, &'static str)]) {
        assert_eq!(checked("POST", "/token?foo=bar", headers), Ok(()));
    }

    fn checked(method: &str, uri: &str, headers: &[(&'static str, &'static str)]) -> Result<(), HttpFault> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        check(&method.parse().unwrap(), &uri.parse().unwrap(), &map)
    }
}
