//! The clients, the cluster and the endpoint that every matrix is run against.

use super::token::{Draft, Signer};
use crate::support::endpoint::{self, Endpoint};
use countersign::core::client::{
    AssertionRules, AudiencePolicy, Client, GrantedResource, Grants, JwtBearerGrant, UnauthenticatedRule,
    VouchedKey, Vouching,
};
use countersign::core::ids::{ClientId, ServiceAccountId};
use countersign::core::protected_resource::{Consent, ProtectedResource};
use countersign::core::scope::Scopes;
use countersign::core::trusted_issuer::{FederatedSubject, ReplayPolicy, TrustedIssuer};
use countersign::grants::LocalIssuer;
use countersign::index::{Index, MintedResources, Others};
use countersign::jose::{Algorithm, SigningKey, VerificationKey};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The client that everything is about, and its service account.
pub(super) const CLIENT: &str = "payments/billing";
pub(super) const SERVICE_ACCOUNT: &str = "system:serviceaccount:payments:billing";
/// A client without any grant, its service account and its subject of the trusted issuer.
pub(super) const LIMITED: &str = "payments/limited";
pub(super) const LIMITED_SERVICE_ACCOUNT: &str = "system:serviceaccount:payments:limited";
pub(super) const LIMITED_IDENTITY: &str = "repo:org/limited";
/// A client of the same namespace whose keys have the names of [`CLIENT`]'s keys.
pub(super) const NEIGHBOUR: &str = "payments/neighbour";
/// Whom the client's own keys may speak for.
pub(super) const DELEGATED: &str = "alice";
/// The local cluster's issuer.
pub(super) const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// A trusted issuer, the name that it may call us by, and of its subjects: one that is the client, one that the
/// client may act for, and one for whom the client may be used without authentication.
pub(super) const TRUSTED: &str = "https://ci.example";
pub(super) const AGREED: &str = "broker.example";
pub(super) const IDENTITY: &str = "repo:org/billing";
pub(super) const REDEEMABLE: &str = "user-1";
pub(super) const PUBLIC: &str = "build-1";
/// The client's default resource, and one that is signed with an algorithm for which there is no key.
pub(super) const LEDGER: &str = "https://ledger.internal";
pub(super) const UNSIGNED: &str = "https://unsigned.internal";
/// One for which nobody mints tokens.
pub(super) const NOT_MINTED: &str = "https://gone.internal";
/// The moment at which everything happens.
pub(super) const NOW: i64 = 1_800_000_000;

/// The endpoint with the usual clients, at [`NOW`].
pub(super) fn endpoint() -> Endpoint {
    let mut limited = client(LIMITED);
    limited.grants = Grants::default();
    limited.service_accounts =
        BTreeSet::from([ServiceAccountId::from_user_name(LIMITED_SERVICE_ACCOUNT).unwrap()]);
    limited.federated = federated(LIMITED_IDENTITY);
    let mut neighbour = client(NEIGHBOUR);
    neighbour.keys = [Signer::Rsa, Signer::Ecdsa].map(namesake).into();
    neighbour.grants = limited.grants.clone();
    neighbour.service_accounts.clear();
    neighbour.federated.clear();
    endpoint_with([client(CLIENT), limited, neighbour], NOW)
}

/// Another key with the `kid` of the signer's.
fn namesake(signer: Signer) -> VouchedKey {
    let algorithm = signer.key().algorithm();
    let mut jwk = SigningKey::generate(algorithm).unwrap().public_jwk();
    jwk.insert("kid".to_owned(), signer.key().kid().into());
    VouchedKey {
        key: Arc::new(VerificationKey::from_jwk(&jwk, &[algorithm]).unwrap()),
        vouched: Vouching::Spec,
    }
}

pub(super) fn endpoint_with(clients: impl IntoIterator<Item = Client>, now: i64) -> Endpoint {
    Endpoint::new(index(clients, now), now)
}

/// The same, where no client's audience policy is laxer than `floor`.
pub(super) fn endpoint_with_floor(client: Client, floor: AudiencePolicy) -> Endpoint {
    let mut settings = endpoint::settings();
    settings.audience_floor = floor;
    Endpoint::with(settings, index([client], NOW), NOW)
}

fn index(clients: impl IntoIterator<Item = Client>, now: i64) -> Index {
    let consent = Consent {
        public_clients: true,
        federated_subjects_from: BTreeSet::from([CLIENT.parse().unwrap()]),
        ..Consent::default()
    };
    let minted = |algorithm| {
        Arc::new(ProtectedResource {
            algorithm,
            consent: consent.clone(),
        })
    };
    let resources = [(LEDGER, Algorithm::Es256), (UNSIGNED, Algorithm::Ps256)];
    let resources = resources.map(|(resource, algorithm)| (resource.to_owned(), minted(algorithm)));
    let index = Index::new(MintedResources {
        listed: resources.into(),
        others: Others::None,
    });
    for client in clients {
        index.put(client);
    }
    index.set_local_issuer(LocalIssuer {
        issuer: CLUSTER.to_owned(),
        keys: vec![Signer::Cluster.key().verification_key().unwrap()],
        read_at: Timestamp::from_second(now).unwrap(),
    });
    index.set_trusted_issuers([TrustedIssuer {
        name: "ci".to_owned(),
        issuer: TRUSTED.to_owned(),
        keys: vec![key(Signer::Trusted)],
        audience: Some(AGREED.to_owned()),
        replay: ReplayPolicy::Once,
        max_lifetime: SignedDuration::from_secs(Signer::Trusted.max_lifetime()),
    }]);
    index
}

fn key(signer: Signer) -> VouchedKey {
    VouchedKey {
        key: Arc::new(signer.key().verification_key().unwrap()),
        vouched: Vouching::Spec,
    }
}

fn federated(subject: &str) -> BTreeSet<FederatedSubject> {
    BTreeSet::from([FederatedSubject {
        issuer: "ci".to_owned(),
        subject: subject.to_owned(),
    }])
}

/// A client with both keys, the service account `billing` of its namespace, a subject of the trusted issuer, both
/// grants with every rule that there is, and both resources.
pub(super) fn client(id: &str) -> Client {
    let id: ClientId = id.parse().unwrap();
    Client {
        service_accounts: BTreeSet::from([ServiceAccountId {
            namespace: id.namespace().to_owned(),
            name: "billing".to_owned(),
        }]),
        federated: federated(IDENTITY),
        id,
        keys: vec![key(Signer::Rsa), key(Signer::Ecdsa)],
        grants: Grants {
            client_credentials: true,
            jwt_bearer: Some(JwtBearerGrant {
                subjects: BTreeSet::from([DELEGATED.to_owned()]),
                federated_subjects: federated(REDEEMABLE),
                unauthenticated: Some(UnauthenticatedRule {
                    subjects: federated(PUBLIC),
                    resources: vec![resource(LEDGER, true)],
                }),
            }),
        },
        resources: vec![
            resource(LEDGER, true),
            resource(UNSIGNED, false),
            resource(NOT_MINTED, false),
        ],
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_secs(Signer::Ecdsa.max_lifetime()),
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
