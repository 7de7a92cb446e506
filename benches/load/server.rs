//! The server under load: the released binary, on a processor of its own, with a folder of clients.

use crate::pin;
use crate::shared::figures::on_processor;
use crate::shared::kind::{CLUSTER, Kind, NAMESPACE, Presented};
use anyhow::Context;
use countersign::jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Clients that share the load, so that none uses up its share of the replay log.
const CLIENTS: usize = 40;
/// How long the server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    keys: Keys,
    /// From the start of the process until its clients were read.
    pub(crate) start: Duration,
    folder: TempDir,
}

/// The keys of the clients and of the cluster.
pub(crate) struct Keys {
    rsa: SigningKey,
    ecdsa: SigningKey,
}

// === impl Server ===

impl Server {
    /// Starts a server on `processor` and waits until it has read its clients.
    pub(crate) fn start(processor: u16) -> anyhow::Result<Self> {
        let keys = Keys::new()?;
        let folder = TempDir::with_prefix("countersign-load-")?;
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("clients"))?;
        for client in clients() {
            let object = keys.client(&client)?;
            fs::write(
                path("clients").join(format!("{client}.json")),
                serde_json::to_vec(&object)?,
            )?;
        }
        fs::write(
            path("jwks"),
            serde_json::to_vec(&json!({ "keys": [keys.rsa.public_jwk()] }))?,
        )?;
        // Somebody else may take the port before the server does: then it fails, and says why.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let begin = Instant::now();
        let process = pin::on(processor, env!("CARGO_BIN_EXE_countersign"))
            .arg("dev")
            .arg("--dir")
            .arg(path("clients"))
            .args(["--listen", &address.to_string(), "--log-format", "json"])
            .args(["--service-account-issuer", CLUSTER, "--service-account-jwks"])
            .arg(path("jwks"))
            .stdin(Stdio::null())
            .stdout(File::create(path("audit.log"))?)
            .stderr(File::create(path("narration"))?)
            .spawn()
            .context("cannot start the server with taskset")?;
        let mut server = Self {
            process,
            address,
            keys,
            start: Duration::ZERO,
            folder,
        };
        server.start = server.wait_until_ready(begin)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, begin: Instant) -> anyhow::Result<Duration> {
        loop {
            let text = fs::read_to_string(self.folder.path().join("narration"))?;
            if text.contains("clients") && TcpStream::connect(self.address).is_ok() {
                anyhow::ensure!(
                    text.contains(&format!(" {CLIENTS} from")),
                    "clients were refused: {text}"
                );
                return Ok(begin.elapsed());
            }
            let ended = self.process.try_wait()?.is_some();
            anyhow::ensure!(
                !ended && begin.elapsed() < READY_WITHIN,
                "the server does not start: {text}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The whole HTTP request for a token, of the client with this number, taken in turn.
    pub(crate) fn request(&self, kind: Kind, number: usize, now: i64) -> anyhow::Result<Vec<u8>> {
        let client = format!("client-{}", number.checked_rem(CLIENTS).unwrap_or_default());
        let issuer = format!("http://{}", self.address);
        let body = kind.body(&client, &issuer, now, self.keys.of(kind))?;
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\nuser-agent: load\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        Ok([head, body].concat().into_bytes())
    }

    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let mut sum = Duration::ZERO;
        for thread in fs::read_dir(self.proc("task"))? {
            sum = sum.saturating_add(on_processor(&thread?.path())?);
        }
        Ok(sum)
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: f64 = line
            .and_then(|line| line.split_whitespace().next())
            .context("no VmRSS")?
            .parse()?;
        Ok(kibibytes * 1024.0)
    }

    fn proc(&self, what: &str) -> PathBuf {
        Path::new("/proc").join(self.process.id().to_string()).join(what)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn clients() -> impl Iterator<Item = String> {
    (0..CLIENTS).map(|number| format!("client-{number}"))
}

// === impl Keys ===

impl Keys {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            rsa: SigningKey::generate(Algorithm::Rs256)?,
            ecdsa: SigningKey::generate(Algorithm::Es256)?,
        })
    }

    fn of(&self, kind: Kind) -> &SigningKey {
        if kind.presented_algorithm() == Algorithm::Es256 {
            &self.ecdsa
        } else {
            &self.rsa
        }
    }

    fn client(&self, name: &str) -> anyhow::Result<Value> {
        let kind = Kind {
            presented: Presented::ServiceAccountToken,
            token: Algorithm::Es256,
        };
        let keys = [self.rsa.public_jwk(), self.ecdsa.public_jwk()];
        Ok(json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "OAuthClient",
            "metadata": { "namespace": NAMESPACE, "name": name },
            "spec": {
                "identities": [{ "serviceAccount": { "name": name } }, { "keys": { "jwks": { "keys": keys } } }],
                "grants": { "clientCredentials": {}, "jwtBearer": {} },
                "resources": [{ "identifier": kind.resource()?.as_str(), "scopes": ["read", "write"] }],
            },
        }))
    }
}
