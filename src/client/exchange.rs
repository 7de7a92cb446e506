//! Asking a token endpoint for a token.

use crate::core::issuer::Issuer;
use crate::jose::parse_object;
use crate::oauth::request::{GrantType, JWT_CLIENT_ASSERTION};
use crate::oauth::response::REQUEST_ID;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, StatusCode};
use serde_json::{Map, Value};
use std::time::Duration;
use thiserror::Error;

/// An authorization server, as a client sees it.
#[derive(Debug, Clone)]
pub struct AuthorizationServer {
    http: Client,
    token_endpoint: String,
    jwks_uri: String,
}

/// A token request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The grant.
    pub grant: GrantType,
    /// The JWT that authenticates the client or is the grant, depending on `grant`.
    pub assertion: &'a str,
    /// The client, where the assertion could mean several.
    pub client_id: Option<&'a str>,
    /// The target.
    pub resource: Option<&'a str>,
    /// The scope.
    pub scope: Option<&'a str>,
}

/// The answer to a token request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A token: the members of the response.
    Token(Map<String, Value>),
    /// A refusal.
    Refused(Refused),
}

/// A refused request.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The members of the response.
    pub members: Map<String, Value>,
    /// The id under which the server's audit log has the reason.
    pub request_id: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ExchangeFault {
    /// The given CA certificates cannot be used.
    #[error("the CA file cannot be used")]
    Ca(#[source] reqwest::Error),
    /// The server cannot be reached, or broke off.
    #[error("cannot reach {url}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is not JSON.
    #[error(
        "{url} answered {status} with something that is not a JSON object: is it an authorization server?"
    )]
    NotJson {
        /// What was asked for.
        url: String,
        /// The status of the answer.
        status: StatusCode,
    },
    /// The metadata is somebody else's (RFC 8414 §3.3).
    #[error(
        "the server calls itself '{named}', not '{given}' (metadata at {url}): give the issuer exactly as the server has it"
    )]
    OtherIssuer {
        /// Where the metadata is.
        url: String,
        /// Its `issuer`.
        named: String,
        /// The issuer that was asked for.
        given: String,
    },
    /// The metadata lacks a member.
    #[error("the answer of {url} ({status}) has no '{member}': is it an authorization server?")]
    Incomplete {
        /// Where the metadata is.
        url: String,
        /// The status of the answer.
        status: StatusCode,
        /// What it lacks.
        member: &'static str,
    },
    /// An endpoint to which anybody on the way could read along.
    #[error(
        "the metadata of {issuer} names the endpoint {endpoint}, which is not https: nothing was sent to it"
    )]
    Insecure {
        /// Whose metadata.
        issuer: String,
        /// The endpoint.
        endpoint: String,
    },
    /// A success without a token.
    #[error("{0} answered with success, but without an access token")]
    NoToken(String),
}

// === impl AuthorizationServer ===

impl AuthorizationServer {
    /// Finds the endpoints of `issuer` (RFC 8414 §3), which are https unless the issuer itself, being on
    /// loopback, is not. With `ca`, certificates in PEM, only those are trusted.
    pub async fn discover(issuer: &Issuer, ca: Option<&[u8]>) -> Result<Self, ExchangeFault> {
        Self::discover_at(issuer, issuer, ca).await
    }

    /// The same for an issuer that is reached at `place`, as a public one is from inside of its cluster: what its
    /// metadata has at the issuer's place is there, too.
    pub async fn discover_at(
        issuer: &Issuer,
        place: &Issuer,
        ca: Option<&[u8]>,
    ) -> Result<Self, ExchangeFault> {
        let mut builder = Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = ca {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem).map_err(ExchangeFault::Ca)?);
        }
        let http = builder.build().map_err(ExchangeFault::Ca)?;
        let (issuer, place) = (issuer.as_str(), place.as_str());
        let url = metadata_url(place);
        let (head, metadata) = object(&url, http.get(&url)).await?;
        let (token_endpoint, jwks_uri) = endpoints(issuer, &url, head.status, &metadata)?;
        Ok(Self {
            http,
            token_endpoint: moved(&token_endpoint, issuer, place),
            jwks_uri: moved(&jwks_uri, issuer, place),
        })
    }

    /// Sends a token request.
    pub async fn exchange(&self, request: &Request<'_>) -> Result<Answer, ExchangeFault> {
        let mut form = vec![("grant_type", request.grant.as_str())];
        match request.grant {
            GrantType::ClientCredentials => form.extend([
                ("client_assertion_type", JWT_CLIENT_ASSERTION),
                ("client_assertion", request.assertion),
            ]),
            GrantType::JwtBearer => form.push(("assertion", request.assertion)),
        }
        let optional = [
            ("client_id", request.client_id),
            ("resource", request.resource),
            ("scope", request.scope),
        ];
        form.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| value.map(|value| (name, value))),
        );
        let (response, members) = object(
            &self.token_endpoint,
            self.http.post(&self.token_endpoint).form(&form),
        )
        .await?;
        if !response.status.is_success() {
            let request_id = response.headers.get(REQUEST_ID);
            return Ok(Answer::Refused(Refused {
                status: response.status,
                members,
                request_id: request_id.and_then(|id| id.to_str().ok()).map(str::to_owned),
            }));
        }
        match members.get("access_token").and_then(Value::as_str) {
            Some(_) => Ok(Answer::Token(members)),
            None => Err(ExchangeFault::NoToken(self.token_endpoint.clone())),
        }
    }

    /// The server's published key set.
    pub async fn keys(&self) -> Result<Map<String, Value>, ExchangeFault> {
        Ok(object(&self.jwks_uri, self.http.get(&self.jwks_uri)).await?.1)
    }
}

/// The token endpoint and the key set's URL in the metadata of `issuer`, which were at `url`.
fn endpoints(
    issuer: &str,
    url: &str,
    status: StatusCode,
    metadata: &Map<String, Value>,
) -> Result<(String, String), ExchangeFault> {
    let text = |member: &'static str| {
        let text = metadata.get(member).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| ExchangeFault::Incomplete {
            url: url.to_owned(),
            status,
            member,
        })
    };
    let named = text("issuer")?;
    if named != issuer {
        return Err(ExchangeFault::OtherIssuer {
            url: url.to_owned(),
            named,
            given: issuer.to_owned(),
        });
    }
    let endpoint = |member: &'static str| {
        let endpoint = text(member)?;
        if issuer.starts_with("https:") && !endpoint.starts_with("https:") {
            return Err(ExchangeFault::Insecure {
                issuer: issuer.to_owned(),
                endpoint,
            });
        }
        Ok(endpoint)
    };
    Ok((endpoint("token_endpoint")?, endpoint("jwks_uri")?))
}

/// The URL of something that is below `issuer`, below `place`; anything else as it is.
fn moved(url: &str, issuer: &str, place: &str) -> String {
    let below = url.strip_prefix(issuer.trim_end_matches('/'));
    match below.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => format!("{}{rest}", place.trim_end_matches('/')),
        None => url.to_owned(),
    }
}

/// The well-known part goes between host and path (RFC 8414 §3.1).
fn metadata_url(issuer: &str) -> String {
    let well_known = "/.well-known/oauth-authorization-server";
    let authority = issuer.find("://").map_or(0, |scheme| scheme.saturating_add(3));
    let (scheme, rest) = issuer.split_at_checked(authority).unwrap_or(("", issuer));
    match rest.split_once('/') {
        Some((host, path)) => format!("{scheme}{host}{well_known}/{path}")
            .trim_end_matches('/')
            .to_owned(),
        None => format!("{issuer}{well_known}"),
    }
}

/// The status and the headers of a response.
struct Head {
    status: StatusCode,
    headers: HeaderMap,
}

async fn object(
    url: &str,
    request: reqwest::RequestBuilder,
) -> Result<(Head, Map<String, Value>), ExchangeFault> {
    let unreachable = |source: reqwest::Error| ExchangeFault::Unreachable {
        url: url.to_owned(),
        source: source.without_url(),
    };
    let response = request.send().await.map_err(unreachable)?;
    let head = Head {
        status: response.status(),
        headers: response.headers().clone(),
    };
    let body = response.bytes().await.map_err(unreachable)?;
    let members = parse_object(&body).map_err(|_| ExchangeFault::NotJson {
        url: url.to_owned(),
        status: head.status,
    })?;
    Ok((head, members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("https://h", "https://h/.well-known/oauth-authorization-server")]
    #[case("https://h/", "https://h/.well-known/oauth-authorization-server")]
    #[case(
        "https://h:8443/a/b",
        "https://h:8443/.well-known/oauth-authorization-server/a/b"
    )]
    #[case("https://h/a/", "https://h/.well-known/oauth-authorization-server/a")]
    fn metadata_is_where_rfc_8414_puts_it(#[case] issuer: &str, #[case] expected: &str) {
        assert_eq!(metadata_url(issuer), expected);
    }

    #[rstest]
    #[case("https://i/token", "https://p/token")]
    #[case("https://i:8443/token", "https://i:8443/token")]
    #[case("https://i.example/token", "https://i.example/token")]
    fn what_is_below_the_issuer_is_below_its_other_place(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(moved(url, "https://i", "https://p"), expected);
        assert_eq!(moved(url, "https://i/", "https://p/"), expected);
    }

    #[rstest]
    #[case::https("https://i", "https://t", "https://k", "ok")]
    #[case::elsewhere("https://i", "https://t.example/x", "https://k", "ok")]
    #[case::loopback(
        "http://127.0.0.1:1",
        "http://127.0.0.1:1/token",
        "http://127.0.0.1:1/jwks",
        "ok"
    )]
    #[case::plain_token_endpoint("https://i", "http://t", "https://k", "insecure")]
    #[case::plain_keys("https://i", "https://t", "http://k", "insecure")]
    #[case::no_url("https://i", "t", "https://k", "insecure")]
    fn credentials_go_to_https_endpoints_only(
        #[case] issuer: &str,
        #[case] token: &str,
        #[case] keys: &str,
        #[case] expected: &str,
    ) {
        let metadata = json!({ "issuer": issuer, "token_endpoint": token, "jwks_uri": keys });
        let found = endpoints(issuer, "u", StatusCode::OK, metadata.as_object().unwrap());
        match expected {
            "ok" => assert_eq!(found.unwrap(), (token.to_owned(), keys.to_owned())),
            _ => assert!(matches!(found, Err(ExchangeFault::Insecure { .. }))),
        }
    }
}
