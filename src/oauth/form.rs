//! The body of a token request, as a list of the parameters that mean something to us.

use crate::oauth::percent::{self, EncodingFault};
use std::borrow::Cow;
use thiserror::Error;

/// The most parameters a form may have.
pub const MAX_PARAMETERS: usize = 64;

/// A parameter of the token endpoint that this server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// RFC 6749 §4.4.2.
    GrantType,
    /// RFC 6749 §3.3.
    Scope,
    /// RFC 6749 §2.2.
    ClientId,
    /// RFC 6749 §2.3.1; no client has a secret here.
    ClientSecret,
    /// RFC 7521 §4.2.
    ClientAssertion,
    /// RFC 7521 §4.2.
    ClientAssertionType,
    /// RFC 7521 §4.1.
    Assertion,
    /// RFC 8707 §2; may be repeated.
    Resource,
    /// RFC 8693 §2.1; may be repeated. Token exchange is not offered: this one and the five below are known
    /// for what RFC 6749 says of every parameter alone.
    Audience,
    /// RFC 8693 §2.1.
    SubjectToken,
    /// RFC 8693 §2.1.
    SubjectTokenType,
    /// RFC 8693 §2.1.
    ActorToken,
    /// RFC 8693 §2.1.
    ActorTokenType,
    /// RFC 8693 §2.1.
    RequestedTokenType,
}

/// The known parameters of a form, empty values left out (RFC 6749 §3.2).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form<'b> {
    values: Vec<(Parameter, Cow<'b, str>)>,
}

/// Why a form was refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormFault {
    /// A single-valued parameter stands twice (RFC 6749 §3.2).
    #[error("the parameter '{0}' must not be repeated")]
    Repeated(&'static str),
    /// A name or value cannot be decoded.
    #[error("the form is not valid: {0}")]
    Encoding(#[from] EncodingFault),
    /// More than [`MAX_PARAMETERS`].
    #[error("the form has too many parameters")]
    TooMany,
}

// === impl Parameter ===

impl Parameter {
    /// Every known parameter.
    pub const ALL: [Self; 14] = [
        Self::GrantType,
        Self::Scope,
        Self::ClientId,
        Self::ClientSecret,
        Self::ClientAssertion,
        Self::ClientAssertionType,
        Self::Assertion,
        Self::Resource,
        Self::Audience,
        Self::SubjectToken,
        Self::SubjectTokenType,
        Self::ActorToken,
        Self::ActorTokenType,
        Self::RequestedTokenType,
    ];

    /// Its name on the wire; letter case counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GrantType => "grant_type",
            Self::Scope => "scope",
            Self::ClientId => "client_id",
            Self::ClientSecret => "client_secret",
            Self::ClientAssertion => "client_assertion",
            Self::ClientAssertionType => "client_assertion_type",
            Self::Assertion => "assertion",
            Self::Resource => "resource",
            Self::Audience => "audience",
            Self::SubjectToken => "subject_token",
            Self::SubjectTokenType => "subject_token_type",
            Self::ActorToken => "actor_token",
            Self::ActorTokenType => "actor_token_type",
            Self::RequestedTokenType => "requested_token_type",
        }
    }

    /// Whether it may stand more than once (RFC 8707 §2, RFC 8693 §2.1).
    pub const fn repeatable(self) -> bool {
        matches!(self, Self::Resource | Self::Audience)
    }

    /// Whether its value must never be seen in a URL or a log.
    pub const fn secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecret
                | Self::ClientAssertion
                | Self::Assertion
                | Self::SubjectToken
                | Self::ActorToken
        )
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }
}

// === impl Form ===

impl<'b> Form<'b> {
    /// Reads a form body. Unknown parameters are ignored, even when repeated; known ones may stand
    /// once, `resource` and `audience` aside; one without a value counts as absent.
    pub fn parse(body: &'b [u8]) -> Result<Self, FormFault> {
        let mut seen = Vec::new();
        let mut values = Vec::new();
        for (position, pair) in body
            .split(|b| *b == b'&')
            .filter(|pair| !pair.is_empty())
            .enumerate()
        {
            if position >= MAX_PARAMETERS {
                return Err(FormFault::TooMany);
            }
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = percent::decode(halves.next().unwrap_or_default())?;
            let value = percent::decode(halves.next().unwrap_or_default())?;
            let Some(parameter) = Parameter::from_name(&name) else {
                continue;
            };
            if seen.contains(&parameter) && !parameter.repeatable() {
                return Err(FormFault::Repeated(parameter.name()));
            }
            seen.push(parameter);
            if !value.is_empty() {
                values.push((parameter, value));
            }
        }
        Ok(Self { values })
    }

    /// The value of a single-valued parameter.
    pub fn get(&self, parameter: Parameter) -> Option<&str> {
        self.all(parameter).next()
    }

    /// The same, in a form that outlives this one.
    pub fn value(&self, parameter: Parameter) -> Option<Cow<'b, str>> {
        self.values
            .iter()
            .find(|(known, _)| *known == parameter)
            .map(|(_, value)| value.clone())
    }

    /// Every value of a parameter, in the order of the form.
    pub fn all(&self, parameter: Parameter) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .filter(move |(known, _)| *known == parameter)
            .map(|(_, value)| value.as_ref())
    }
}

impl std::fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.values.iter().map(|(parameter, _)| parameter.name()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// S-6749-06, S-6749-09
    #[rstest]
    #[case::same_value("grant_type=a&grant_type=a", FormFault::Repeated("grant_type"))]
    #[case::other_value("scope=a&scope=b", FormFault::Repeated("scope"))]
    #[case::one_of_them_empty("client_id=&client_id=a", FormFault::Repeated("client_id"))]
    #[case::escaped_name("assertion=a&%61ssertion=b", FormFault::Repeated("assertion"))]
    #[case::client_assertion(
        "client_assertion=a&client_assertion=b",
        FormFault::Repeated("client_assertion")
    )]
    #[case::its_type(
        "client_assertion_type=a&client_assertion_type=a",
        FormFault::Repeated("client_assertion_type")
    )]
    #[case::secret("client_secret=a&client_secret=b", FormFault::Repeated("client_secret"))]
    #[case::bad_escape("scope=%", FormFault::Encoding(EncodingFault::Escape))]
    #[case::bad_escape_in_an_unknown_one("foo=%", FormFault::Encoding(EncodingFault::Escape))]
    #[case::not_utf8("scope=%ff", FormFault::Encoding(EncodingFault::Utf8))]
    #[case::nul("scope=%00", FormFault::Encoding(EncodingFault::Nul))]
    fn f1_bad_forms(#[case] body: &str, #[case] expected: FormFault) {
        assert_eq!(Form::parse(body.as_bytes()), Err(expected));
    }

    /// S-6749-09, S-6749-10: all that RFC 6749, 7521 and 8693 define stand once; `resource` and `audience`
    /// as often as one likes.
    #[rstest]
    #[case::grant_type("grant_type", false)]
    #[case::scope("scope", false)]
    #[case::client_id("client_id", false)]
    #[case::client_secret("client_secret", false)]
    #[case::client_assertion("client_assertion", false)]
    #[case::client_assertion_type("client_assertion_type", false)]
    #[case::assertion("assertion", false)]
    #[case::subject_token("subject_token", false)]
    #[case::subject_token_type("subject_token_type", false)]
    #[case::actor_token("actor_token", false)]
    #[case::actor_token_type("actor_token_type", false)]
    #[case::requested_token_type("requested_token_type", false)]
    #[case::resource("resource", true)]
    #[case::audience("audience", true)]
    #[case::defined_nowhere("foo", true)]
    fn what_may_be_repeated(#[case] name: &str, #[case] repeatable: bool) {
        for (first, second) in [("a", "a"), ("a", "b"), ("", "a"), ("a", ""), ("", "")] {
            let body = format!("{name}={first}&other=x&{name}={second}");
            let repeated = match Form::parse(body.as_bytes()) {
                Err(FormFault::Repeated(told)) => told == name,
                parsed => parsed.is_err(),
            };
            assert_eq!(repeated, !repeatable, "{body}");
        }
    }

    /// S-6749-12
    #[test]
    fn too_many_parameters_are_refused() {
        assert!(Form::parse("a=b&".repeat(MAX_PARAMETERS).as_bytes()).is_ok());
        assert_eq!(
            Form::parse("a=b&".repeat(MAX_PARAMETERS + 1).as_bytes()),
            Err(FormFault::TooMany)
        );
    }

    /// S-6749-08, S-6749-13
    #[test]
    fn f1_unknown_parameters_and_other_letter_cases_are_ignored() {
        let form = Form::parse(b"foo=1&foo=2&Grant_Type=x&a%5B%5D=1&scope=read").unwrap();
        assert_eq!(form.get(Parameter::Scope), Some("read"));
        assert_eq!(form.get(Parameter::GrantType), None);
    }

    /// S-6749-07
    #[test]
    fn an_empty_value_counts_as_absent() {
        let form = Form::parse(b"scope=&client_id&grant_type=a").unwrap();
        assert_eq!(form.get(Parameter::Scope), None);
        assert_eq!(form.get(Parameter::ClientId), None);
        assert_eq!(form.get(Parameter::GrantType), Some("a"));
    }

    /// S-6749-10
    #[test]
    fn resources_may_be_repeated_and_keep_their_order() {
        let form = Form::parse(b"resource=https%3A%2F%2Fb&resource=&resource=https://a").unwrap();
        assert_eq!(
            form.all(Parameter::Resource).collect::<Vec<_>>(),
            ["https://b", "https://a"]
        );
    }

    #[test]
    fn what_is_secret_and_what_may_be_repeated() {
        let those = |which: fn(Parameter) -> bool| {
            let which = Parameter::ALL.into_iter().filter(|parameter| which(*parameter));
            which.map(Parameter::name).collect::<Vec<_>>()
        };
        assert_eq!(
            those(Parameter::secret),
            [
                "client_secret",
                "client_assertion",
                "assertion",
                "subject_token",
                "actor_token"
            ]
        );
        assert_eq!(those(Parameter::repeatable), ["resource", "audience"]);
    }

    #[test]
    fn debug_output_shows_no_value() {
        let form = Form::parse(b"assertion=s3cret").unwrap();
        assert_eq!(format!("{form:?}"), r#"["assertion"]"#);
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _form = Form::parse(&bytes);
        }
    }
}
