//! The errors of the token endpoint (RFC 6749 §5.2).

use std::time::Duration;

/// The `error` of an answer, and with it the answer's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// RFC 6749 §5.2: malformed, a parameter missing, repeated or unsupported.
    InvalidRequest,
    /// RFC 6749 §5.2: client authentication failed.
    InvalidClient,
    /// RFC 6749 §5.2: the grant (the `assertion`) is not valid.
    InvalidGrant,
    /// RFC 6749 §5.2: the client may not use this grant.
    UnauthorizedClient,
    /// RFC 6749 §5.2: no such grant here.
    UnsupportedGrantType,
    /// RFC 6749 §5.2: the scope is malformed, unknown or more than the client may have.
    InvalidScope,
    /// RFC 8707 §2: the target is malformed, unknown or not for this client.
    InvalidTarget,
    /// We cannot decide now: a dependency failed. Never a verdict on the credential.
    TemporarilyUnavailable,
    /// One client asked for more than its share.
    SlowDown,
    /// We failed.
    ServerError,
}

impl ErrorCode {
    /// Every code, for tables in tests and documents.
    pub const ALL: [Self; 10] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::TemporarilyUnavailable,
        Self::SlowDown,
        Self::ServerError,
    ];

    /// The value of the `error` member.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::SlowDown => "slow_down",
            Self::ServerError => "server_error",
        }
    }

    /// The HTTP status it goes with, an `Authorization` header apart (RFC 6749 §5.2 wants 401 then).
    pub const fn status(self) -> u16 {
        match self {
            Self::TemporarilyUnavailable => 503,
            Self::SlowDown => 429,
            Self::ServerError => 500,
            Self::InvalidRequest
            | Self::InvalidClient
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::InvalidTarget => 400,
        }
    }

    /// How long a caller should wait before the next try, where waiting helps.
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::TemporarilyUnavailable => Some(Duration::from_secs(1)),
            Self::SlowDown => Some(Duration::from_secs(5)),
            Self::InvalidRequest
            | Self::InvalidClient
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::InvalidTarget
            | Self::ServerError => None,
        }
    }

    /// The one public sentence of this class of error: what to do, and nothing about why.
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => {
                "The request is malformed: a parameter is missing, repeated or not supported."
            }
            Self::InvalidClient => {
                "Client authentication failed: check the assertion's signing key, iss, sub, aud, exp (by default at most 5 minutes after iat), iat and jti against the registered client, and use each assertion once."
            }
            Self::InvalidGrant => {
                "The assertion was not accepted: check its signing key, iss, sub, aud, exp (by default at most 5 minutes after iat), iat and jti against the registered client, and use each assertion once."
            }
            Self::UnauthorizedClient => "The client is not registered for this grant type.",
            Self::UnsupportedGrantType => {
                "Supported grant types: client_credentials and urn:ietf:params:oauth:grant-type:jwt-bearer."
            }
            Self::InvalidScope => {
                "The scope is malformed or exceeds what the client may have for this resource."
            }
            Self::InvalidTarget => {
                "The resource is malformed, unknown, not for this client, or must be named because there are several."
            }
            Self::TemporarilyUnavailable => {
                "The request cannot be decided now: try again later with a new assertion."
            }
            Self::SlowDown => "This client sends more requests than its share: slow down.",
            Self::ServerError => "The server failed to answer the request.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-6749-61
    #[test]
    fn codes_and_descriptions_keep_to_the_characters_of_rfc_6749() {
        for code in ErrorCode::ALL {
            for text in [code.as_str(), code.description()] {
                let allowed = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
                assert!(!text.is_empty() && text.bytes().all(allowed), "{text}");
            }
        }
    }

    /// S-6749-64
    #[test]
    fn waiting_is_advised_exactly_where_the_answer_may_change() {
        for code in ErrorCode::ALL {
            assert_eq!(
                code.retry_after().is_some(),
                matches!(code.status(), 429 | 503),
                "{code:?}"
            );
        }
    }
}
