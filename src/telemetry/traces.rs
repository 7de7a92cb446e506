//! The spans of this process, and where they go.

use super::exporter;
use super::sampler::sampler;
use super::settings::Settings;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider};
use tracing::{Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The target of the spans that are sent. Other libraries' spans and all events stay here: nobody has looked at
/// what stands in them.
pub const SPANS: &str = "countersign::spans";

/// Whether this is one of the spans that are sent.
pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == SPANS
}

/// Sends spans as `settings` say. A queue that is full drops them; no caller waits.
pub(super) fn provider(settings: &Settings, service: &'static str) -> anyhow::Result<SdkTracerProvider> {
    let mut resource = Resource::builder();
    if !settings.names_service {
        resource = resource.with_service_name(service);
    }
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let batch = BatchConfigBuilder::default()
        .with_max_queue_size(settings.batch.queue)
        .with_max_export_batch_size(settings.batch.size)
        .with_scheduled_delay(settings.batch.delay)
        .build();
    let processor = BatchSpanProcessor::builder(exporter::exporter(settings)?)
        .with_batch_config(batch)
        .build();
    Ok(SdkTracerProvider::builder()
        .with_sampler(sampler(settings.sampling))
        .with_resource(resource.with_attribute(version).build())
        .with_span_processor(processor)
        .build())
}

/// What makes spans of the collector's kind out of ours.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let layer: OpenTelemetryLayer<S, SdkTracer> =
        tracing_opentelemetry::layer().with_tracer(provider.tracer(env!("CARGO_PKG_NAME")));
    layer
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_ours))
}
