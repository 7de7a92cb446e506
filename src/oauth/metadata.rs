//! Authorization server metadata (RFC 8414), the same bytes for OpenID-style discovery.

use crate::core::issuer::Issuer;
use crate::jose::Algorithm;
use crate::oauth::request::JWT_BEARER_GRANT;
use serde::Serialize;

/// The path of the token endpoint under the issuer.
pub const TOKEN_PATH: &str = "/token";
/// The path of the key set under the issuer.
pub const JWKS_PATH: &str = "/jwks";

/// The metadata document.
///
/// `response_types_supported` is required by RFC 8414 although there is no authorization endpoint,
/// and empty lists must be left out: the harmless `token` stands there, as verifiers of
/// OpenID-style discovery documents (the API server among them) need the member to exist.
#[derive(Debug, Serialize)]
pub struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    grant_types_supported: [&'static str; 2],
    response_types_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'static str>,
}

impl Metadata {
    /// The document of `issuer`, whose tokens are signed with `signing` (at least one).
    pub fn new(issuer: &Issuer, signing: &[Algorithm]) -> Self {
        Self {
            issuer: issuer.as_str().to_owned(),
            token_endpoint: issuer.endpoint(TOKEN_PATH),
            jwks_uri: issuer.endpoint(JWKS_PATH),
            grant_types_supported: ["client_credentials", JWT_BEARER_GRANT],
            response_types_supported: ["token"],
            token_endpoint_auth_methods_supported: ["private_key_jwt"],
            token_endpoint_auth_signing_alg_values_supported: Algorithm::ALL
                .map(Algorithm::as_str)
                .into_iter()
                .chain(["Ed25519"])
                .collect(),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: signing
                .iter()
                .map(|algorithm| algorithm.as_str())
                .collect(),
        }
    }
}

/// The paths at which the document of `issuer` is served: RFC 8414 §3.1 inserts the well-known part
/// before the issuer's path; OpenID Connect Discovery appends it; RFC 8414 §5 names both.
pub fn paths(issuer: &Issuer) -> Vec<String> {
    let path = issuer.path();
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-8414-03, S-8414-05, S-8414-06, S-8414-07, S-8414-09, S-8414-10: the whole document; what is not in it
    /// is not offered.
    #[test]
    fn the_document_names_the_issuer_exactly_and_has_no_empty_list() {
        let issuer = Issuer::parse("https://tokens.example/a").unwrap();
        let document =
            serde_json::to_value(Metadata::new(&issuer, &[Algorithm::Es256, Algorithm::Rs256])).unwrap();
        insta::assert_json_snapshot!(document);
        assert!(
            document
                .as_object()
                .unwrap()
                .values()
                .all(|v| v.as_array().is_none_or(|list| !list.is_empty()))
        );
    }

    /// S-8414-08: what is listed is what verifies, RS256 included; nothing is unsigned, nothing symmetric.
    #[test]
    fn the_listed_algorithms_are_those_that_verify() {
        let issuer = Issuer::parse("https://tokens.example").unwrap();
        let metadata = Metadata::new(&issuer, &[Algorithm::Es256]);
        let listed = metadata.token_endpoint_auth_signing_alg_values_supported;
        for name in &listed {
            assert!(name.parse::<Algorithm>().is_ok(), "{name}");
        }
        assert!(listed.contains(&"RS256"));
        for never in ["none", "HS256"] {
            assert!(!listed.contains(&never) && never.parse::<Algorithm>().is_err());
        }
        assert_eq!(metadata.id_token_signing_alg_values_supported, ["ES256"]);
    }

    /// S-8414-01, S-8414-03, S-8414-09: the endpoints are below the issuer, a `/` at its end or not, and the
    /// identifier is left as it is.
    #[test]
    fn endpoints_are_below_the_issuer() {
        for issuer in [
            "https://h",
            "https://h/",
            "https://h/a/b",
            "https://h/a/b/",
            "https://h:8443/a",
        ] {
            let metadata = Metadata::new(&Issuer::parse(issuer).unwrap(), &[Algorithm::Es256]);
            assert_eq!(metadata.issuer, issuer);
            let base = issuer.trim_end_matches('/');
            assert_eq!(metadata.token_endpoint, format!("{base}/token"));
            assert_eq!(metadata.jwks_uri, format!("{base}/jwks"));
        }
    }

    /// S-8414-01, S-8414-02
    #[test]
    fn it_is_served_where_both_standards_look() {
        let of = |issuer: &str| paths(&Issuer::parse(issuer).unwrap());
        assert_eq!(
            of("https://h/a/b"),
            [
                "/.well-known/oauth-authorization-server/a/b",
                "/.well-known/openid-configuration/a/b",
                "/a/b/.well-known/openid-configuration"
            ]
        );
        assert_eq!(of("https://h/a/b/"), of("https://h/a/b"));
        assert_eq!(
            of("https://h/"),
            [
                "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration"
            ]
        );
    }
}
