//! To the collector, by OTLP.

use super::settings::{Settings, Transport};
use anyhow::Context;
use opentelemetry_otlp::tonic_types::transport::{Certificate, ClientTlsConfig};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// An exporter whose requests run on the runtime: the SDK calls it from a thread without one. What fails is told
/// once, not every few seconds.
#[derive(Debug)]
pub(super) struct OnRuntime {
    exporter: Arc<opentelemetry_otlp::SpanExporter>,
    runtime: Handle,
    /// Spans that could not be sent since it last worked.
    lost: AtomicU64,
}

/// The exporter of these settings. Nothing is called yet.
pub(super) fn exporter(settings: &Settings) -> anyhow::Result<OnRuntime> {
    let authorities = match &settings.certificate {
        Some((variable, path)) => Some(
            std::fs::read(path)
                .with_context(|| format!("{variable}: cannot read the certificates in {}", path.display()))?,
        ),
        None => None,
    };
    let exporter = match settings.transport {
        Transport::Grpc => grpc(settings, authorities)?,
        Transport::Http => http(settings, authorities.as_deref())?,
    };
    Ok(OnRuntime {
        exporter: Arc::new(exporter),
        runtime: Handle::try_current().context("traces need the runtime")?,
        lost: AtomicU64::new(0),
    })
}

fn grpc(
    settings: &Settings,
    authorities: Option<Vec<u8>>,
) -> anyhow::Result<opentelemetry_otlp::SpanExporter> {
    let mut builder = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout);
    if settings.endpoint.scheme() == "https" {
        let tls = ClientTlsConfig::new();
        builder = builder.with_tls_config(match authorities {
            Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
            None => tls.with_enabled_roots(),
        });
    }
    builder.build().context("the exporter of traces cannot be set up")
}

fn http(settings: &Settings, authorities: Option<&[u8]>) -> anyhow::Result<opentelemetry_otlp::SpanExporter> {
    let mut client = reqwest::Client::builder()
        .timeout(settings.timeout)
        .redirect(reqwest::redirect::Policy::none());
    if settings.endpoint.scheme() == "http" {
        // Without TLS there need not be any authority on this system.
        client = client.tls_certs_only([]);
    } else if let Some(pem) = authorities {
        let bundle = reqwest::Certificate::from_pem_bundle(pem);
        client = client.tls_certs_only(bundle.context("the certificates for traces cannot be used")?);
    }
    opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(
            client
                .build()
                .context("the exporter of traces cannot be set up")?,
        )
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .build()
        .context("the exporter of traces cannot be set up")
}

// === impl OnRuntime ===

impl OnRuntime {
    fn note(&self, sent: &OTelSdkResult, spans: u64) {
        match sent {
            Ok(()) => {
                let lost = self.lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    tracing::info!(lost, "the collector takes spans again");
                }
            }
            Err(error) => {
                if self.lost.fetch_add(spans, Ordering::Relaxed) == 0 {
                    tracing::warn!(%error, spans, "the collector takes no spans: they are lost until it does");
                }
            }
        }
    }
}

impl SpanExporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let exporter = Arc::clone(&self.exporter);
        // Bounded by the exporter's time-out, and no part of what the process is for.
        let call = self.runtime.spawn(async move { exporter.export(batch).await });
        let sent = match call.await {
            Ok(sent) => sent,
            Err(_) => Err(OTelSdkError::InternalFailure("the process ends".to_owned())),
        };
        self.note(&sent, spans);
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}
