//! A server of the installation, on the server's processor.

use crate::driver::connection::{Answer, Connection, Target};
use crate::driver::process;
use crate::memory;
use crate::scene::{KIND, RELEASE, Scene};
use crate::shared::kind::NAMESPACE;
use crate::support::Process;
use crate::support::accounts::service_account;
use crate::support::ports::free_port;
use anyhow::Context;
use countersign::api::installation::Account;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The issuer that every server is.
pub(crate) const ISSUER: &str = "https://tokens.load.internal";
/// More live keys than any run makes.
const CAPACITY: &str = "10000000";
/// How long a start may take.
const START: Duration = Duration::from_mins(1);
/// How long nothing may be decided after the first installation: half a minute, and a start.
const BIRTH: Duration = Duration::from_secs(45);

/// Where the server remembers what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    /// In the cluster: the released program.
    Cluster,
    /// In memory: the same server, put together here.
    Memory,
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    process: Process,
    health: SocketAddr,
    /// Where it is.
    pub(crate) target: Target,
    /// From the start of the process until it said that it is ready.
    pub(crate) start: Duration,
}

// === impl Scene ===

impl Scene {
    /// Starts a server with these flags and waits until it gives tokens.
    pub(crate) fn server(&self, log: Log, flags: &[&str]) -> anyhow::Result<Server> {
        let server = self.ready_server(log, flags)?;
        server.wait_for_a_token(self)?;
        Ok(server)
    }

    /// Starts a server with these flags and waits until it is ready.
    pub(crate) fn ready_server(&self, log: Log, flags: &[&str]) -> anyhow::Result<Server> {
        let kubeconfig = self.on_this_thread(async || {
            Ok(self
                .plane
                .kubeconfig_as(RELEASE, &service_account(Account::Server))
                .await)
        })?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let health = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let [processor, listen, health_listen] = [
            self.options.server_processor.to_string(),
            address.to_string(),
            health.to_string(),
        ];
        let resource = KIND.resource()?;
        let [chain, key] = self.certificate().map(|path| path.display().to_string());
        let mut arguments = vec!["-c", &processor];
        let program = log.program()?;
        arguments.extend(program.iter().map(String::as_str));
        arguments.extend(["--issuer", ISSUER, "--resource", resource.as_str()]);
        arguments.extend(["--listen", &listen, "--health-listen", &health_listen]);
        arguments.extend(["--namespace", RELEASE, "--watch-namespace", NAMESPACE]);
        arguments.extend(["--tls-cert", &chain, "--tls-key", &key]);
        if !flags.contains(&"--replay-capacity") {
            arguments.extend(["--replay-capacity", CAPACITY]);
        }
        arguments.extend(flags);
        let begin = Instant::now();
        let process = Process::program("taskset".as_ref(), arguments)
            .env("KUBECONFIG", kubeconfig)
            .start();
        let target = Target {
            address,
            tls: Some(self.trust()),
        };
        let mut server = Server {
            process,
            health,
            target,
            start: Duration::ZERO,
        };
        while !is_ready(health) {
            anyhow::ensure!(begin.elapsed() < START, "no server: {}", server.told());
            std::thread::sleep(Duration::from_millis(2));
        }
        server.start = begin.elapsed();
        Ok(server)
    }
}

// === impl Log ===

impl Log {
    fn program(self) -> anyhow::Result<[String; 2]> {
        Ok(match self {
            Self::Cluster => [env!("CARGO_BIN_EXE_countersign").to_owned(), "server".to_owned()],
            Self::Memory => {
                let own = std::env::current_exe()?;
                [own.display().to_string(), memory::COMMAND.to_owned()]
            }
        })
    }
}

// === impl Server ===

impl Server {
    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        process::processor_time(self.process.pid())
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        process::memory(self.process.pid())
    }

    /// Appends sent, and keys in them: its own figures.
    pub(crate) fn appended(&self) -> anyhow::Result<[f64; 2]> {
        let metrics = ask(self.health, "/metrics")?;
        let figure = |name: &str| -> anyhow::Result<f64> {
            let value = metrics.lines().find_map(|line| line.strip_prefix(name));
            Ok(value.with_context(|| format!("no {name}"))?.trim().parse()?)
        };
        Ok([
            figure("countersign_replay_append_keys_count ")?,
            figure("countersign_replay_append_keys_sum ")?,
        ])
    }

    /// For half a minute after the first installation, nothing is decided.
    fn wait_for_a_token(&self, scene: &Scene) -> anyhow::Result<()> {
        let begin = Instant::now();
        let mut connection = Connection::open(&self.target)?;
        loop {
            connection.send(&scene.request(KIND, 0)?)?;
            let answer = loop {
                if let Some(answer) = connection.look()? {
                    break answer;
                }
                anyhow::ensure!(begin.elapsed() < BIRTH, "no answer: {}", self.told());
                std::thread::sleep(Duration::from_millis(1));
            };
            match answer {
                Answer::Token => return Ok(()),
                Answer::Other(_) if begin.elapsed() < BIRTH => std::thread::sleep(Duration::from_millis(200)),
                Answer::Other(kind) => anyhow::bail!("no token: {kind}: {}", self.told()),
            }
        }
    }

    /// The last that it wrote.
    fn told(&self) -> String {
        let (out, err) = (self.process.stdout(), self.process.stderr());
        let last: Vec<_> = out
            .lines()
            .rev()
            .take(10)
            .chain(err.lines().rev().take(10))
            .collect();
        last.join("\n")
    }
}

/// Whether `/readyz` answers 200.
fn is_ready(health: SocketAddr) -> bool {
    ask(health, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(health: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(health)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: health\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
