use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rstest::rstest;
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

const SET: &str = r#"{"keys":[]}"#;

static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// What a hostile host sends once it has read a request.
#[derive(Debug, Clone)]
enum Play {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then the same chunk for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then nothing, without an end.
    Stall(Vec<u8>),
}

/// A TLS server on loopback that answers every request with its play.
struct Host {
    port: u16,
    ca: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    _server: AbortOnDropHandle<()>,
}

impl Host {
    async fn start(names: &[&str], play: Play) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Each authority has a name of its own, so that none is taken for another.
        let number = AUTHORITIES.fetch_add(1, Ordering::SeqCst);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let leaf = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &ca)
            .unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![leaf.der().clone()],
                    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
                )
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let serve = serve(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            play,
            Arc::clone(&connections),
            Arc::clone(&requests),
        );
        let tasks = tokio_util::task::TaskTracker::new();
        Self {
            port,
            ca: ca.pem(),
            connections,
            requests,
            _server: AbortOnDropHandle::new(tasks.spawn(serve)),
        }
    }

    fn fetcher(&self, allowed: &[&str]) -> Fetcher {
        Fetcher::new(FetchOptions {
            addresses: AddressPolicy {
                allowed: allowed.iter().map(|net| net.parse().unwrap()).collect(),
                refused: Vec::new(),
            },
            extra_roots: Some(self.ca.clone().into_bytes()),
            timeout: Duration::from_millis(1500),
            ..FetchOptions::default()
        })
        .unwrap()
    }

    async fn fetch_from(&self, host: &str, allowed: &[&str]) -> Result<Bytes, FetchFault> {
        let fetcher = self.fetcher(allowed);
        let target = fetcher.target(&format!("https://{host}:{}/jwks.json", self.port))?;
        fetcher.fetch(&target).await.map(|fetched| fetched.body)
    }
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    play: Play,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let Ok(stream) = tls.accept(tcp).await else {
            continue;
        };
        // The peer may leave whenever it has seen enough.
        drop(answer(stream, &play, &requests).await);
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    play: &Play,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    requests
        .lock()
        .unwrap()
        .push(String::from_utf8_lossy(&request).into_owned());
    match play {
        Play::Bytes(bytes) => stream.write_all(bytes).await?,
        Play::Endless(head, chunk) => {
            stream.write_all(head).await?;
            loop {
                stream.write_all(chunk).await?;
            }
        }
        Play::Stall(bytes) => {
            stream.write_all(bytes).await?;
            stream.flush().await?;
            while stream.read(&mut [0; 64]).await? > 0 {}
        }
    }
    stream.shutdown().await
}

fn http(status: &str, headers: &str, body: &str) -> Play {
    let length = body.len();
    Play::Bytes(
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

const LOOPBACK: &[&str] = &["127.0.0.1/32"];

#[tokio::test]
async fn an_allowed_host_is_fetched_from_without_any_credential() {
    let host = Host::start(
        &["127.0.0.1"],
        http("200 OK", "Content-Type: application/json\r\n", SET),
    )
    .await;
    assert_eq!(
        host.fetch_from("127.0.0.1", LOOPBACK).await,
        Ok(Bytes::from_static(SET.as_bytes()))
    );
    let requests = host.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 1);
    let request = requests[0].to_ascii_lowercase();
    assert!(request.starts_with("get /jwks.json http/1.1\r\n"), "{request}");
    for header in ["authorization", "cookie", "proxy-", "referer", "accept-encoding"] {
        assert!(!request.contains(&format!("\r\n{header}")), "{request}");
    }
}

#[tokio::test]
async fn each_fetch_dials_anew() {
    // It would keep the connection, and answers each one's first request only.
    let length = SET.len();
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{SET}");
    let host = Host::start(&["127.0.0.1"], Play::Stall(whole.into_bytes())).await;
    let fetcher = host.fetcher(LOOPBACK);
    let target = fetcher
        .target(&format!("https://127.0.0.1:{}/", host.port))
        .unwrap();
    for _ in 0..3 {
        fetcher.fetch(&target).await.unwrap();
    }
    assert_eq!(host.connections.load(Ordering::SeqCst), 3);
}

/// S-8725-32
#[rstest]
#[case::literal("127.0.0.1")]
#[case::decimal("2130706433")]
#[case::mapped("[::ffff:127.0.0.1]")]
#[case::name("localhost")]
#[tokio::test]
async fn loopback_is_not_dialled_unless_allowed(#[case] name: &str) {
    let host = Host::start(&["127.0.0.1", "localhost"], http("200 OK", "", SET)).await;
    assert_eq!(host.fetch_from(name, &[]).await, Err(FetchFault::Address));
    assert_eq!(host.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_is_dialled_at_its_permitted_addresses() {
    let host = Host::start(&["localhost"], http("200 OK", "", SET)).await;
    assert!(host.fetch_from("localhost", LOOPBACK).await.is_ok());
    assert_eq!(host.connections.load(Ordering::SeqCst), 1);
}

/// S-7517-04
#[rstest]
#[case::redirect(
    http("302 Found", "Location: https://127.0.0.1/\r\n", ""),
    FetchFault::Redirect(302)
)]
#[case::error(http("500 Internal Server Error", "", SET), FetchFault::Status(500))]
#[case::gone(http("410 Gone", "", SET), FetchFault::Status(410))]
#[case::html(
    http("200 OK", "Content-Type: text/html\r\n", "<html>"),
    FetchFault::ContentType
)]
#[case::unlabelled_html(http("200 OK", "", "<html>"), FetchFault::NotJwks)]
#[case::compressed(http("200 OK", "Content-Encoding: gzip\r\n", SET), FetchFault::Encoded)]
#[case::announced(
    Play::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n".to_vec()),
    FetchFault::TooLarge(document::MAX_BYTES)
)]
#[case::endless(
    Play::Endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        [b"1000\r\n".as_slice(), &[b' '; 4096], b"\r\n"].concat(),
    ),
    FetchFault::TooLarge(document::MAX_BYTES)
)]
#[case::endless_head(
    Play::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Filler: 0123456789abcdef\r\n".repeat(50)),
    FetchFault::Broken
)]
#[case::stalled_body(
    Play::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{".to_vec()),
    FetchFault::Timeout(Duration::from_millis(1500))
)]
#[case::stalled_head(Play::Stall(Vec::new()), FetchFault::Timeout(Duration::from_millis(1500)))]
#[case::cut_off(
    Play::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
    FetchFault::Broken
)]
#[case::not_http(Play::Bytes(b"SSH-2.0-OpenSSH\r\n".to_vec()), FetchFault::Broken)]
#[tokio::test]
async fn misbehaving_hosts(#[case] play: Play, #[case] expected: FetchFault) {
    let host = Host::start(&["127.0.0.1"], play).await;
    assert_eq!(host.fetch_from("127.0.0.1", LOOPBACK).await, Err(expected));
    assert_eq!(host.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let host = Host::start(&["ci.example"], http("200 OK", "", SET)).await;
    assert_eq!(
        host.fetch_from("127.0.0.1", LOOPBACK).await,
        Err(FetchFault::Tls(TlsFault::WrongHost))
    );
    assert!(host.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_refused() {
    let host = Host::start(&["127.0.0.1"], http("200 OK", "", SET)).await;
    let other = Host::start(&["127.0.0.1"], http("200 OK", "", SET)).await;
    let fetcher = other.fetcher(LOOPBACK);
    let target = fetcher
        .target(&format!("https://127.0.0.1:{}/", host.port))
        .unwrap();
    assert_eq!(
        fetcher.fetch(&target).await,
        Err(FetchFault::Tls(TlsFault::UnknownIssuer))
    );
}

#[tokio::test]
async fn nothing_listening_is_unreachable() {
    let host = Host::start(&["127.0.0.1"], http("200 OK", "", SET)).await;
    let fetcher = host.fetcher(LOOPBACK);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let target = fetcher.target(&format!("https://127.0.0.1:{port}/")).unwrap();
    assert_eq!(fetcher.fetch(&target).await, Err(FetchFault::Unreachable));
}

#[tokio::test]
async fn without_authorities_a_fetch_says_so() {
    let fetcher = Fetcher::new(FetchOptions {
        platform_roots: false,
        ..FetchOptions::default()
    })
    .unwrap();
    let target = fetcher.target("https://ci.example/").unwrap();
    assert_eq!(fetcher.fetch(&target).await, Err(FetchFault::NoRoots));
}

#[tokio::test]
async fn with_a_proxy_only_the_proxy_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let fetcher = Fetcher::new(FetchOptions {
        proxy: Some(format!("http://localhost:{port}").parse().unwrap()),
        timeout: Duration::from_millis(1500),
        ..FetchOptions::default()
    })
    .unwrap();
    let target = fetcher.target("https://ci.invalid/jwks").unwrap();
    let (outcome, asked) = tokio::join!(fetcher.fetch(&target), async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(tcp.read_u8().await.unwrap());
        }
        tcp.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
        String::from_utf8(request).unwrap()
    });
    assert_eq!(outcome, Err(FetchFault::Unreachable));
    assert!(asked.starts_with("CONNECT ci.invalid:443 "), "{asked}");
    assert_eq!(fetcher.target("https://10.0.0.1/"), Err(FetchFault::Address));
}

#[rstest]
#[case::empty(b"")]
#[case::not_a_certificate(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
#[case::not_pem(b"certificate")]
fn extra_authorities_must_be_certificates(#[case] pem: &[u8]) {
    let made = Fetcher::new(FetchOptions {
        extra_roots: Some(pem.to_vec()),
        ..FetchOptions::default()
    });
    assert!(matches!(made, Err(InvalidFetchOptions::ExtraRoots)), "{made:?}");
}
