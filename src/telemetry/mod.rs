//! What the process tells of itself while it runs: logs on standard output, and traces by OTLP.
//!
//! Traces are off unless the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT` and the other standard
//! variables); then there is no layer, no exporter, and a span costs a look at an atomic. `docs/logs.md` and
//! `docs/traces.md` say what is written.

mod exporter;
mod ids;
mod logs;
pub mod propagation;
mod sampler;
mod settings;
mod traces;

pub use ids::{Ids, trace_id};
pub use logs::LogFormat;
pub use settings::SettingFault;
pub use traces::SPANS;

use opentelemetry_sdk::trace::SdkTracerProvider;
use settings::Settings;
use std::time::Duration;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};

/// What was started, and has to be finished.
#[derive(Debug, Default)]
#[must_use = "spans that were not sent yet are lost"]
pub struct Telemetry(Option<SdkTracerProvider>);

// === impl Telemetry ===

impl Telemetry {
    /// Sends the logs of this process to standard output from now on, and its spans to the collector that the environment
    /// names, if it does. `filter` is a comma-separated list of directives such as `info` or
    /// `countersign=debug,kube_runtime=error`; it does not concern spans. `service` is the `service.name` that the
    /// environment may overrule.
    ///
    /// It must be called inside of the runtime. A second call changes nothing.
    ///
    /// # Errors
    /// The filter, or a variable of the environment, is not as it should be; the message names the variable and never
    /// shows its value.
    pub fn start(format: LogFormat, filter: &str, service: &'static str) -> anyhow::Result<Self> {
        let filter = EnvFilter::try_new(filter)?;
        let provider = Self::provider(service)?;
        let started = registry()
            .with(logs::layer(format, filter, std::io::stdout))
            .with(provider.as_ref().map(|provider| traces::layer(provider).boxed()))
            .try_init();
        if started.is_err() {
            tracing::debug!("logging is set up already");
        }
        Ok(Self(provider))
    }

    /// The same without logs, for a command that a person runs.
    ///
    /// # Errors
    /// A variable of the environment is not as it should be.
    pub fn start_without_logs(service: &'static str) -> anyhow::Result<Self> {
        let Some(provider) = Self::provider(service)? else {
            return Ok(Self::default());
        };
        if registry().with(traces::layer(&provider)).try_init().is_err() {
            tracing::debug!("traces are set up already");
        }
        Ok(Self(Some(provider)))
    }

    fn provider(service: &'static str) -> anyhow::Result<Option<SdkTracerProvider>> {
        let Some(settings) = Settings::from_environment()? else {
            return Ok(None);
        };
        propagation::set(settings.propagates);
        Ok(Some(traces::provider(&settings, service)?))
    }

    /// Sends what was not sent yet, for at most `within`. A collector that does not answer is nobody's failure.
    pub async fn finish(self, within: Duration) {
        let Some(provider) = self.0 else { return };
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(within)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent to the collector");
        }
    }
}

#[cfg(test)]
mod tests;
