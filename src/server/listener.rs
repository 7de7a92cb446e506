//! The accept loop: TLS, limits on slow and numerous callers, and a shutdown that lets requests finish.
//!
//! The protocol is settled by ALPN (HTTP/1.1 without TLS), so that there is no sniffing phase which
//! no time-out covers.

use crate::server::activity::{Activity, Watched};
use crate::server::limits::Limits;
use crate::server::tls::ServingTls;
use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use std::fmt::Display;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a connection may take to its first request although it is to close.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// One port, and how it is served.
#[derive(Debug)]
pub struct Listener {
    /// The port, bound.
    pub socket: TcpListener,
    /// The certificate; plain HTTP without.
    pub tls: Option<Arc<ServingTls>>,
    /// The limits.
    pub limits: Limits,
    /// How long requests may take to finish after the shutdown began.
    pub grace: Duration,
    /// Cancelled some time before the shutdown: from then on every answer asks the caller to connect anew.
    pub draining: CancellationToken,
}

/// The other end of a request's connection: in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What one connection is served with.
struct Connection {
    peer: Peer,
    tls: Option<Arc<ServingTls>>,
    limits: Limits,
    service: TowerToHyperService<Router>,
    activity: Activity,
    draining: CancellationToken,
    closing: CancellationToken,
}

// === impl Listener ===

impl Listener {
    /// Serves `router` until `shutdown`, then takes no more connections, lets those that are open
    /// finish their requests, and returns within the grace.
    pub async fn serve(self, router: Router, shutdown: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let closing = CancellationToken::new();
        let connections = TaskTracker::new();
        let accepting = async {
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                    return;
                };
                let (stream, peer) = match self.socket.accept().await {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, mostly: waiting is the remedy.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let connection = Connection {
                    peer: Peer(peer),
                    tls: self.tls.clone(),
                    limits: self.limits,
                    service: TowerToHyperService::new(router.clone()),
                    activity: Activity::default(),
                    draining: self.draining.clone(),
                    closing: closing.clone(),
                };
                connections.spawn(async move {
                    connection.serve(stream).await;
                    drop(place);
                });
            }
        };
        let _stopped = shutdown.run_until_cancelled(accepting).await;
        drop(self.socket);
        connections.close();
        closing.cancel();
        if tokio::time::timeout(self.grace, connections.wait())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not finish in time");
        }
    }
}

// === impl Connection ===

impl Connection {
    async fn serve(self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let Some(tls) = &self.tls else {
            return self.http1(stream).await;
        };
        let Some(config) = tls.config() else {
            return tracing::debug!("a connection came before the certificate and was closed");
        };
        let handshake = TlsAcceptor::from(config).accept(stream);
        match tokio::time::timeout(self.limits.handshake, handshake).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => self.http2(stream).await,
            Ok(Ok(stream)) => self.http1(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake timed out"),
        }
    }

    async fn http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.headers)
            .max_buf_size(self.limits.header_size)
            .max_header_size(self.limits.header_size)
            .serve_connection(TokioIo::new(stream), self.watched());
        self.drive(connection, &self.closing).await;
    }

    async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let header_size = u32::try_from(self.limits.header_size).unwrap_or(u32::MAX);
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(header_size)
            .keep_alive_interval(self.limits.headers)
            .keep_alive_timeout(self.limits.handshake)
            .serve_connection(TokioIo::new(stream), self.watched());
        // A connection has a way of its own to say that it ends. Who comes during the drain has nowhere else to go yet.
        let close = if self.draining.is_cancelled() {
            &self.closing
        } else {
            &self.draining
        };
        self.drive(connection, close).await;
    }

    fn watched(&self) -> Watched<TowerToHyperService<Router>> {
        Watched {
            service: self.service.clone(),
            activity: self.activity.clone(),
            peer: self.peer,
            draining: self.draining.clone(),
        }
    }

    /// Ends when the connection is to `close`; later for one that was made a moment ago and has a request on its way.
    async fn told_to_close(&self, close: &CancellationToken) {
        close.cancelled().await;
        if tokio::time::timeout(FIRST_REQUEST, self.activity.begun())
            .await
            .is_err()
        {
            tracing::debug!("a connection without a request is closed");
        }
    }

    /// Runs the connection until its end, or until it was idle for too long or is to `close`; then it may finish the
    /// requests under way, and nothing else.
    async fn drive<C: GracefulConnection<Error: Display>>(&self, connection: C, close: &CancellationToken) {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.told_to_close(close) => None,
            () = self.activity.idle(self.limits.headers) => None,
        };
        let ended = if let Some(ended) = ended {
            ended
        } else {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = self.activity.idle(self.limits.handshake) => Ok(()),
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}
