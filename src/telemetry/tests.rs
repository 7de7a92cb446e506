use super::*;
use http::HeaderMap;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SimpleSpanProcessor, SpanData, SpanExporter};
use tracing::{Instrument, info_span};

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// Runs `what` where spans of ours are recorded.
fn traced<T>(what: impl FnOnce() -> T) -> T {
    propagation::set(true);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(SimpleSpanProcessor::new(Nowhere))
        .build();
    let subscriber = registry().with(traces::layer(&provider));
    tracing::subscriber::with_default(subscriber, what)
}

#[test]
fn without_a_collector_no_span_is_made_whatever_is_logged() {
    for format in [LogFormat::Json, LogFormat::Text] {
        let logs = logs::layer(format, EnvFilter::new("trace,countersign::spans=trace"));
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
