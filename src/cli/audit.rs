use crate::server::audit::{AuditLog, Destination, Form};
use crate::telemetry::LogFormat;
use prometheus::Registry;
use std::time::Duration;

/// How long lines may take to be written when the process ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where decisions are written.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AuditArgs {
    /// Where to write a line for each decision: stdout, off, or a file, which is begun anew when it was moved away.
    #[arg(long, value_name = "stdout|off|FILE", default_value = "stdout")]
    audit_log: Destination,
    /// Answer nothing, but 503, while that cannot be written.
    #[arg(long)]
    audit_required: bool,
}

// === impl AuditArgs ===

impl AuditArgs {
    /// The stream of JSON for machines.
    pub(super) fn open(&self, registry: &Registry) -> anyhow::Result<AuditLog> {
        self.open_as(Form::Json, registry)
    }

    /// The stream for a terminal: as readable as the logs around it.
    pub(super) fn open_like(&self, logs: LogFormat, registry: &Registry) -> anyhow::Result<AuditLog> {
        let form = match (&self.audit_log, logs) {
            (Destination::Stdout, LogFormat::Text) => Form::Text,
            _ => Form::Json,
        };
        self.open_as(form, registry)
    }

    fn open_as(&self, form: Form, registry: &Registry) -> anyhow::Result<AuditLog> {
        anyhow::ensure!(
            !self.audit_required || self.audit_log != Destination::Off,
            "--audit-required needs an audit log: --audit-log is off"
        );
        AuditLog::open(&self.audit_log, form, self.audit_required, registry)
    }
}

/// Lets the last lines be written before the process ends.
pub(super) async fn finish(audit: &AuditLog) {
    if !audit.flush(PATIENCE).await {
        tracing::error!("the last lines of the audit log could not be written");
    }
}
