//! The world that `token_request` asks in: one client with everything that a client may have, a trusted issuer
//! and the local cluster, each with a key that is made when it is first needed.

use countersign::core::client::{
    AssertionRules, AudiencePolicy, Client, GrantedResource, Grants, JwtBearerGrant, UnauthenticatedRule,
    VouchedKey, Vouching,
};
use countersign::core::ids::ServiceAccountId;
use countersign::core::issuer::Issuer;
use countersign::core::protected_resource::{Consent, ProtectedResource};
use countersign::core::trusted_issuer::{FederatedSubject, ReplayPolicy, TrustedIssuer};
use countersign::grants::{LocalIssuer, Settings};
use countersign::index::{Index, MintedResources, Others};
use countersign::jose::{Algorithm, SigningKey};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

pub(crate) const ISSUER: &str = "https://tokens.example";
pub(crate) const CLIENT: &str = "payments/billing";
pub(crate) const LEDGER: &str = "https://ledger.internal";
pub(crate) const CLUSTER: &str = "https://kubernetes.default.svc";
pub(crate) const CI: &str = "https://ci.example";
pub(crate) const CI_NAME: &str = "ci";
/// The moment at which everything happens.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) index: Index,
    pub(crate) settings: Settings,
    pub(crate) client_key: SigningKey,
    pub(crate) cluster_key: SigningKey,
    pub(crate) ci_key: SigningKey,
    pub(crate) our_key: SigningKey,
}

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::new);

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

// === impl World ===

impl World {
    fn new() -> Self {
        let key = || SigningKey::generate(Algorithm::EdDsa).unwrap();
        let (client_key, cluster_key, ci_key) = (key(), key(), key());
        let ledger = ProtectedResource {
            algorithm: Algorithm::EdDsa,
            consent: Consent {
                public_clients: true,
                federated_subjects_from: BTreeSet::from([CLIENT.parse().unwrap()]),
                verbatim_subjects: BTreeSet::from([(CLIENT.parse().unwrap(), "carol".to_owned())]),
            },
        };
        let resources = [(LEDGER.to_owned(), Arc::new(ledger))];
        let index = Index::new(MintedResources {
            listed: resources.into(),
            others: Others::None,
        });
        index.put(client(&client_key));
        index.set_local_issuer(LocalIssuer {
            issuer: CLUSTER.to_owned(),
            keys: vec![cluster_key.verification_key().unwrap()],
            read_at: now(),
        });
        index.set_trusted_issuers([TrustedIssuer {
            name: CI_NAME.to_owned(),
            issuer: CI.to_owned(),
            keys: vec![vouched(&ci_key)],
            audience: Some("broker".to_owned()),
            replay: ReplayPolicy::Reusable,
            max_lifetime: SignedDuration::from_mins(10),
        }]);
        Self {
            index,
            settings: Settings::new(Issuer::parse(ISSUER).unwrap()),
            client_key,
            cluster_key,
            ci_key,
            our_key: key(),
        }
    }
}

fn client(key: &SigningKey) -> Client {
    Client {
        id: CLIENT.parse().unwrap(),
        service_accounts: BTreeSet::from([ServiceAccountId::from_user_name(
            "system:serviceaccount:payments:billing",
        )
        .unwrap()]),
        federated: BTreeSet::from([of_ci("deploy")]),
        keys: vec![vouched(key)],
        grants: Grants {
            client_credentials: true,
            jwt_bearer: Some(JwtBearerGrant {
                subjects: BTreeSet::from(["alice".to_owned(), "carol".to_owned()]),
                federated_subjects: BTreeSet::from([of_ci("build")]),
                unauthenticated: Some(UnauthenticatedRule {
                    subjects: BTreeSet::from([of_ci("visit")]),
                    resources: vec![granted("read")],
                }),
            }),
        },
        resources: vec![granted("read write")],
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_mins(5),
            algorithms: vec![Algorithm::EdDsa],
            audience: AudiencePolicy::Compat,
        },
    }
}

fn vouched(key: &SigningKey) -> VouchedKey {
    VouchedKey {
        key: Arc::new(key.verification_key().unwrap()),
        vouched: Vouching::Spec,
    }
}

fn granted(scopes: &str) -> GrantedResource {
    GrantedResource {
        identifier: LEDGER.parse().unwrap(),
        scopes: scopes.parse().unwrap(),
        default: true,
    }
}

fn of_ci(subject: &str) -> FederatedSubject {
    FederatedSubject {
        issuer: CI_NAME.to_owned(),
        subject: subject.to_owned(),
    }
}
