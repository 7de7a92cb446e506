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
mod tests {
    use super::*;
    use rstest::rstest;

    const TYPE: &str =
        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

    /// S-6749-09, S-6749-20, S-6749-22, S-6749-26, S-7521-01
    #[rstest]
    #[case::nothing("", false, RequestFault::Missing("grant_type"), ErrorCode::InvalidRequest)]
    #[case::empty_grant(
        "grant_type=",
        false,
        RequestFault::Missing("grant_type"),
        ErrorCode::InvalidRequest
    )]
    #[case::password(
        "grant_type=password",
        false,
        RequestFault::UnsupportedGrant,
        ErrorCode::UnsupportedGrantType
    )]
    #[case::code(
        "grant_type=authorization_code",
        false,
        RequestFault::UnsupportedGrant,
        ErrorCode::UnsupportedGrantType
    )]
    #[case::upper_case_urn(
        "grant_type=URN:ietf:params:oauth:grant-type:jwt-bearer",
        false,
        RequestFault::UnsupportedGrant,
        ErrorCode::UnsupportedGrantType
    )]
    #[case::trailing_space(
        "grant_type=client_credentials+",
        false,
        RequestFault::UnsupportedGrant,
        ErrorCode::UnsupportedGrantType
    )]
    #[case::repeated(
        "grant_type=client_credentials&grant_type=client_credentials",
        false,
        RequestFault::Form(FormFault::Repeated("grant_type")),
        ErrorCode::InvalidRequest
    )]
    #[case::secret(
        "grant_type=client_credentials&client_secret=x",
        false,
        RequestFault::ClientSecret,
        ErrorCode::InvalidClient
    )]
    #[case::header(
        "grant_type=client_credentials",
        true,
        RequestFault::AuthorizationHeader,
        ErrorCode::InvalidClient
    )]
    #[case::type_missing(
        "grant_type=client_credentials&client_assertion=x",
        false,
        RequestFault::Missing("client_assertion_type"),
        ErrorCode::InvalidRequest
    )]
    fn refused(
        #[case] body: &str,
        #[case] header: bool,
        #[case] fault: RequestFault,
        #[case] code: ErrorCode,
    ) {
        assert_eq!(
            TokenRequest::parse(body.as_bytes(), header).map(|_| ()),
            Err(fault)
        );
        assert_eq!(fault.error(), code);
    }

    /// S-7521-01, S-7521-05, D-02
    #[rstest]
    #[case::assertion_missing("", false, RequestFault::Missing("client_assertion"))]
    #[case::with_secret("&client_assertion=x&client_secret=y", false, RequestFault::TwoMethods)]
    #[case::with_header("&client_assertion=x", true, RequestFault::TwoMethods)]
    fn refused_with_an_assertion_type(#[case] rest: &str, #[case] header: bool, #[case] fault: RequestFault) {
        let body = format!("grant_type=client_credentials&{TYPE}{rest}");
        assert_eq!(
            TokenRequest::parse(body.as_bytes(), header).map(|_| ()),
            Err(fault)
        );
    }

    /// S-7521-02
    #[test]
    fn an_unknown_assertion_type_is_an_unsupported_way_to_authenticate() {
        let body = b"grant_type=client_credentials&client_assertion=x&client_assertion_type=saml2";
        assert_eq!(
            TokenRequest::parse(body, false)
                .map(|_| ())
                .map_err(RequestFault::error),
            Err(ErrorCode::InvalidClient)
        );
    }

    /// S-6749-07: a parameter without a value is one that was left out, whichever it is.
    /// S-7521-01
    #[rstest]
    #[case::client_assertion("grant_type=client_credentials&client_assertion=&client_assertion_type=", Ok(()))]
    #[case::assertion_type(
        "grant_type=client_credentials&client_assertion=x&client_assertion_type=",
        Err(RequestFault::Missing("client_assertion_type"))
    )]
    #[case::secret("grant_type=client_credentials&client_secret=", Ok(()))]
    #[case::scope("grant_type=client_credentials&scope=&resource=&client_id=", Ok(()))]
    #[case::grant_type("grant_type&scope=read", Err(RequestFault::Missing("grant_type")))]
    fn empty_parameters(#[case] body: &str, #[case] expected: Result<(), RequestFault>) {
        let parsed = TokenRequest::parse(body.as_bytes(), false);
        if let Ok(request) = &parsed {
            assert!(request.client_assertion.is_none() && request.assertion.is_none());
            assert!(request.client_id.is_none() && request.scope.is_none() && request.resources.is_empty());
        }
        assert_eq!(parsed.map(|_| ()), expected);
    }

    /// S-6749-13, S-6749-20, S-6749-21, S-6749-22, S-6749-26, D-24, D-11
    #[rstest]
    #[case::name_in_other_case("Grant_Type=client_credentials", RequestFault::Missing("grant_type"))]
    #[case::name_with_space("grant_type+=client_credentials", RequestFault::Missing("grant_type"))]
    #[case::value_in_other_case("grant_type=Client_Credentials", RequestFault::UnsupportedGrant)]
    #[case::value_with_space_before("grant_type=+client_credentials", RequestFault::UnsupportedGrant)]
    #[case::value_with_nothing_but_space("grant_type=+", RequestFault::UnsupportedGrant)]
    #[case::unknown("grant_type=foo", RequestFault::UnsupportedGrant)]
    #[case::password("grant_type=password&username=a&password=b", RequestFault::UnsupportedGrant)]
    #[case::code("grant_type=authorization_code&code=a", RequestFault::UnsupportedGrant)]
    #[case::refresh_token("grant_type=refresh_token&refresh_token=a", RequestFault::UnsupportedGrant)]
    #[case::implicit("grant_type=implicit", RequestFault::UnsupportedGrant)]
    #[case::saml(
        "grant_type=urn:ietf:params:oauth:grant-type:saml2-bearer&assertion=a",
        RequestFault::UnsupportedGrant
    )]
    #[case::device(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code",
        RequestFault::UnsupportedGrant
    )]
    #[case::exchange(
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=a",
        RequestFault::UnsupportedGrant
    )]
    #[case::before_the_client("grant_type=foo&client_secret=x", RequestFault::UnsupportedGrant)]
    fn grants_that_are_none_here(#[case] body: &str, #[case] expected: RequestFault) {
        let parsed = TokenRequest::parse(body.as_bytes(), false).map(|_| ());
        assert_eq!(parsed, Err(expected));
        let code = if expected == RequestFault::UnsupportedGrant {
            ErrorCode::UnsupportedGrantType
        } else {
            ErrorCode::InvalidRequest
        };
        assert_eq!(expected.error(), code);
    }

    /// S-6749-35, S-6749-40, S-7521-05, D-02: whatever is beside a `client_assertion` makes it `invalid_client`
    /// (RFC 7521 §4.2.1). Without one, neither a secret nor a header is a way to authenticate, and both together
    /// are `invalid_request` (RFC 6749 §5.2).
    #[rstest]
    fn only_one_way_of_authentication_exists(
        #[values(false, true)] secret: bool,
        #[values(false, true)] header: bool,
        #[values(false, true)] assertion: bool,
    ) {
        let mut body = "grant_type=client_credentials".to_owned();
        if secret {
            body.push_str("&client_secret=x");
        }
        if assertion {
            body = format!("{body}&{TYPE}&client_assertion=x");
        }
        let fault = TokenRequest::parse(body.as_bytes(), header).err();
        let expected = match (assertion, secret, header) {
            (_, false, false) => None,
            (false, true, true) => Some((RequestFault::SecretAndHeader, ErrorCode::InvalidRequest)),
            (true, _, _) => Some((RequestFault::TwoMethods, ErrorCode::InvalidClient)),
            (false, false, true) => Some((RequestFault::AuthorizationHeader, ErrorCode::InvalidClient)),
            (false, true, false) => Some((RequestFault::ClientSecret, ErrorCode::InvalidClient)),
        };
        assert_eq!(fault.map(|fault| (fault, fault.error())), expected);
    }

    #[rstest]
    #[case(GrantType::ClientCredentials)]
    #[case(GrantType::JwtBearer)]
    fn grants_are_known_by_their_names(#[case] grant: GrantType) {
        let body = format!("grant_type={}", grant.as_str());
        let request = TokenRequest::parse(body.as_bytes(), false).unwrap();
        assert_eq!(request.grant, grant);
    }

    #[test]
    fn a_whole_request_is_told_apart() {
        let body = format!(
            "grant_type={JWT_BEARER_GRANT}&assertion=a.b.c&{TYPE}&client_assertion=d.e.f&client_id=x/y&resource=https://r&scope=read+write"
        );
        let request = TokenRequest::parse(body.as_bytes(), false).unwrap();
        assert_eq!(request.grant, GrantType::JwtBearer);
        assert_eq!(request.assertion.as_deref(), Some("a.b.c"));
        assert_eq!(request.client_assertion.as_deref(), Some("d.e.f"));
        assert_eq!(request.client_id.as_deref(), Some("x/y"));
        assert_eq!(request.resources, ["https://r"]);
        assert_eq!(request.scope.as_deref(), Some("read write"));
        assert!(!format!("{request:?}").contains("a.b.c"));
    }
}
