//! A server with TLS and one client, in this process.

use crate::support::workloads::{assertion, client_object, jwks, key};
use countersign::core::issuer::Issuer;
use countersign::dev::{folder, serve};
use countersign::jose::SigningKey;
use countersign::lifecycle::Tasks;
use countersign::server::audit::AuditLog;
use countersign::server::broker::Broker;
use countersign::server::limits::Limits;
use countersign::server::serve::{PublicPort, routes, serve_public};
use countersign::server::tls::{CertificateFiles, ServingTls};
use prometheus::Registry;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than any test waits for a server that does what it should.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// The headers of a token request, without those that frame the body.
pub(super) const TOKEN: &str =
    "POST /token HTTP/1.1\r\nHost: tokens.example\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// The server; it ends with the value.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) issuer: String,
    pub(super) tasks: Tasks,
    files: CertificateFiles,
    key: SigningKey,
    _folder: TempDir,
}

/// A connection on which a test writes what no library would.
pub(super) struct Raw {
    stream: TlsStream<TcpStream>,
    pub(super) opened: Instant,
}

/// Limits short enough to wait for, and otherwise those of the product.
pub(super) fn short() -> Limits {
    Limits {
        handshake: Duration::from_millis(300),
        headers: Duration::from_millis(600),
        body: Duration::from_millis(400),
        ..Limits::default()
    }
}

// === impl Site ===

impl Site {
    pub(super) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, |_| ()).await
    }

    /// One with something changed inside.
    pub(super) async fn start_with(limits: Limits, change: impl FnOnce(&mut Broker)) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let files = CertificateFiles {
            chain: folder.path().join("tls.crt"),
            key: folder.path().join("tls.key"),
        };
        write_certificate(&files);
        let tls = Arc::new(ServingTls::default());
        files.load(&tls).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let issuer = format!("https://{address}");
        let (embedded, mut broker) = serve::assemble(Issuer::parse(&issuer).unwrap()).unwrap();
        change(&mut broker);

        let key = key();
        let object = client_object(
            "payments",
            "billing",
            json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
        );
        std::fs::write(folder.path().join("billing.json"), object.to_string()).unwrap();
        let found = folder::fingerprint(folder.path()).unwrap();
        assert!(serve::take_over(&embedded, &found).problems.is_empty());

        let (tasks, signing) = (Tasks::new(), embedded.index.signing_algorithms());
        let router = routes(
            Arc::new(broker),
            &signing,
            limits,
            &Registry::new(),
            AuditLog::off(),
        )
        .unwrap();
        let port = PublicPort {
            socket,
            tls: Some(Arc::clone(&tls)),
            limits,
        };
        tasks.spawn("certificate", files.clone().follow(tls, tasks.shutdown()));
        serve_public(&tasks, port, router);
        Self {
            address,
            issuer,
            tasks,
            files,
            key,
            _folder: folder,
        }
    }

    /// The body of a token request that is granted, once.
    pub(super) fn form(&self) -> String {
        let assertion = assertion(&self.key, "payments/billing", &self.issuer);
        format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}")
    }

    /// A whole token request that is granted, once.
    pub(super) fn request(&self) -> String {
        let form = self.form();
        format!("{TOKEN}Content-Length: {}\r\n\r\n{form}", form.len())
    }

    /// Puts another certificate and key in place of the old ones.
    pub(super) fn replace_certificate(&self) {
        write_certificate(&self.files);
    }

    /// A client of the usual kind, which trusts the certificate that is on disk now.
    pub(super) fn http(&self) -> reqwest::ClientBuilder {
        let pem = std::fs::read(&self.files.chain).unwrap();
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        reqwest::Client::builder().tls_certs_only([certificate])
    }

    /// A connection with HTTP/1.1.
    pub(super) async fn open(&self) -> Raw {
        self.open_with(b"http/1.1").await
    }

    /// A connection with this protocol.
    pub(super) async fn open_with(&self, protocol: &[u8]) -> Raw {
        let pem = std::fs::read(&self.files.chain).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let (opened, name) = (Instant::now(), ServerName::try_from("127.0.0.1").unwrap());
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .unwrap();
        Raw { stream, opened }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.tasks.shutdown().cancel();
    }
}

// === impl Raw ===

impl Raw {
    /// Writes; a server that has closed already is no failure.
    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let written = async {
            self.stream.write_all(bytes.as_ref()).await?;
            self.stream.flush().await
        };
        timeout(PATIENCE, written).await.unwrap().unwrap_or_default();
    }

    /// Everything until the server closes.
    pub(super) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await;
        // Closed without a farewell is closed, too.
        let _length = read.expect("a server that closes").unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Some bytes; none if the server has closed.
    pub(super) async fn some(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 16 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await;
        bytes.truncate(read.expect("a server that answers").unwrap_or_default());
        bytes
    }

    /// Reads until `end` has come.
    pub(super) async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.contains(end) {
            let some = self.some().await;
            assert!(!some.is_empty(), "closed before {end:?}: {text}");
            text.push_str(&String::from_utf8_lossy(&some));
        }
        text
    }
}

/// The statuses of the answers in `text`.
pub(super) fn statuses(text: &str) -> Vec<u16> {
    let mut answers = text.split("HTTP/1.1 ");
    assert_eq!(answers.next(), Some(""), "{text}");
    answers
        .map(|answer| answer.split(' ').next().unwrap().parse().unwrap())
        .collect()
}

fn write_certificate(files: &CertificateFiles) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
}
