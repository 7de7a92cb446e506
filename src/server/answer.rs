//! The HTTP answers of the token endpoint: always JSON, never cached.

use crate::grants::{Issued, Refusal};
use crate::oauth::error::ErrorCode;
use crate::oauth::reason::ReasonCode;
use crate::oauth::response::{ErrorResponse, REQUEST_ID, TokenResponse};
use axum::body::Body;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

/// Why a request never became a token request: a matter of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpFault {
    /// Not `POST`.
    Method,
    /// Not `application/x-www-form-urlencoded`.
    ContentType,
    /// A `Content-Encoding`.
    ContentEncoding,
    /// Credentials in the URL (RFC 6749 §2.3.1).
    CredentialsInUrl,
    /// More than the limit.
    TooLarge,
    /// The body did not come in time, or broke off.
    Body,
}

/// What the token endpoint answers.
#[derive(Debug)]
pub enum Answer {
    /// A token.
    Token(Issued),
    /// A refusal.
    Refused(Refusal),
    /// Not a token request.
    NotARequest(HttpFault),
}

/// The scheme that a client used in an `Authorization` header; an answer that asks for
/// authentication must name it (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Bearer`.
    Bearer,
    /// `Basic`, or anything else.
    Basic,
}

// === impl HttpFault ===

impl HttpFault {
    /// The status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType | Self::ContentEncoding | Self::CredentialsInUrl => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// The public sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Method => "The token endpoint takes POST requests only.",
            Self::ContentType => "The body must be of type application/x-www-form-urlencoded.",
            Self::ContentEncoding => "The body must not have a Content-Encoding.",
            Self::CredentialsInUrl => "Credentials must be sent in the body, never in the URL.",
            Self::TooLarge => "The request is too large.",
            Self::Body => "The body did not arrive in time.",
        }
    }

    /// Its code in the audit log and the metrics.
    pub const fn code(self) -> ReasonCode {
        match self {
            Self::Method => ReasonCode::HttpMethod,
            Self::ContentType => ReasonCode::HttpContentType,
            Self::ContentEncoding => ReasonCode::HttpContentEncoding,
            Self::CredentialsInUrl => ReasonCode::HttpCredentialsInUrl,
            Self::TooLarge => ReasonCode::HttpTooLarge,
            Self::Body => ReasonCode::HttpBody,
        }
    }
}

// === impl Scheme ===

impl Scheme {
    /// The scheme of an `Authorization` header's value.
    pub fn of(value: &HeaderValue) -> Self {
        let scheme = value.as_bytes().split(|b| *b == b' ').next().unwrap_or_default();
        if scheme.eq_ignore_ascii_case(b"bearer") {
            Self::Bearer
        } else {
            Self::Basic
        }
    }

    const fn challenge(self) -> HeaderValue {
        match self {
            Self::Bearer => HeaderValue::from_static(r#"Bearer realm="countersign""#),
            Self::Basic => HeaderValue::from_static(r#"Basic realm="countersign""#),
        }
    }
}

// === impl Answer ===

impl Answer {
    /// The error code, if it is an error.
    pub fn error(&self) -> Option<ErrorCode> {
        match self {
            Self::Token(_) => None,
            Self::Refused(refusal) => Some(refusal.error),
            Self::NotARequest(_) => Some(ErrorCode::InvalidRequest),
        }
    }

    /// Why exactly it is an error, if it is one.
    pub fn reason(&self) -> Option<ReasonCode> {
        match self {
            Self::Token(_) => None,
            Self::Refused(refusal) => Some(refusal.reason.code()),
            Self::NotARequest(fault) => Some(fault.code()),
        }
    }

    /// The response. `scheme` is that of the request's `Authorization` header, if it had one: then a
    /// failed authentication is a 401 with a challenge, else a 400.
    pub fn into_response(&self, request_id: &str, scheme: Option<Scheme>) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status(scheme);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(wait) = self.error().and_then(ErrorCode::retry_after) {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if matches!(self, Self::NotARequest(HttpFault::Method)) {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if let (Some(ErrorCode::InvalidClient), Some(scheme)) = (self.error(), scheme) {
            headers.insert(WWW_AUTHENTICATE, scheme.challenge());
        }
        response
    }

    fn status(&self, scheme: Option<Scheme>) -> StatusCode {
        match self {
            Self::Token(_) => StatusCode::OK,
            Self::NotARequest(fault) => fault.status(),
            Self::Refused(refusal) if refusal.error == ErrorCode::InvalidClient && scheme.is_some() => {
                StatusCode::UNAUTHORIZED
            }
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn body(&self) -> Vec<u8> {
        let error = |code, description: &str| serde_json::to_vec(&ErrorResponse::new(code, description));
        let body = match self {
            Self::Token(issued) => serde_json::to_vec(&TokenResponse::bearer(
                &issued.access_token,
                issued.lifetime,
                &issued.scopes,
            )),
            Self::Refused(refusal) => error(refusal.error, &refusal.description()),
            Self::NotARequest(fault) => error(ErrorCode::InvalidRequest, fault.description()),
        };
        body.unwrap_or_else(|_| br#"{"error":"server_error"}"#.to_vec())
    }
}

#[cfg(test)]
mod tests;
