//! Why a JWKS could not be fetched, in sentences that a tenant may read.

use std::time::Duration;
use thiserror::Error;

/// Why a fetch failed.
///
/// No message repeats anything that the remote host sent, nor an address that a name resolved to:
/// they end up in a tenant's status, and would make the controller a probe of the network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchFault {
    /// Not an absolute URL with a host.
    #[error("the URL is not an absolute URL with a host")]
    NotUrl,
    /// Another scheme than `https`.
    #[error("the URL must begin with https://")]
    NotHttps,
    /// The URL carries credentials.
    #[error("the URL must not contain user information")]
    UserInfo,
    /// A port of another well-known service.
    #[error("the URL's port must be 443 or at least 1024")]
    Port,
    /// The host is, or resolves only to, addresses that are not public.
    #[error(
        "the host has no address that may be fetched from: private, loopback and other special-use addresses need an administrator's permission"
    )]
    Address,
    /// DNS knows no address for the name.
    #[error("the host name could not be resolved")]
    Unresolved,
    /// No connection came about.
    #[error("the host could not be connected to")]
    Unreachable,
    /// The certificate is not one that we trust for this host, or TLS failed in another way.
    #[error("the TLS handshake failed: {0}")]
    Tls(TlsFault),
    /// The time for the whole fetch, in seconds, was over.
    #[error("no complete answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// A redirect, which is never followed.
    #[error("the host answered with a redirect ({0}), which is never followed: give the final URL")]
    Redirect(u16),
    /// A status other than 200.
    #[error("the host answered with status {0} instead of 200")]
    Status(u16),
    /// A media type that is not JSON.
    #[error("the answer's content type must be application/json or application/jwk-set+json")]
    ContentType,
    /// A compressed body, which we did not ask for.
    #[error("the answer is compressed, which was not asked for")]
    Encoded,
    /// More bytes than the cap.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke while the body was read, or spoke no HTTP.
    #[error("the answer was cut off or is not HTTP")]
    Broken,
    /// Not a JWK set (RFC 7517 §5).
    #[error("the answer is not a JWK set: a JSON object with an array named keys")]
    NotJwks,
    /// More keys than the cap.
    #[error("the JWK set holds more than {0} keys")]
    TooManyKeys(usize),
    /// The controller has no CA certificates to judge anyone's certificate by.
    #[error(
        "the controller has no CA certificates to trust: its administrator must mount some or configure an extra CA"
    )]
    NoRoots,
}

/// What was wrong with the host's certificate or handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TlsFault {
    /// Signed by nobody whom we trust.
    #[error("the certificate is signed by an unknown authority")]
    UnknownIssuer,
    /// For another host.
    #[error("the certificate is for another host")]
    WrongHost,
    /// Expired or not valid yet.
    #[error("the certificate has expired or is not valid yet")]
    Expired,
    /// Anything else.
    #[error("the peer's certificate or protocol is not acceptable")]
    Other,
}

// === impl FetchFault ===

impl FetchFault {
    /// Every name that [`Self::code`] gives.
    pub const CODES: [&str; 18] = [
        "not_url",
        "not_https",
        "user_info",
        "port",
        "address",
        "unresolved",
        "unreachable",
        "tls",
        "timeout",
        "redirect",
        "status",
        "content_type",
        "encoded",
        "too_large",
        "broken",
        "not_jwks",
        "too_many_keys",
        "no_roots",
    ];

    /// A name for metrics and logs: one of a fixed set, in snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUrl => "not_url",
            Self::NotHttps => "not_https",
            Self::UserInfo => "user_info",
            Self::Port => "port",
            Self::Address => "address",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::Redirect(_) => "redirect",
            Self::Status(_) => "status",
            Self::ContentType => "content_type",
            Self::Encoded => "encoded",
            Self::TooLarge(_) => "too_large",
            Self::Broken => "broken",
            Self::NotJwks => "not_jwks",
            Self::TooManyKeys(_) => "too_many_keys",
            Self::NoRoots => "no_roots",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_fault_has_a_name_of_its_own_in_the_list() {
        let all = [
            FetchFault::NotUrl,
            FetchFault::NotHttps,
            FetchFault::UserInfo,
            FetchFault::Port,
            FetchFault::Address,
            FetchFault::Unresolved,
            FetchFault::Unreachable,
            FetchFault::Tls(TlsFault::Other),
            FetchFault::Timeout(Duration::ZERO),
            FetchFault::Redirect(302),
            FetchFault::Status(500),
            FetchFault::ContentType,
            FetchFault::Encoded,
            FetchFault::TooLarge(1),
            FetchFault::Broken,
            FetchFault::NotJwks,
            FetchFault::TooManyKeys(1),
            FetchFault::NoRoots,
        ];
        let names: BTreeSet<&str> = all.iter().map(FetchFault::code).collect();
        assert_eq!(names, BTreeSet::from(FetchFault::CODES));
        assert_eq!(names.len(), all.len());
    }
}
