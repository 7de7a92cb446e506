use super::*;
use http::HeaderMap;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SimpleSpanProcessor, SpanData, SpanExporter};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::{Instrument, info_span};

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(SimpleSpanProcessor::new(Nowhere))
        .build()
}

/// Runs `what` where spans of ours are recorded.
fn traced<T>(what: impl FnOnce() -> T) -> T {
    propagation::set(true);
    let subscriber = registry().with(traces::layer(&provider()));
    tracing::subscriber::with_default(subscriber, what)
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_name_the_span_in_which_they_were_written() {
    for format in [LogFormat::Json, LogFormat::Text] {
        let kept = Kept::default();
        let writer = kept.clone();
        let logs = logs::layer(format, EnvFilter::new("info"), move || writer.clone());
        let subscriber = registry().with(logs).with(traces::layer(&provider()));
        let ids = tracing::subscriber::with_default(subscriber, || {
            tracing::info!("before");
            info_span!(target: SPANS, "x").in_scope(|| {
                tracing::info!(particular = "a\nb", "inside\nof it");
                Ids::current().unwrap()
            })
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(!lines[0].contains("trace_id"), "{text}");
        let expected = match format {
            LogFormat::Json => format!(r#""trace_id":"{}","span_id":"{}"}}"#, ids.trace_id, ids.span_id),
            LogFormat::Text => format!(r#"inside of it particular="a\nb" {ids}"#),
        };
        assert!(lines[1].ends_with(&expected), "{text}");
    }
}

#[test]
fn without_a_collector_no_span_is_made_whatever_is_logged() {
    for format in [LogFormat::Json, LogFormat::Text] {
        let logs = logs::layer(format, EnvFilter::new("trace,countersign::spans=trace"), io::sink);
        tracing::subscriber::with_default(registry().with(logs), || {
            assert!(info_span!(target: SPANS, "x").is_disabled());
            assert!(!info_span!("x").is_disabled());
        });
    }
}

#[test]
fn with_one_only_our_spans_are_made() {
    traced(|| {
        assert!(!info_span!(target: SPANS, "x").is_disabled());
        assert!(info_span!("x").is_disabled());
    });
}

#[test]
fn what_is_sent_names_the_span_in_which_it_is_sent() {
    let mut headers = HeaderMap::new();
    propagation::inject(&mut headers);
    assert!(headers.is_empty(), "{headers:?}");
    traced(|| {
        let span = info_span!(target: SPANS, "x");
        let trace = trace_id(&span).unwrap();
        let inside = span.in_scope(|| {
            propagation::inject(&mut headers);
            Ids::current().unwrap()
        });
        assert_eq!(inside.trace_id, trace);
        assert_eq!(
            headers["traceparent"],
            format!("00-{trace}-{}-01", inside.span_id).as_str()
        );
        assert!(!headers.contains_key("tracestate"), "{headers:?}");
    });
}

/// The API server learns which trace a call belongs to, although the client of the cluster calls it from a task of its own.
#[test]
fn a_call_of_the_api_server_names_its_trace() {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    traced(|| {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let config = kube::Config::new(format!("http://{address}").parse().unwrap());
            let builder = kube::client::ClientBuilder::try_from(config).unwrap();
            let client = builder.with_layer(&propagation::outgoing()).build();
            let span = info_span!(target: SPANS, "x");
            let trace = trace_id(&span).unwrap();
            let request = http::Request::get("/version").body(Vec::new()).unwrap();
            let calling = async { client.request_text(request).await }.instrument(span);
            let hearing = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let length = tokio::io::AsyncReadExt::read(&mut stream, &mut head)
                    .await
                    .unwrap();
                String::from_utf8_lossy(&head[..length]).into_owned()
            };
            let (_, head) = tokio::join!(calling, hearing);
            assert!(head.contains(&format!("traceparent: 00-{trace}-")), "{head}");
        });
    });
}
