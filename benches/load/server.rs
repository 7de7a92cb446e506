//! The server under load: the released binary, on a processor of its own, with a folder of clients.

use crate::driver::clients::{CLIENTS, Keys, clients, name};
use crate::driver::{pin, process};
use crate::shared::kind::{CLUSTER, Kind};
use anyhow::Context;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

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
        fs::write(path("jwks"), serde_json::to_vec(&keys.cluster())?)?;
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
    pub(crate) fn request(&self, kind: Kind, number: usize) -> anyhow::Result<Vec<u8>> {
        self.keys
            .request(kind, &name(number), &format!("http://{}", self.address))
    }

    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        process::processor_time(self.process.id())
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        process::memory(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
