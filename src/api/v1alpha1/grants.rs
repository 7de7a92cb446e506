use super::rules::{no_fragment, no_user_info, uri_characters};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a client may get tokens.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Grants {
    /// If present, the client may use `grant_type=client_credentials` (RFC 6749 §4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_credentials: Option<ClientCredentials>,
    /// If present, the client may use the JWT bearer grant (RFC 7523 §2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_bearer: Option<JwtBearer>,
}

/// The client credentials grant; it has no settings.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[schemars(inline)]
pub struct ClientCredentials {}

/// The settings of the JWT bearer grant.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct JwtBearer {
    /// The subjects, besides the client itself, that the client's own keys may name in an assertion. A
    /// token for one of them has the subject `<client_id>#<subject>`.
    #[schemars(length(max = 64), inner(length(min = 1, max = 256)))]
    #[x_kube(
        merge_strategy = ListMerge::Set,
        validation = Rule::new("self.all(s, !s.contains('#'))")
            .message("must not contain '#' in a subject"),
        validation = Rule::new("self.all(s, !s.matches('[[:cntrl:]\\u0080-\\u009f]'))")
            .message("must not contain a control character in a subject")
    )]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}

/// A protected resource that the client may get tokens for.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// The identifier of the resource (RFC 8707): what a request names as `resource`, and the `aud` of
    /// the token. An absolute URI, compared byte by byte.
    #[schemars(length(max = 1024))]
    #[x_kube(
        validation = Rule::new("self.matches('^[A-Za-z][-+.A-Za-z0-9]*:.')")
            .message("must be an absolute URI, such as https://ledger.internal"),
        validation = no_fragment(),
        validation = no_user_info(),
        validation = uri_characters()
    )]
    pub identifier: String,
    /// The scopes that the client may get for it. None means that tokens for it have no scope.
    #[serde(default)]
    #[schemars(length(max = 64), inner(length(max = 128)))]
    #[x_kube(
        merge_strategy = ListMerge::Set,
        validation = Rule::new(r"self.all(s, s.matches('^[]!#-\\[^-~]+$'))")
            .message("must be scope tokens: printable ASCII characters without space, double quote and backslash")
    )]
    pub scopes: Vec<String>,
    /// Whether it is meant when a request names no resource. With one resource only, that one is meant
    /// anyway.
    #[serde(default)]
    pub default: bool,
}
