//! The whole exchange in process, beside the bare cryptography of the same run.
//!
//! Each round measures both, one after the other, in time on the processor; what is printed are
//! medians. `cargo bench --bench exchange -- [--profile KIND]`.

mod shared;

use aws_lc_rs::rand;
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
use countersign::replay::memory::{Capacity, MemoryLog};
use countersign::server::audit::Record;
use countersign::server::broker::Broker;
use futures::FutureExt;
use jiff::SignedDuration;
use shared::figures::{count, median, own_time};
use shared::kind::{CLUSTER, Kind, NAMESPACE, Presented};
use shared::limit::Limit;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

const ISSUER: &str = "https://tokens.example";
const CLIENT: &str = "client-0";
/// Exchanges in a round.
const BATCH: usize = 200;
/// Rounds, the first of which does not count.
const ROUNDS: usize = 16;
/// Rounds under a profiler.
const PROFILED: usize = 200;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let world = World::new()?;
    // The first use of the generator is slow.
    rand::fill(&mut [0; 16]).map_err(|_| anyhow::anyhow!("no randomness"))?;
    if let Some(name) = arguments.iter().skip_while(|word| *word != "--profile").nth(1) {
        let profiled = Kind::ALL.into_iter().filter(|(known, _)| known == name);
        for (_, kind) in profiled {
            for _ in 0..PROFILED {
                world.run(kind, BATCH)?;
            }
        }
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<12} {:>12} {:>12} {:>12} {:>8}",
        "exchange", "limit/s", "exchanges/s", "overhead µs", "ratio"
    )?;
    for (name, kind) in Kind::ALL {
        let limit = Limit::new(kind)?;
        let (mut bare, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(limit.run(BATCH)?.as_secs_f64() / count(BATCH));
            whole.push(world.run(kind, BATCH)?.as_secs_f64() / count(BATCH));
        }
        let (bare, whole) = (
            median(bare.into_iter().skip(1)),
            median(whole.into_iter().skip(1)),
        );
        let overhead = (whole - bare) * 1e6;
        writeln!(
            out,
            "{name:<12} {:>12.0} {:>12.0} {overhead:>12.2} {:>8.3}",
            bare.recip(),
            whole.recip(),
            bare / whole
        )?;
    }
    Ok(())
}

/// A broker with one client, and the keys of that client and of the cluster.
struct World {
    broker: Broker,
    rsa: SigningKey,
    ecdsa: SigningKey,
}

impl World {
    fn new() -> anyhow::Result<Self> {
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

    /// The time on the processor of `number` exchanges, each with an assertion made before.
    fn run(&self, kind: Kind, number: usize) -> anyhow::Result<Duration> {
        let key = if kind.presented_algorithm() == Algorithm::Rs256 {
            &self.rsa
        } else {
            &self.ecdsa
        };
        let now = SystemClock.now().as_second();
        let bodies: Vec<String> = match kind.presented {
            Presented::Assertion(_) => (0..number)
                .map(|_| kind.body(CLIENT, ISSUER, now, key))
                .collect::<anyhow::Result<_>>()?,
            Presented::ServiceAccountToken => vec![kind.body(CLIENT, ISSUER, now, key)?; number],
        };
        let mut answers = Vec::with_capacity(number);
        let start = own_time()?;
        for body in &bodies {
            let mut record = Record::default();
            answers.push(
                self.broker
                    .exchange(body.as_bytes(), false, &mut record)
                    .now_or_never(),
            );
        }
        let spent = own_time()?.saturating_sub(start);
        for answer in answers {
            let issued = match answer {
                Some(Ok(issued)) => issued,
                Some(Err(refusal)) => anyhow::bail!("refused: {refusal:?}"),
                None => anyhow::bail!("the log in memory must not wait"),
            };
            anyhow::ensure!(issued.access_token.split('.').count() == 3, "not a token");
        }
        Ok(spent)
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
