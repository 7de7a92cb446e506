//! What access tokens are minted for.

use crate::core::ids::ClientId;
use crate::core::issuer::Issuer;
use crate::core::protected_resource::ProtectedResource;
use crate::core::resource::ResourceId;
use crate::jose::Algorithm;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The protected resources that access tokens are minted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedResources {
    /// These, by identifier.
    pub listed: BTreeMap<String, Arc<ProtectedResource>>,
    /// And these.
    pub others: Others,
}

/// Resources that nobody listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Others {
    /// None of them.
    None,
    /// The services of the client's own namespace: who may write clients there speaks for its services, too. Never what
    /// is at our issuer's own host.
    OwnServices {
        /// Our issuer.
        issuer: Issuer,
        /// What their owner says.
        resource: Arc<ProtectedResource>,
    },
    /// Whatever a client's object names; for `dev` and `demo`, where one person writes both sides.
    Any(Arc<ProtectedResource>),
}

// === impl MintedResources ===

impl MintedResources {
    /// Resources whose owners consent to nothing special, each with the algorithm of its tokens.
    pub fn listed(resources: impl IntoIterator<Item = (String, Algorithm)>) -> Self {
        let resources = resources.into_iter();
        Self {
            listed: resources
                .map(|(id, algorithm)| (id, Arc::new(algorithm.into())))
                .collect(),
            others: Others::None,
        }
    }

    /// Every resource, its tokens signed with this algorithm.
    pub fn any(algorithm: Algorithm) -> Self {
        Self {
            listed: BTreeMap::new(),
            others: Others::Any(Arc::new(algorithm.into())),
        }
    }

    /// These, and for each client the services of its own namespace, their tokens signed with this algorithm.
    #[must_use]
    pub fn and_own_services(self, issuer: Issuer, algorithm: Algorithm) -> Self {
        let resource = Arc::new(algorithm.into());
        Self {
            others: Others::OwnServices { issuer, resource },
            ..self
        }
    }

    /// What the owner of the resource says of tokens for `client`; `None` if no tokens are minted for it.
    pub fn find(&self, identifier: &ResourceId, client: &ClientId) -> Option<Arc<ProtectedResource>> {
        if let Some(listed) = self.listed.get(identifier.as_str()) {
            return Some(Arc::clone(listed));
        }
        match &self.others {
            Others::None => None,
            Others::OwnServices { issuer, resource } => {
                let own = identifier.service_namespace() == Some(client.namespace());
                let ours = identifier.host() == issuer.host();
                (own && !ours).then(|| Arc::clone(resource))
            }
            Others::Any(resource) => Some(Arc::clone(resource)),
        }
    }

    /// The algorithms that tokens are signed with, each once.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let others = match &self.others {
            Others::None => None,
            Others::OwnServices { resource, .. } | Others::Any(resource) => Some(resource),
        };
        let all = self.listed.values().chain(others);
        let mut algorithms: Vec<Algorithm> = all.map(|resource| resource.algorithm).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn minted(identifier: &str) -> Option<Algorithm> {
        let listed = [("https://ledger.internal".to_owned(), Algorithm::Rs256)];
        let issuer = Issuer::parse("https://countersign-server.payments.svc/id").unwrap();
        let resources = MintedResources::listed(listed).and_own_services(issuer, Algorithm::Es256);
        let client = "payments/billing-worker".parse().unwrap();
        let found = resources.find(&identifier.parse().unwrap(), &client);
        found.map(|resource| resource.algorithm)
    }

    #[rstest]
    #[case::listed("https://ledger.internal", Some(Algorithm::Rs256))]
    #[case::own("https://ledger.payments.svc", Some(Algorithm::Es256))]
    #[case::own_path("https://ledger.payments.svc/v1", Some(Algorithm::Es256))]
    #[case::another_namespace("https://ledger.shipping.svc", None)]
    #[case::not_a_service("https://ledger.example", None)]
    #[case::our_issuer("https://countersign-server.payments.svc/id", None)]
    #[case::beside_our_issuer("https://countersign-server.payments.svc:8443/", None)]
    fn a_client_gets_tokens_for_what_is_listed_and_for_its_own_services(
        #[case] identifier: &str,
        #[case] expected: Option<Algorithm>,
    ) {
        assert_eq!(minted(identifier), expected);
    }
}
