//! A server from its parts: two ports, and the tasks behind them.

use crate::jose::Algorithm;
use crate::lifecycle::Tasks;
use crate::oauth::metadata::Metadata;
use crate::readiness::Readiness;
use crate::server::audit::AuditLog;
use crate::server::broker::Broker;
use crate::server::documents::Documents;
use crate::server::limits::Limits;
use crate::server::listener::Listener;
use crate::server::metrics::{JwksMetrics, ServerMetrics, state};
use crate::server::tls::ServingTls;
use crate::server::token::TokenEndpoint;
use crate::server::{health, router};
use anyhow::Context;
use aws_lc_rs::rand;
use axum::Router;
use prometheus::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long the process may take to end after a shutdown began.
pub const GRACE: Duration = Duration::from_secs(20);
/// How much of that requests may take to finish.
const REQUESTS: Duration = Duration::from_secs(15);

/// The public port.
#[derive(Debug)]
pub struct PublicPort {
    /// The socket, bound.
    pub socket: TcpListener,
    /// The certificate; plain HTTP without.
    pub tls: Option<Arc<ServingTls>>,
    /// The limits.
    pub limits: Limits,
}

/// Binds a port; the error names it.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// The public routes in front of `broker`, whose decisions are written to `audit`: what [`serve_public`] serves.
pub fn routes(
    broker: Arc<Broker>,
    signing: &[Algorithm],
    limits: Limits,
    registry: &Registry,
    audit: AuditLog,
) -> anyhow::Result<Router> {
    let issuer = broker.settings.issuer.clone();
    let (keys, clock) = (Arc::clone(&broker.keys), Arc::clone(&broker.clock));
    state::register_keys(registry, &keys, &clock, signing)?;
    let metadata =
        serde_json::to_vec(&Metadata::new(&issuer, signing)).context("cannot write the metadata document")?;
    let documents = Documents::new(metadata, keys, clock, JwksMetrics::new(registry)?);
    let metrics = Arc::new(ServerMetrics::new(registry, signing)?);
    let token = TokenEndpoint::new(broker, limits, metrics, audit, life()?);
    Ok(router::public(&issuer, Arc::new(token), &Arc::new(documents)))
}

/// Serves the public port until the shutdown of `tasks`.
pub fn serve_public(tasks: &Tasks, port: PublicPort, router: Router) {
    let listener = Listener {
        socket: port.socket,
        tls: port.tls,
        limits: port.limits,
        grace: REQUESTS,
        draining: tasks.draining(),
    };
    let shutdown = tasks.shutdown();
    tasks.spawn_essential("public port", async move {
        listener.serve(router, shutdown).await;
        Ok(())
    });
}

/// Serves `/livez`, `/readyz` and `/metrics` until the shutdown of `tasks`.
pub fn serve_health(tasks: &Tasks, socket: TcpListener, readiness: Readiness, registry: Registry) {
    let limits = Limits {
        connections: 64,
        ..Limits::default()
    };
    let listener = Listener {
        socket,
        tls: None,
        limits,
        grace: Duration::from_secs(2),
        draining: tasks.draining(),
    };
    let (shutdown, draining, ending) = (tasks.shutdown(), tasks.draining(), readiness.clone());
    tasks.spawn("end of readiness", async move {
        draining.cancelled().await;
        ending.end("nothing: it is ending");
    });
    tasks.spawn_essential("health port", async move {
        listener
            .serve(health::routes(readiness, registry), shutdown)
            .await;
        Ok(())
    });
}

/// Tells one life of the process from another in request ids.
fn life() -> anyhow::Result<String> {
    let mut bytes = [0; 4];
    rand::fill(&mut bytes).ok().context("no randomness")?;
    Ok(format!("{:08x}", u32::from_be_bytes(bytes)))
}
