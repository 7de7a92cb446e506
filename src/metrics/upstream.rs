//! How others answer us: the API server, and the hosts of key sets.

use crate::metrics::{REMOTE, histograms};
use http::{Request, Response, StatusCode};
use prometheus::{Error, HistogramVec, Registry};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tower::{Layer, Service};

/// Whom we ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// The API server.
    Kubernetes,
    /// The hosts of key sets, all of them together.
    Jwks,
}

/// What came of a request. A class, and not the status: the hosts of key sets are not ours, and choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// An answer.
    Status(StatusCode),
    /// No answer: no connection, no time left, or something that is no HTTP.
    None,
}

/// The durations of requests to others.
#[derive(Debug, Clone)]
pub struct UpstreamMetrics {
    durations: HistogramVec,
}

/// Measures every request of a client of the API server, until the head of the answer.
#[derive(Debug, Clone)]
pub struct Measured<S> {
    inner: S,
    metrics: UpstreamMetrics,
}

/// A request under way; one that is dropped had no answer.
#[derive(Debug)]
struct UnderWay {
    metrics: UpstreamMetrics,
    upstream: Upstream,
    since: Instant,
    code: Code,
}

const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
const NONE: &str = "none";

// === impl Upstream ===

impl Upstream {
    /// The value of the label `upstream`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Jwks => "jwks",
        }
    }
}

// === impl Code ===

impl Code {
    /// The value of the label `code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => {
                let class = usize::from(status.as_u16()).checked_div(100).unwrap_or_default();
                let known = class.checked_sub(2).and_then(|class| CLASSES.get(class));
                known.copied().unwrap_or(NONE)
            }
            Self::None => NONE,
        }
    }
}

// === impl UpstreamMetrics ===

impl UpstreamMetrics {
    /// Metrics in `registry` for those who are asked; fails if they are there already.
    pub fn new(registry: &Registry, asked: &[Upstream]) -> Result<Self, Error> {
        let durations = histograms(
            registry,
            "countersign_upstream_request_duration_seconds",
            "Time to the head of an answer of the API server, and to the end of a key set.",
            REMOTE,
            &["upstream", "code"],
        )?;
        for upstream in asked {
            for code in CLASSES.into_iter().chain([NONE]) {
                durations
                    .get_metric_with_label_values(&[upstream.as_str(), code])
                    .map(drop)?;
            }
        }
        Ok(Self { durations })
    }

    /// A request has come to this, so long after it began.
    pub fn observe(&self, upstream: Upstream, code: Code, took: std::time::Duration) {
        self.durations
            .with_label_values(&[upstream.as_str(), code.as_str()])
            .observe(took.as_secs_f64());
    }
}

impl<S> Layer<S> for UpstreamMetrics {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Measured<S> {
        Measured {
            inner,
            metrics: self.clone(),
        }
    }
}

// === impl Measured ===

impl<S, In, Out> Service<Request<In>> for Measured<S>
where
    S: Service<Request<In>, Response = Response<Out>>,
    S::Future: Send + 'static,
{
    type Response = Response<Out>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Out>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<In>) -> Self::Future {
        let mut under_way = UnderWay {
            metrics: self.metrics.clone(),
            upstream: Upstream::Kubernetes,
            since: Instant::now(),
            code: Code::None,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            under_way.answered(answer.status());
            Ok(answer)
        })
    }
}

// === impl UnderWay ===

impl UnderWay {
    fn answered(&mut self, status: StatusCode) {
        self.code = Code::Status(status);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.metrics
            .observe(self.upstream, self.code, self.since.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use tower::{ServiceBuilder, ServiceExt, service_fn};

    #[rstest]
    #[case(100, "none")]
    #[case(200, "2xx")]
    #[case(404, "4xx")]
    #[case(599, "5xx")]
    #[case(600, "none")]
    #[case(999, "none")]
    fn a_status_of_any_host_is_one_of_five(#[case] status: u16, #[case] expected: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(Code::Status(status).as_str(), expected);
    }

    #[tokio::test]
    async fn answers_failures_and_what_is_given_up_are_told_apart() {
        let registry = Registry::new();
        let metrics = UpstreamMetrics::new(&registry, &[Upstream::Kubernetes]).unwrap();
        let service = ServiceBuilder::new().layer(&metrics).service(service_fn(
            |request: Request<&'static str>| async move {
                match *request.body() {
                    "refused" => {
                        let mut response = Response::new(());
                        *response.status_mut() = StatusCode::FORBIDDEN;
                        Ok(response)
                    }
                    "broken" => Err("broken"),
                    _ => std::future::pending().await,
                }
            },
        ));
        let counts = || {
            ["2xx", "4xx", "none"].map(|code| {
                let durations = &metrics.durations;
                durations
                    .with_label_values(&["kubernetes", code])
                    .get_sample_count()
            })
        };
        assert!(service.clone().oneshot(Request::new("refused")).await.is_ok());
        assert_eq!(counts(), [0, 1, 0]);
        assert!(service.clone().oneshot(Request::new("broken")).await.is_err());
        assert_eq!(counts(), [0, 1, 1]);
        let mut given_up = Box::pin(service.oneshot(Request::new("waiting")));
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!(counts(), [0, 1, 2]);
    }
}
