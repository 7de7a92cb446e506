use super::*;
use rstest::rstest;

const TYPE: &str = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

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
fn refused(#[case] body: &str, #[case] header: bool, #[case] fault: RequestFault, #[case] code: ErrorCode) {
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
