//! `countersign dev`: a server on loopback that knows its clients from a folder and follows it.

use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::core::issuer::Issuer;
use crate::dev::folder::{self, Fingerprint, Loaded};
use crate::grants::{Directory, LocalIssuer, Settings};
use crate::index::{Index, MintedResources};
use crate::jose::{Algorithm, SigningKey};
use crate::keys::SigningKeyStore;
use crate::keys::{KeyRing, Plan, RotationPolicy, SigningKeys, plan};
use crate::lifecycle::Tasks;
use crate::replay::Capacity;
use crate::replay::memory::MemoryLog;
use crate::server::audit::AuditLog;
use crate::server::broker::Broker;
use crate::server::limits::Limits;
use crate::server::serve::{PublicPort, routes, serve_public};
use prometheus::Registry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How often the folder is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Somebody who wants to hear of the folder's state.
pub type Report = Box<dyn FnMut(&Loaded) + Send>;

/// The embedded server's index, for those who add to it by hand.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// What the server knows.
    pub index: Arc<Index>,
    /// Where it is.
    pub issuer: Issuer,
}

/// Starts the embedded server on `socket`, which must be on loopback, as `issuer`; its decisions go to `audit`.
pub fn start(
    tasks: &Tasks,
    socket: TcpListener,
    issuer: Issuer,
    audit: AuditLog,
) -> anyhow::Result<Embedded> {
    let (embedded, broker) = assemble(issuer)?;
    let limits = Limits::default();
    let signing = embedded.index.signing_algorithms();
    let router = routes(Arc::new(broker), &signing, limits, &Registry::new(), audit)?;
    serve_public(
        tasks,
        PublicPort {
            socket,
            tls: None,
            limits,
        },
        router,
    );
    Ok(embedded)
}

/// The embedded server without its port: one that knows nobody yet. The signing key is made now and
/// goes with the process, and so does the memory of used assertions.
pub fn assemble(issuer: Issuer) -> anyhow::Result<(Embedded, Broker)> {
    let algorithm = Algorithm::Es256;
    let index = Arc::new(Index::new(MintedResources::any(algorithm)));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = SigningKeyStore::new();
    keys.replace(signing_keys(algorithm, clock.now())?);
    let directory: Arc<dyn Directory> = index.clone();
    let broker = Broker {
        settings: Settings::new(issuer.clone()),
        directory,
        replay: Arc::new(MemoryLog::new(None, Capacity::default())),
        keys: Arc::new(keys),
        clock,
    };
    Ok((Embedded { index, issuer }, broker))
}

/// Takes a folder over into the server, now.
pub fn take_over(embedded: &Embedded, files: &Fingerprint) -> Loaded {
    let now = SystemClock.now();
    let mut loaded = folder::load(files, now);
    embedded.index.reset(None, std::mem::take(&mut loaded.clients));
    embedded.index.last_heartbeat().set(now);
    loaded
}

/// Follows `folder` until the shutdown of `tasks`; `report` hears of every change.
pub fn follow(tasks: &Tasks, embedded: Embedded, folder: PathBuf, mut report: Report) {
    let shutdown = tasks.shutdown();
    tasks.spawn_essential("folder", async move {
        let mut last = None;
        loop {
            let found = read(&folder);
            if found.is_some() && found != last {
                report(&take_over(&embedded, &found.clone().unwrap_or_default()));
                last = found;
            }
            embedded.index.last_heartbeat().set(SystemClock.now());
            if shutdown
                .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
                .await
                .is_none()
            {
                return Ok(());
            }
        }
    });
}

fn read(folder: &Path) -> Option<Fingerprint> {
    match folder::fingerprint(folder) {
        Ok(files) => Some(files),
        Err(error) => {
            tracing::warn!(%error, "cannot read the folder");
            None
        }
    }
}

/// Takes the keys of an issuer of service-account tokens, `issuer`, from a key set in a file.
pub fn local_issuer(issuer: &str, jwks: &[u8]) -> anyhow::Result<LocalIssuer> {
    anyhow::ensure!(
        issuer.contains("://"),
        "the service-account issuer must contain '://'"
    );
    let keys = crate::jose::judge_jwks(jwks, &Algorithm::ALL)?.keys;
    anyhow::ensure!(!keys.is_empty(), "the service-account key set has no usable key");
    Ok(LocalIssuer {
        issuer: issuer.to_owned(),
        keys,
        read_at: jiff::Timestamp::MAX,
    })
}

fn signing_keys(algorithm: Algorithm, now: jiff::Timestamp) -> anyhow::Result<SigningKeys> {
    let policy = RotationPolicy::new([algorithm].into())?;
    match plan(&KeyRing::default(), now, &policy) {
        Plan::Write(draft) => {
            let ring =
                draft.complete(|algorithm| -> anyhow::Result<_> { Ok(SigningKey::generate(algorithm)?) });
            Ok(SigningKeys::new(ring?))
        }
        Plan::Nothing { .. } => anyhow::bail!("no signing key was planned"),
    }
}
