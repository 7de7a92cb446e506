//! The bodies of the token endpoint's answers.

use crate::core::scope::Scopes;
use crate::oauth::error::ErrorCode;
use jiff::SignedDuration;
use serde::Serialize;

/// The header that carries the request's id: the audit log has the decision and its reason under it.
pub const REQUEST_ID: &str = "x-request-id";

/// The header that carries the request's trace, where there are traces.
pub const TRACE_ID: &str = "x-trace-id";

/// A successful answer (RFC 6749 §5.1).
#[derive(Serialize)]
pub struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// An error answer (RFC 6749 §5.2). Nothing in it tells one request from another: the request's id is in
/// a header.
#[derive(Debug, Serialize)]
pub struct ErrorResponse<'a> {
    error: &'static str,
    error_description: &'a str,
}

// === impl TokenResponse ===

impl<'a> TokenResponse<'a> {
    /// A bearer token that is good for `lifetime`, rounded down to whole seconds.
    ///
    /// The granted scope is always told when there is one, asked for or not.
    pub fn bearer(access_token: &'a str, lifetime: SignedDuration, scopes: &Scopes) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            scope: (!scopes.is_empty()).then(|| scopes.to_string()),
        }
    }
}

impl std::fmt::Debug for TokenResponse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

// === impl ErrorResponse ===

impl<'a> ErrorResponse<'a> {
    /// The answer for `code` with the public sentence `description`.
    pub fn new(code: ErrorCode, description: &'a str) -> Self {
        Self {
            error: code.as_str(),
            error_description: description,
        }
    }
}
