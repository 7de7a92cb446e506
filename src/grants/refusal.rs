//! Why a request is refused: the public error, and the precise reason for the audit log alone.

use crate::grants::assertion_fault::AssertionFault;
use crate::oauth::error::ErrorCode;
use crate::oauth::reason::ReasonCode;
use crate::oauth::request::RequestFault;
use std::borrow::Cow;
use thiserror::Error;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the caller is told.
    pub error: ErrorCode,
    /// What the audit log is told.
    pub reason: Reason,
}

/// Where in the request a JWT was. The same fault has another error code in each (RFC 7523 §3.1, §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `client_assertion`: it authenticates the client.
    ClientAssertion,
    /// `assertion`: it is the grant.
    Assertion,
}

/// The precise reason of a refusal. It holds nothing that a caller sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    /// The request itself.
    #[error("{0}")]
    Request(#[from] RequestFault),
    /// A JWT.
    #[error("{}: {fault}", slot.parameter())]
    Assertion {
        /// Where it was.
        slot: Slot,
        /// What is wrong with it.
        fault: AssertionFault,
    },
    /// `client_credentials` without a `client_assertion` (RFC 6749 §4.4).
    #[error("client_credentials needs a client_assertion")]
    NotAuthenticated,
    /// An `assertion` that the grant has no use for would go unverified.
    #[error("the parameter 'assertion' does not belong to the client_credentials grant")]
    UnexpectedAssertion,
    /// The client may not use the grant.
    #[error("the client's spec.grants does not have this grant")]
    GrantNotAllowed,
    /// More than one `resource`.
    #[error("one resource at a time")]
    SeveralTargets,
    /// Not a resource identifier, or not one of the client's, or not one that this server mints for.
    #[error("the resource is malformed or not among the client's spec.resources")]
    TargetNotAllowed,
    /// The server does not mint tokens for the resource.
    #[error("this server mints no tokens for the resource")]
    TargetNotMinted,
    /// No `resource`, and none of several is the default.
    #[error("no resource was named, and the client has no single or default one")]
    NoTarget,
    /// The resource's owner does not let public clients in.
    #[error("the resource takes no requests without client authentication")]
    TargetNotPublic,
    /// The resource's owner does not take subjects of trusted issuers from the client.
    #[error("the resource takes no subjects of trusted issuers from this client")]
    TargetNotForSubject,
    /// Not the syntax of RFC 6749 §3.3.
    #[error("the scope is malformed")]
    ScopeSyntax,
    /// More than the client may have for the resource, or than the assertion's `scope` allows.
    #[error("the scope exceeds what the client's spec.resources or the assertion allow")]
    ScopeExceeded,
    /// Not every client has been read yet.
    #[error("the clients have not been read yet")]
    ClientsNotRead,
    /// The replay log cannot say whether the assertion was used.
    #[error("the replay log is unavailable")]
    ReplayLogUnavailable,
    /// Whether the replay log has recorded the assertion is not known.
    #[error("what became of the append to the replay log is unknown")]
    ReplayOutcomeUnknown,
    /// The replay log holds all it can.
    #[error("the replay log is full")]
    ReplayLogFull,
    /// Another installation has a replay log for our issuer.
    #[error("another installation has a replay log for this issuer")]
    SecondReplayLog,
    /// Our clock and the API server's differ too much.
    #[error("this server's clock and the API server's differ by more than the skew")]
    ClocksApart,
    /// The client has used its share of the replay log.
    #[error("the client holds its whole share of the replay log")]
    ClientShareUsed,
    /// No signing key is active.
    #[error("no signing key is active for the resource's algorithm")]
    NoSigningKey,
    /// Decisions must be in the audit log before they are answered, and it cannot be written.
    #[error("the audit log cannot be written")]
    AuditUnavailable,
    /// Something that cannot happen.
    #[error("bug: {0}")]
    Bug(&'static str),
}

// === impl Refusal ===

impl Refusal {
    /// The public sentence: what to do about it.
    ///
    /// A JWT that is not accepted has one sentence, whatever is wrong with it or whoever it names. What the
    /// caller can see in its own request, or may know as the authenticated client, is told apart.
    pub fn description(&self) -> Cow<'static, str> {
        Cow::Borrowed(match &self.reason {
            Reason::Request(fault) => return fault.description(),
            Reason::NotAuthenticated => {
                "The grant client_credentials needs client authentication: send client_assertion and client_assertion_type."
            }
            Reason::UnexpectedAssertion => {
                "The parameter 'assertion' does not belong to the grant client_credentials: leave it out, or use the JWT bearer grant."
            }
            Reason::SeveralTargets => "Name one resource at a time.",
            Reason::NoTarget => {
                "The client has several resources and none of them is the default: name one with the parameter 'resource'."
            }
            Reason::ScopeSyntax => {
                "The scope is malformed: scope tokens of printable ASCII characters, separated by single spaces."
            }
            Reason::Assertion { .. }
            | Reason::GrantNotAllowed
            | Reason::TargetNotAllowed
            | Reason::TargetNotMinted
            | Reason::TargetNotPublic
            | Reason::TargetNotForSubject
            | Reason::ScopeExceeded
            | Reason::ClientsNotRead
            | Reason::ReplayLogUnavailable
            | Reason::ReplayOutcomeUnknown
            | Reason::ReplayLogFull
            | Reason::SecondReplayLog
            | Reason::ClocksApart
            | Reason::ClientShareUsed
            | Reason::NoSigningKey
            | Reason::AuditUnavailable
            | Reason::Bug(_) => self.error.description(),
        })
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self {
            error: reason.error(),
            reason,
        }
    }
}

impl From<RequestFault> for Refusal {
    fn from(fault: RequestFault) -> Self {
        Reason::Request(fault).into()
    }
}

// === impl Slot ===

impl Slot {
    /// The parameter's name.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::Assertion => "assertion",
        }
    }

    /// The error for a JWT that is not valid in this slot.
    pub const fn error(self) -> ErrorCode {
        match self {
            Self::ClientAssertion => ErrorCode::InvalidClient,
            Self::Assertion => ErrorCode::InvalidGrant,
        }
    }

    /// The refusal for a JWT in this slot.
    pub fn refuse(self, fault: impl Into<AssertionFault>) -> Refusal {
        let fault = fault.into();
        Reason::Assertion { slot: self, fault }.into()
    }
}

// === impl Reason ===

impl Reason {
    /// What the caller is told. The failure of something that a decision depends on is never a verdict on the
    /// credential.
    pub fn error(&self) -> ErrorCode {
        match self {
            Self::Request(fault) => fault.error(),
            Self::Assertion { fault, .. } if fault.is_ours() => ErrorCode::TemporarilyUnavailable,
            Self::Assertion { slot, .. } => slot.error(),
            Self::NotAuthenticated => ErrorCode::InvalidClient,
            Self::UnexpectedAssertion => ErrorCode::InvalidRequest,
            Self::GrantNotAllowed => ErrorCode::UnauthorizedClient,
            Self::SeveralTargets
            | Self::TargetNotAllowed
            | Self::TargetNotMinted
            | Self::NoTarget
            | Self::TargetNotPublic
            | Self::TargetNotForSubject => ErrorCode::InvalidTarget,
            Self::ScopeSyntax | Self::ScopeExceeded => ErrorCode::InvalidScope,
            Self::ClientsNotRead
            | Self::ReplayLogUnavailable
            | Self::ReplayOutcomeUnknown
            | Self::ReplayLogFull
            | Self::SecondReplayLog
            | Self::ClocksApart
            | Self::NoSigningKey
            | Self::AuditUnavailable => ErrorCode::TemporarilyUnavailable,
            Self::ClientShareUsed => ErrorCode::SlowDown,
            Self::Bug(_) => ErrorCode::ServerError,
        }
    }

    /// Its code in the audit log and the metrics.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::Request(fault) => fault.code(),
            Self::Assertion { fault, .. } => fault.code(),
            Self::NotAuthenticated => ReasonCode::NotAuthenticated,
            Self::UnexpectedAssertion => ReasonCode::AssertionUnexpected,
            Self::GrantNotAllowed => ReasonCode::GrantNotAllowed,
            Self::SeveralTargets => ReasonCode::TargetSeveral,
            Self::TargetNotAllowed => ReasonCode::TargetNotAllowed,
            Self::TargetNotMinted => ReasonCode::TargetNotMinted,
            Self::NoTarget => ReasonCode::TargetMissing,
            Self::TargetNotPublic => ReasonCode::TargetNotPublic,
            Self::TargetNotForSubject => ReasonCode::TargetNotForSubject,
            Self::ScopeSyntax => ReasonCode::ScopeMalformed,
            Self::ScopeExceeded => ReasonCode::ScopeExceeded,
            Self::ClientsNotRead => ReasonCode::ClientsNotRead,
            Self::ReplayLogUnavailable => ReasonCode::ReplayLogUnavailable,
            Self::ReplayOutcomeUnknown => ReasonCode::ReplayOutcomeUnknown,
            Self::ReplayLogFull => ReasonCode::ReplayLogFull,
            Self::SecondReplayLog => ReasonCode::ReplayLogSecond,
            Self::ClocksApart => ReasonCode::ClocksApart,
            Self::ClientShareUsed => ReasonCode::ReplayLogShare,
            Self::NoSigningKey => ReasonCode::SigningKeyMissing,
            Self::AuditUnavailable => ReasonCode::AuditUnavailable,
            Self::Bug(_) => ReasonCode::Bug,
        }
    }
}
