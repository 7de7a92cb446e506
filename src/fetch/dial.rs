//! Name resolution that hands out permitted addresses only.
//!
//! The connector dials exactly what this returns, so that there is no moment between the check and
//! the connection in which a name could come to mean something else.

use super::addresses::AddressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;

/// Which names the controller's HTTP client may resolve, and to what.
#[derive(Debug, Clone)]
pub(super) enum Dial {
    /// Any name, to permitted addresses.
    Direct(Arc<AddressPolicy>),
    /// Only the name of the administrator's proxy, to any address; the proxy resolves the rest.
    Proxy(Arc<str>),
}

/// Why there is nothing to dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum DialFault {
    /// The name has no address.
    #[error("the name has no address")]
    Unresolved,
    /// The name has only addresses that may not be dialled.
    #[error("the name has no permitted address")]
    Forbidden,
}

// === impl Dial ===

impl Dial {
    fn permitted(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, DialFault> {
        if found.is_empty() {
            return Err(DialFault::Unresolved);
        }
        let kept: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| match self {
                Self::Direct(policy) => policy.permits(address.ip()),
                Self::Proxy(proxy) => host.eq_ignore_ascii_case(proxy),
            })
            .collect();
        if kept.is_empty() {
            Err(DialFault::Forbidden)
        } else {
            Ok(kept)
        }
    }
}

impl Resolve for Dial {
    fn resolve(&self, name: Name) -> Resolving {
        let dial = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| DialFault::Unresolved)?
                .collect();
            let kept = dial.permitted(name.as_str(), found)?;
            let addresses: Addrs = Box::new(kept.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
            .collect()
    }

    #[test]
    fn of_a_mixed_answer_only_permitted_addresses_are_dialled() {
        let dial = Dial::Direct(Arc::default());
        let found = addresses(&["127.0.0.1", "8.8.8.8", "::1", "169.254.169.254"]);
        assert_eq!(dial.permitted("ci.example", found), Ok(addresses(&["8.8.8.8"])));
        let found = addresses(&["127.0.0.1", "::1"]);
        assert_eq!(dial.permitted("ci.example", found), Err(DialFault::Forbidden));
        assert_eq!(
            dial.permitted("ci.example", Vec::new()),
            Err(DialFault::Unresolved)
        );
    }

    #[test]
    fn with_a_proxy_no_other_name_is_dialled() {
        let dial = Dial::Proxy(Arc::from("proxy.internal"));
        assert!(dial.permitted("proxy.internal", addresses(&["10.0.0.1"])).is_ok());
        assert_eq!(
            dial.permitted("ci.example", addresses(&["8.8.8.8"])),
            Err(DialFault::Forbidden)
        );
    }
}
