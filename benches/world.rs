//! A broker in memory with one client.

use crate::shared::kind::{CLUSTER, Kind, NAMESPACE, Presented};
use countersign::clock::SystemClock;
use countersign::core::client::{
    AssertionRules, AudiencePolicy, Client, GrantedResource, Grants, JwtBearerGrant, VouchedKey, Vouching,
};
use countersign::core::clock::Clock;
use countersign::core::ids::ServiceAccountId;
use countersign::core::issuer::Issuer;
use countersign::core::scope::Scopes;
use countersign::grants::{LocalIssuer, Settings};
use countersign::index::{Index, MintedResources};
use countersign::jose::{Algorithm, SigningKey};
use countersign::keys::SigningKeyStore;
use countersign::keys::{KeyRing, Plan, RotationPolicy, SigningKeys, plan};
use countersign::replay::Capacity;
use countersign::replay::memory::MemoryLog;
use countersign::server::broker::Broker;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The issuer that the broker is.
pub(crate) const ISSUER: &str = "https://tokens.example";
/// The client's name.
pub(crate) const CLIENT: &str = "client-0";

/// A broker with one client, and the keys of that client and of the cluster.
pub(crate) struct World {
    pub(crate) broker: Broker,
    rsa: SigningKey,
    ecdsa: SigningKey,
}

impl World {
    /// A broker that knows one client, and the local cluster.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (rsa, ecdsa) = (
            SigningKey::generate(Algorithm::Rs256)?,
            SigningKey::generate(Algorithm::Es256)?,
        );
        let minted = Kind::ALL
            .into_iter()
            .map(|(_, kind)| Ok((kind.resource()?.to_string(), kind.token)));
        let index = Index::new(MintedResources::listed(
            minted.collect::<anyhow::Result<Vec<_>>>()?,
        ));
        index.put(client(&[&rsa, &ecdsa])?);
        index.set_local_issuer(LocalIssuer {
            issuer: CLUSTER.to_owned(),
            keys: vec![rsa.verification_key()?],
            read_at: SystemClock.now(),
        });
        let keys = SigningKeyStore::new();
        let policy = RotationPolicy::new([Algorithm::Es256, Algorithm::Rs256].into())?;
        let Plan::Write(draft) = plan(&KeyRing::default(), SystemClock.now(), &policy) else {
            anyhow::bail!("no signing key was planned");
        };
        let ring =
            draft.complete(|algorithm| -> anyhow::Result<_> { Ok(SigningKey::generate(algorithm)?) })?;
        keys.replace(SigningKeys::new(ring));
        let room = Capacity {
            keys: 10_000_000,
            keys_per_client: 10_000_000,
        };
        let broker = Broker {
            settings: Settings::new(Issuer::parse(ISSUER)?),
            directory: Arc::new(index),
            replay: Arc::new(MemoryLog::new(None, room)),
            keys: Arc::new(keys),
            clock: Arc::new(SystemClock),
        };
        Ok(Self { broker, rsa, ecdsa })
    }

    /// The client's key, or the cluster's, for this algorithm.
    pub(crate) fn key(&self, algorithm: Algorithm) -> &SigningKey {
        if algorithm == Algorithm::Rs256 {
            &self.rsa
        } else {
            &self.ecdsa
        }
    }
}

fn client(keys: &[&SigningKey]) -> anyhow::Result<Client> {
    let vouched = |key: &&SigningKey| {
        Ok(VouchedKey {
            key: Arc::new(key.verification_key()?),
            vouched: Vouching::Spec,
        })
    };
    let resources = [Algorithm::Es256, Algorithm::Rs256].map(|token| {
        let kind = Kind {
            presented: Presented::ServiceAccountToken,
            token,
        };
        let scopes = Scopes::from_tokens(["read", "write"])?;
        Ok(GrantedResource {
            identifier: kind.resource()?,
            scopes,
            default: false,
        })
    });
    Ok(Client {
        id: format!("{NAMESPACE}/{CLIENT}").parse()?,
        federated: BTreeSet::new(),
        service_accounts: [ServiceAccountId {
            namespace: NAMESPACE.to_owned(),
            name: CLIENT.to_owned(),
        }]
        .into(),
        keys: keys.iter().map(vouched).collect::<anyhow::Result<_>>()?,
        grants: Grants {
            client_credentials: true,
            jwt_bearer: Some(JwtBearerGrant::default()),
        },
        resources: resources.into_iter().collect::<anyhow::Result<_>>()?,
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_mins(5),
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            audience: AudiencePolicy::Standard,
        },
    })
}
