//! The receiver, and what it received.

use crate::support::Process;
use crate::support::eventually;
use crate::support::go::GoModule;
use crate::support::ports::free_port;
use serde::Deserialize;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long spans may take.
pub(super) const SOON: Duration = Duration::from_secs(30);

const MODULE: GoModule = GoModule {
    name: "collector",
    ldflags: "-s -w",
    told: "the receiver of the OpenTelemetry Collector (about a minute on 2 cores, once)",
    otherwise: "",
};

/// How spans are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// A running receiver.
pub(super) struct Collector {
    _process: Process,
    grpc: u16,
    http: u16,
    scheme: &'static str,
    out: PathBuf,
    _folder: TempDir,
}

/// One export.
#[derive(Debug, Deserialize)]
struct Received {
    headers: Value,
    traces: Value,
}

/// One span.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) trace: String,
    pub(super) id: String,
    /// Empty for a root.
    pub(super) parent: String,
    /// 1 internal, 2 server, 3 client.
    pub(super) kind: u64,
    pub(super) error: bool,
    /// The spans that it is linked with.
    pub(super) links: Vec<String>,
    pub(super) state: String,
    attributes: Value,
}

// === impl Collector ===

impl Collector {
    pub(super) async fn start() -> Self {
        Self::start_with("http", &[]).await
    }

    /// One with this certificate and key.
    pub(super) async fn start_tls(certificate: &Path, key: &Path) -> Self {
        let args = [
            "-cert".as_ref(),
            certificate.as_os_str(),
            "-key".as_ref(),
            key.as_os_str(),
        ];
        Self::start_with("https", &args).await
    }

    async fn start_with(scheme: &'static str, more: &[&OsStr]) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (out, grpc, http) = (folder.path().join("spans"), free_port(), free_port());
        let (grpc_address, http_address) = (format!("127.0.0.1:{grpc}"), format!("127.0.0.1:{http}"));
        let fixed: [&OsStr; 6] = [
            "-grpc".as_ref(),
            grpc_address.as_ref(),
            "-http".as_ref(),
            http_address.as_ref(),
            "-out".as_ref(),
            out.as_os_str(),
        ];
        let mut process = Process::program(&MODULE.built(), fixed.iter().chain(more)).start();
        process.wait_for_line("receiving", SOON).await;
        Self {
            _process: process,
            grpc,
            http,
            scheme,
            out,
            _folder: folder,
        }
    }

    /// The variables that make a process send its spans here, soon.
    pub(super) fn variables(&self, protocol: Protocol) -> Vec<(String, String)> {
        let (port, name) = match protocol {
            Protocol::Grpc => (self.grpc, "grpc"),
            Protocol::Http => (self.http, "http/protobuf"),
        };
        let variables = [
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                format!("{}://127.0.0.1:{port}", self.scheme),
            ),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", name.to_owned()),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer of-the-collector".to_owned(),
            ),
            ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Everything that came, as it came.
    pub(super) fn text(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap()
    }

    /// The headers of the first export.
    pub(super) fn headers(&self) -> Value {
        self.received().remove(0).headers
    }

    fn received(&self) -> Vec<Received> {
        let text = self.text();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let lines = text.split_at(whole).0.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The spans that came so far.
    pub(super) fn spans(&self) -> Vec<Span> {
        let received = self.received();
        received.iter().flat_map(|export| spans(&export.traces)).collect()
    }

    /// Waits for a span that `fits`.
    pub(super) async fn span(&self, what: &str, fits: impl Fn(&Span) -> bool) -> Span {
        eventually(SOON, what, async || {
            let spans = self.spans();
            let found = spans.iter().find(|span| fits(span)).cloned();
            found.ok_or_else(|| format!("{spans:#?}"))
        })
        .await
    }

    /// Waits for the one span of a trace with this name.
    pub(super) async fn named(&self, trace: &str, name: &str) -> Span {
        self.span(name, |span| span.trace == trace && span.name == name)
            .await
    }
}

// === impl Span ===

impl Span {
    /// An attribute; `null` if there is none.
    pub(super) fn attribute(&self, name: &str) -> Value {
        let attributes = self.attributes.as_array().cloned().unwrap_or_default();
        let found = attributes.iter().find(|attribute| attribute["key"] == name);
        let value = found.and_then(|attribute| attribute["value"].as_object()?.values().next());
        value.cloned().unwrap_or_default()
    }
}

fn spans(traces: &Value) -> Vec<Span> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for resource in list(&traces["resourceSpans"]) {
        let attributes = list(&resource["resource"]["attributes"]);
        let service = attributes
            .iter()
            .find(|one| one["key"] == "service.name")
            .unwrap();
        for scope in list(&resource["scopeSpans"]) {
            for span in list(&scope["spans"]) {
                found.push(Span {
                    service: text(&service["value"]["stringValue"]),
                    name: text(&span["name"]),
                    trace: text(&span["traceId"]),
                    id: text(&span["spanId"]),
                    parent: text(&span["parentSpanId"]),
                    kind: span["kind"].as_u64().unwrap_or_default(),
                    error: span["status"]["code"] == 2,
                    links: list(&span["links"])
                        .iter()
                        .map(|link| text(&link["spanId"]))
                        .collect(),
                    state: text(&span["traceState"]),
                    attributes: span["attributes"].clone(),
                });
            }
        }
    }
    found
}
