//! The clients, the cluster and the endpoint that every matrix is run against.

use super::token::{Draft, Signer};
use crate::support::endpoint::Endpoint;
use countersign::core::client::{
    AssertionRules, AudiencePolicy, Client, ClientKey, GrantedResource, Grants, JwtBearerGrant, Vouching,
};
use countersign::core::ids::ServiceAccountId;
use countersign::core::scope::Scopes;
use countersign::grants::LocalIssuer;
use countersign::index::{Index, MintedResources};
use countersign::jose::{Algorithm, SigningKey, VerificationKey};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The client that everything is about, and its service account.
pub(super) const CLIENT: &str = "payments/billing";
pub(super) const SERVICE_ACCOUNT: &str = "system:serviceaccount:payments:billing";
/// A client without any grant.
pub(super) const LIMITED: &str = "payments/limited";
/// A client of the same namespace whose keys have the names of [`CLIENT`]'s keys.
pub(super) const NEIGHBOUR: &str = "payments/neighbour";
/// Whom the client's own keys may speak for.
pub(super) const DELEGATED: &str = "alice";
/// The local cluster's issuer.
pub(super) const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// The client's default resource, and one that is signed with an algorithm for which there is no key.
pub(super) const LEDGER: &str = "https://ledger.internal";
pub(super) const UNSIGNED: &str = "https://unsigned.internal";
/// The moment at which everything happens.
pub(super) const NOW: i64 = 1_800_000_000;
/// The longest lifetimes, in seconds.
pub(super) const ASSERTION_LIFETIME: i64 = 300;
pub(super) const SERVICE_ACCOUNT_LIFETIME: i64 = 3600;

/// The endpoint with the usual clients, at [`NOW`].
pub(super) fn endpoint() -> Endpoint {
    let mut limited = client(LIMITED);
    limited.grants = Grants::default();
    limited.service_accounts = BTreeSet::new();
    let mut neighbour = client(NEIGHBOUR);
    neighbour.keys = [Signer::Rsa, Signer::Ecdsa].map(namesake).into();
    neighbour.service_accounts = BTreeSet::new();
    endpoint_with([client(CLIENT), limited, neighbour], NOW)
}

/// Another key with the `kid` of the signer's.
fn namesake(signer: Signer) -> ClientKey {
    let algorithm = signer.key().algorithm();
    let mut jwk = SigningKey::generate(algorithm).unwrap().public_jwk();
    jwk.insert("kid".to_owned(), signer.key().kid().into());
    ClientKey {
        key: Arc::new(VerificationKey::from_jwk(&jwk, &[algorithm]).unwrap()),
        vouched: Vouching::Spec,
    }
}

pub(super) fn endpoint_with(clients: impl IntoIterator<Item = Client>, now: i64) -> Endpoint {
    let resources = [(LEDGER, Algorithm::Es256), (UNSIGNED, Algorithm::Ps256)];
    let resources = resources.map(|(resource, algorithm)| (resource.to_owned(), algorithm));
    let index = Index::new(MintedResources::Listed(resources.into()));
    for client in clients {
        index.put(client);
    }
    index.set_local_issuer(local_issuer(now));
    Endpoint::new(index, now)
}

pub(super) fn local_issuer(now: i64) -> LocalIssuer {
    LocalIssuer {
        issuer: CLUSTER.to_owned(),
        keys: vec![Signer::Cluster.key().verification_key().unwrap()],
        read_at: Timestamp::from_second(now).unwrap(),
    }
}

/// A client with both keys, the service account `billing` of its namespace, both grants and both resources.
pub(super) fn client(id: &str) -> Client {
    let id: countersign::core::ids::ClientId = id.parse().unwrap();
    let key = |signer: Signer| ClientKey {
        key: Arc::new(signer.key().verification_key().unwrap()),
        vouched: Vouching::Spec,
    };
    Client {
        service_accounts: BTreeSet::from([ServiceAccountId {
            namespace: id.namespace().to_owned(),
            name: "billing".to_owned(),
        }]),
        id,
        keys: vec![key(Signer::Rsa), key(Signer::Ecdsa)],
        grants: Grants {
            client_credentials: true,
            jwt_bearer: Some(JwtBearerGrant {
                subjects: BTreeSet::from([DELEGATED.to_owned()]),
            }),
        },
        resources: vec![resource(LEDGER, true), resource(UNSIGNED, false)],
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_secs(ASSERTION_LIFETIME),
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            audience: AudiencePolicy::Standard,
        },
    }
}

fn resource(identifier: &str, default: bool) -> GrantedResource {
    GrantedResource {
        identifier: identifier.parse().unwrap(),
        scopes: Scopes::from_tokens(["read", "write"]).unwrap(),
        default,
    }
}

/// What stands in the other slot: always good, never used before.
pub(super) fn partner() -> String {
    Draft::good(Signer::Ecdsa).token()
}
