//! A token request with its parts told apart: which grant, and how the client authenticates.

use crate::oauth::error::ErrorCode;
use crate::oauth::form::{Form, FormFault, Parameter};
use crate::oauth::reason::ReasonCode;
use std::borrow::Cow;
use thiserror::Error;

/// `grant_type` of the JWT bearer grant (RFC 7523 §2.1).
pub const JWT_BEARER_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// `client_assertion_type` of JWT client authentication (RFC 7523 §2.2).
pub const JWT_CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A grant that this server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantType {
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 7523 §2.1.
    JwtBearer,
}

/// A token request; its JWTs are still unread.
#[derive(Clone)]
pub struct TokenRequest<'b> {
    /// The grant.
    pub grant: GrantType,
    /// The JWT that authenticates the client (RFC 7523 §2.2).
    pub client_assertion: Option<Cow<'b, str>>,
    /// The JWT that is the grant (RFC 7523 §2.1).
    pub assertion: Option<Cow<'b, str>>,
    /// A hint which client is meant; never a credential (D-14 of our decisions: it only chooses).
    pub client_id: Option<Cow<'b, str>>,
    /// The targets (RFC 8707).
    pub resources: Vec<String>,
    /// The requested scope, unread.
    pub scope: Option<String>,
}

/// Why a form is no token request of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestFault {
    /// The form itself.
    #[error(transparent)]
    Form(#[from] FormFault),
    /// A required parameter is missing or empty.
    #[error("the parameter '{0}' is missing")]
    Missing(&'static str),
    /// No such grant here.
    #[error("the grant type is not supported")]
    UnsupportedGrant,
    /// `client_assertion_type` is something else than RFC 7523's.
    #[error("the client assertion type is not supported")]
    UnsupportedAssertionType,
    /// No client has a secret here.
    #[error("client secrets do not exist here")]
    ClientSecret,
    /// A `client_assertion`, and another way of client authentication beside it.
    #[error("more than one way of client authentication was used")]
    TwoMethods,
    /// An `Authorization` header and a secret, neither of which authenticates clients here.
    #[error("an Authorization header and a client secret were used")]
    SecretAndHeader,
    /// An `Authorization` header; no HTTP scheme authenticates clients here.
    #[error("an Authorization header does not authenticate clients here")]
    AuthorizationHeader,
}

// === impl GrantType ===

impl GrantType {
    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => JWT_BEARER_GRANT,
        }
    }
}

// === impl RequestFault ===

impl RequestFault {
    /// The error to answer with. More than one mechanism is `invalid_request` (RFC 6749 §5.2), but
    /// `invalid_client` as soon as an assertion takes part (RFC 7521 §4.2.1), and so is a mechanism that does
    /// not exist here.
    pub const fn error(self) -> ErrorCode {
        match self {
            Self::Form(_) | Self::Missing(_) | Self::SecretAndHeader => ErrorCode::InvalidRequest,
            Self::UnsupportedGrant => ErrorCode::UnsupportedGrantType,
            Self::UnsupportedAssertionType
            | Self::ClientSecret
            | Self::TwoMethods
            | Self::AuthorizationHeader => ErrorCode::InvalidClient,
        }
    }

    /// Its code in the audit log and the metrics.
    pub const fn code(self) -> ReasonCode {
        match self {
            Self::Form(FormFault::Repeated(_)) => ReasonCode::ParameterRepeated,
            Self::Form(FormFault::Encoding(_)) => ReasonCode::Encoding,
            Self::Form(FormFault::TooMany) => ReasonCode::TooManyParameters,
            Self::Missing(_) => ReasonCode::ParameterMissing,
            Self::UnsupportedGrant => ReasonCode::GrantUnsupported,
            Self::UnsupportedAssertionType => ReasonCode::AssertionTypeUnsupported,
            Self::ClientSecret => ReasonCode::ClientSecret,
            Self::TwoMethods | Self::SecretAndHeader => ReasonCode::TwoAuthMethods,
            Self::AuthorizationHeader => ReasonCode::AuthorizationHeader,
        }
    }

    /// The public sentence. It speaks of what the caller sent, and of nothing that we know.
    pub fn description(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Form(FormFault::Repeated(name)) => {
                return format!("The parameter '{name}' must not be repeated.").into();
            }
            Self::Missing(name) => return format!("The parameter '{name}' is missing.").into(),
            Self::Form(FormFault::Encoding(_)) => {
                "The form is not well encoded: UTF-8, percent-encoded, without NUL."
            }
            Self::Form(FormFault::TooMany) => "The form has too many parameters.",
            Self::UnsupportedGrant => ErrorCode::UnsupportedGrantType.description(),
            Self::UnsupportedAssertionType => {
                "The client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
            }
            Self::ClientSecret => {
                "Client secrets do not exist here: authenticate with a signed JWT as client_assertion (RFC 7523)."
            }
            Self::TwoMethods | Self::SecretAndHeader => {
                "Use one way of client authentication: client_assertion alone, without client_secret and Authorization header."
            }
            Self::AuthorizationHeader => {
                "An Authorization header does not authenticate clients here: send a signed JWT as client_assertion (RFC 7523)."
            }
        })
    }
}

// === impl TokenRequest ===

impl<'b> TokenRequest<'b> {
    /// Tells the parts of a form apart, in the order in which faults are to be answered: the form,
    /// the grant type, then the way of client authentication.
    ///
    /// `authorization_header` says whether the request carried an `Authorization` header.
    pub fn parse(body: &'b [u8], authorization_header: bool) -> Result<Self, RequestFault> {
        let form = Form::parse(body)?;
        let grant = match form.get(Parameter::GrantType) {
            None => return Err(RequestFault::Missing("grant_type")),
            Some("client_credentials") => GrantType::ClientCredentials,
            Some(JWT_BEARER_GRANT) => GrantType::JwtBearer,
            Some(_) => return Err(RequestFault::UnsupportedGrant),
        };
        let client_assertion = client_assertion(&form, authorization_header)?;
        Ok(Self {
            grant,
            client_assertion,
            assertion: form.value(Parameter::Assertion),
            client_id: form.value(Parameter::ClientId),
            resources: form.all(Parameter::Resource).map(str::to_owned).collect(),
            scope: form.value(Parameter::Scope).map(Cow::into_owned),
        })
    }
}

fn client_assertion<'b>(
    form: &Form<'b>,
    authorization_header: bool,
) -> Result<Option<Cow<'b, str>>, RequestFault> {
    let secret = form.get(Parameter::ClientSecret).is_some();
    let assertion = form.value(Parameter::ClientAssertion);
    let assertion_type = form.get(Parameter::ClientAssertionType);
    match (assertion, assertion_type) {
        (Some(_), _) if secret || authorization_header => Err(RequestFault::TwoMethods),
        (None, _) if secret && authorization_header => Err(RequestFault::SecretAndHeader),
        _ if authorization_header => Err(RequestFault::AuthorizationHeader),
        _ if secret => Err(RequestFault::ClientSecret),
        (None, None) => Ok(None),
        (Some(_), None) => Err(RequestFault::Missing("client_assertion_type")),
        (None, Some(_)) => Err(RequestFault::Missing("client_assertion")),
        (Some(assertion), Some(JWT_CLIENT_ASSERTION)) => Ok(Some(assertion)),
        (Some(_), Some(_)) => Err(RequestFault::UnsupportedAssertionType),
    }
}

impl std::fmt::Debug for TokenRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRequest")
            .field("grant", &self.grant)
            .field("client_assertion", &self.client_assertion.is_some())
            .field("assertion", &self.assertion.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
