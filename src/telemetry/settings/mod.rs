//! The standard variables of OpenTelemetry for traces. What the SDK would overlook with a default is an error here.

mod environment;

pub use environment::SettingFault;

use environment::{Environment, Set};
use http::{HeaderName, HeaderValue};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// How traces are sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) transport: Transport,
    /// Where to: for HTTP with the path.
    pub(super) endpoint: Url,
    pub(super) timeout: Duration,
    /// Authorities to trust instead of the system's, and the variable that names the file.
    pub(super) certificate: Option<(&'static str, PathBuf)>,
    pub(super) sampling: Sampling,
    /// Whether `traceparent` is read and sent.
    pub(super) propagates: bool,
    /// Whether the environment says what the service is called.
    pub(super) names_service: bool,
    pub(super) batch: Batch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Grpc,
    /// Protobuf over HTTP.
    Http,
}

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sampling {
    pub(super) share: Share,
    /// Whether a parent's flag goes before, also that of a caller.
    pub(super) parent_based: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Share {
    All,
    None,
    /// Between 0 and 1.
    Part(f64),
}

/// How spans wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    /// How many may wait; further ones are dropped.
    pub(super) queue: usize,
    /// How many are sent at once.
    pub(super) size: usize,
    /// How long they wait for others.
    pub(super) delay: Duration,
}

// === impl Settings ===

impl Settings {
    /// What the environment of this process says; none, if there are to be no traces.
    pub(super) fn from_environment() -> Result<Option<Self>, SettingFault> {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, SettingFault> {
        let environment = Environment(lookup);
        if environment.is_true("OTEL_SDK_DISABLED")? || !exported(&environment)? {
            return Ok(None);
        }
        let transport = transport(&environment)?;
        let Some(endpoint) = endpoint(&environment, transport)? else {
            return Ok(None);
        };
        check_headers(&environment)?;
        refuse_unsupported(&environment)?;
        let timeout =
            environment.time(&["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"])?;
        let in_all = environment.time(&["OTEL_BSP_EXPORT_TIMEOUT"])?;
        let certificate = environment.first(&[
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
        ])?;
        Ok(Some(Self {
            transport,
            endpoint,
            timeout: timeout
                .unwrap_or(Duration::from_secs(10))
                .min(in_all.unwrap_or(Duration::from_secs(30))),
            certificate: certificate.map(|set| (set.variable, PathBuf::from(set.value))),
            sampling: sampling(&environment)?,
            propagates: propagates(&environment)?,
            names_service: names_service(&environment)?,
            batch: batch(&environment)?,
        }))
    }
}

type Read<T> = Result<T, SettingFault>;

fn exported(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<bool> {
    match environment.first(&["OTEL_TRACES_EXPORTER"])? {
        None => Ok(true),
        Some(set) => match set.value.as_str() {
            "otlp" => Ok(true),
            "none" => Ok(false),
            _ => Err(set.fault("it must be otlp or none")),
        },
    }
}

fn transport(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<Transport> {
    let names = [
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ];
    match environment.first(&names)? {
        None => Ok(Transport::Http),
        Some(set) => match set.value.as_str() {
            "grpc" => Ok(Transport::Grpc),
            "http/protobuf" => Ok(Transport::Http),
            _ => Err(set.fault("it must be grpc or http/protobuf")),
        },
    }
}

fn endpoint(
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
    transport: Transport,
) -> Read<Option<Url>> {
    if let Some(set) = environment.first(&["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])? {
        return url(&set).map(Some);
    }
    let Some(set) = environment.first(&["OTEL_EXPORTER_OTLP_ENDPOINT"])? else {
        return Ok(None);
    };
    let mut url = url(&set)?;
    if transport == Transport::Http {
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(Some(url))
}

fn url(set: &Set) -> Read<Url> {
    let known = |url: &Url| ["http", "https"].contains(&url.scheme()) && url.host_str().is_some();
    let url = Url::parse(&set.value).ok().filter(known);
    let url = url.ok_or_else(|| set.fault("it must be a URL with http:// or https://"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(set.fault("credentials belong into OTEL_EXPORTER_OTLP_HEADERS, not into a URL"));
    }
    Ok(url)
}

/// The exporter reads the headers itself, and leaves out what it cannot send.
fn check_headers(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<()> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let Some(set) = environment.first(&names)? else {
        return Ok(());
    };
    let sendable = |(name, value): &(&str, &str)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
    };
    if set.pairs()?.iter().all(sendable) {
        Ok(())
    } else {
        Err(set.fault("a name or a value of it cannot be in an HTTP header"))
    }
}

/// To go on without these would be something else than what was asked for.
fn refuse_unsupported(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<()> {
    let client_certificate = environment.first(&[
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    ])?;
    if let Some(set) = client_certificate {
        return Err(set.fault("client certificates are not supported; use headers"));
    }
    let names = [
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
    ];
    match environment.first(&names)? {
        Some(set) if set.value != "none" => Err(set.fault("it must be none: nothing else is supported")),
        _ => Ok(()),
    }
}

fn sampling(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<Sampling> {
    let Some(set) = environment.first(&["OTEL_TRACES_SAMPLER"])? else {
        return Ok(Sampling {
            share: Share::All,
            parent_based: false,
        });
    };
    let (parent_based, name) = match set.value.strip_prefix("parentbased_") {
        Some(name) => (true, name),
        None => (false, set.value.as_str()),
    };
    let share = match name {
        "always_on" => Share::All,
        "always_off" => Share::None,
        "traceidratio" => Share::Part(part(environment)?),
        _ => {
            return Err(set.fault(
                "it must be always_on, always_off or traceidratio, each of them with parentbased_ before it or not",
            ));
        }
    };
    Ok(Sampling { share, parent_based })
}

fn part(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<f64> {
    let Some(set) = environment.first(&["OTEL_TRACES_SAMPLER_ARG"])? else {
        return Ok(1.0);
    };
    match set.value.parse() {
        Ok(part) if (0.0..=1.0).contains(&part) => Ok(part),
        _ => Err(set.fault("it must be a number between 0 and 1")),
    }
}

/// Baggage is known, and nothing here has use for it.
fn propagates(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<bool> {
    let Some(set) = environment.first(&["OTEL_PROPAGATORS"])? else {
        return Ok(true);
    };
    let mut traces = false;
    for name in set.value.split(',').map(str::trim) {
        match name {
            "tracecontext" => traces = true,
            "baggage" | "none" => {}
            _ => return Err(set.fault("it must be a list of tracecontext and baggage, or none")),
        }
    }
    Ok(traces)
}

fn names_service(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<bool> {
    let named = environment.first(&["OTEL_SERVICE_NAME"])?.is_some();
    match environment.first(&["OTEL_RESOURCE_ATTRIBUTES"])? {
        Some(set) => Ok(named || set.pairs()?.iter().any(|(name, _)| *name == "service.name")),
        None => Ok(named),
    }
}

fn batch(environment: &Environment<impl Fn(&str) -> Option<OsString>>) -> Read<Batch> {
    let size = |name, usual| {
        let number = environment.number(&[name])?;
        Ok(number.map_or(usual, |number| usize::try_from(number).unwrap_or(usize::MAX)))
    };
    let (queue, most) = (
        size("OTEL_BSP_MAX_QUEUE_SIZE", 2048)?,
        size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512)?,
    );
    Ok(Batch {
        queue: queue.min(1 << 20),
        size: most.min(queue),
        delay: environment
            .time(&["OTEL_BSP_SCHEDULE_DELAY"])?
            .unwrap_or(Duration::from_secs(5)),
    })
}

#[cfg(test)]
mod tests;
