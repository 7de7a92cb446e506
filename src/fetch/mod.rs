//! Fetching a tenant's JWKS: the only place from which the installation calls a host that a tenant
//! names, and only the controller does.
//!
//! A fetch speaks `https` to the very address that was judged, follows no redirect, sends no
//! credential, and ends after [`FetchOptions::timeout`] and [`document::MAX_BYTES`] whatever the
//! host does. Each fetch dials anew. An administrator may allow a proxy, ranges and an extra CA.

pub mod addresses;
mod dial;
pub mod document;
pub mod fault;
pub mod target;

use addresses::AddressPolicy;
use bytes::Bytes;
use dial::{Dial, DialFault};
use fault::{FetchFault, TlsFault};
use reqwest::{Certificate, Client, Proxy, header, redirect, retry};
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use thiserror::Error;
use url::Url;

/// What an administrator decides about fetches; a tenant cannot.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The addresses that may be dialled. With a proxy it binds address literals only: the proxy
    /// resolves names, so it must do the filtering.
    pub addresses: AddressPolicy,
    /// A proxy that every fetch goes through.
    pub proxy: Option<Url>,
    /// Certificates, in PEM, that are trusted as authorities besides the platform's.
    pub extra_roots: Option<Vec<u8>>,
    /// Whether the platform's authorities are trusted.
    pub platform_roots: bool,
    /// The time for a whole fetch: resolving, connecting and reading.
    pub timeout: Duration,
}

/// Why [`FetchOptions`] cannot be used.
#[derive(Debug, Error)]
pub enum InvalidFetchOptions {
    /// The extra authorities are not certificates in PEM.
    #[error("the extra CA file must hold one or more certificates in PEM")]
    ExtraRoots,
    /// The proxy is not an http or https URL with a host.
    #[error("the proxy must be an http:// or https:// URL with a host")]
    Proxy,
}

/// Fetches JWK sets, at the terms of its [`FetchOptions`].
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// None where there is no authority to trust: then each fetch says so.
    client: Option<Client>,
    policy: Arc<AddressPolicy>,
    timeout: Duration,
}

/// What a host answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// A set of at most [`jose::MAX_KEYS`](crate::jose::MAX_KEYS) keys of whatever worth.
    pub body: Bytes,
    /// How long the host says that it may be kept (RFC 9111 §5.2.2), if it says so.
    pub max_age: Option<Duration>,
}

// === impl FetchOptions ===

impl Default for FetchOptions {
    /// Public addresses, no proxy, the platform's authorities, 5 s.
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::default(),
            proxy: None,
            extra_roots: None,
            platform_roots: true,
            timeout: Duration::from_secs(5),
        }
    }
}

// === impl Fetcher ===

impl Fetcher {
    /// A fetcher at these terms. Without any authority to trust it works, and refuses each fetch
    /// with [`FetchFault::NoRoots`]: a cluster in which nobody uses URLs needs none.
    pub fn new(options: FetchOptions) -> Result<Self, InvalidFetchOptions> {
        let FetchOptions {
            addresses,
            proxy,
            extra_roots,
            platform_roots,
            timeout,
        } = options;
        let policy = Arc::new(addresses);
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        builder = match &proxy {
            None => builder.dns_resolver(Dial::Direct(Arc::clone(&policy))),
            Some(url) => {
                let host = url.host_str().ok_or(InvalidFetchOptions::Proxy)?;
                let proxy = Proxy::https(url.clone()).map_err(|_| InvalidFetchOptions::Proxy)?;
                builder.dns_resolver(Dial::Proxy(Arc::from(host))).proxy(proxy)
            }
        };
        let extra = extra_roots.as_deref().map(certificates).transpose()?;
        let extra = extra.unwrap_or_default();
        let nobody = extra.is_empty() && !platform_roots;
        builder = if platform_roots {
            builder.tls_certs_merge(extra)
        } else {
            builder.tls_certs_only(extra)
        };
        Ok(Self {
            client: builder.build().ok().filter(|_| !nobody),
            policy,
            timeout,
        })
    }

    /// The host of a URL that this fetcher would call, or why it would not call it.
    pub fn target(&self, url: &str) -> Result<Target, FetchFault> {
        Target::parse(url, &self.policy)
    }

    /// Fetches the JWK set at `target`.
    pub async fn fetch(&self, target: &Target) -> Result<Fetched, FetchFault> {
        tokio::time::timeout(self.timeout, self.fetch_unbounded(target))
            .await
            .unwrap_or(Err(FetchFault::Timeout(self.timeout)))
    }

    async fn fetch_unbounded(&self, target: &Target) -> Result<Fetched, FetchFault> {
        let client = self.client.as_ref().ok_or(FetchFault::NoRoots)?;
        let response = client
            .get(target.url().clone())
            .header(header::ACCEPT, "application/jwk-set+json, application/json")
            .send()
            .await
            .map_err(|error| classify(&error))?;
        document::judge_head(response.status(), response.headers())?;
        let max_age = document::max_age(response.headers());
        let body = document::read(response).await?;
        document::judge_body(&body)?;
        Ok(Fetched { body, max_age })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, InvalidFetchOptions> {
    let mut found = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|_| InvalidFetchOptions::ExtraRoots)?;
        let certificate = Certificate::from_der(&der).map_err(|_| InvalidFetchOptions::ExtraRoots)?;
        // Only the root store looks into the bytes.
        RootCertStore::empty()
            .add(der)
            .map_err(|_| InvalidFetchOptions::ExtraRoots)?;
        found.push(certificate);
    }
    if found.is_empty() {
        return Err(InvalidFetchOptions::ExtraRoots);
    }
    Ok(found)
}

/// Finds the cause that we know in a chain of errors; their own texts are not repeated.
fn classify(error: &reqwest::Error) -> FetchFault {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(fault) = known(cause) {
            return fault;
        }
        // An io::Error's source is the source of what it wraps: look at what it wraps first.
        let io = cause.downcast_ref::<std::io::Error>();
        next = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    if error.is_connect() {
        FetchFault::Unreachable
    } else {
        FetchFault::Broken
    }
}

fn known(cause: &(dyn std::error::Error + 'static)) -> Option<FetchFault> {
    if let Some(dial) = cause.downcast_ref::<DialFault>() {
        return Some(match dial {
            DialFault::Unresolved => FetchFault::Unresolved,
            DialFault::Forbidden => FetchFault::Address,
        });
    }
    let tls = cause.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(certificate) = tls else {
        return Some(FetchFault::Tls(TlsFault::Other));
    };
    let expired = matches!(
        certificate,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    );
    let wrong_host = matches!(
        certificate,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    );
    Some(FetchFault::Tls(if expired {
        TlsFault::Expired
    } else if wrong_host {
        TlsFault::WrongHost
    } else if *certificate == CertificateError::UnknownIssuer {
        TlsFault::UnknownIssuer
    } else {
        TlsFault::Other
    }))
}

#[cfg(test)]
mod tests;
