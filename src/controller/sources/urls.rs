//! Fetching the URLs that clients refer to, in the background.

use super::schedule::Start;
use crate::controller::desk::Desk;
use crate::controller::metrics::ControllerMetrics;
use crate::core::clock::Clock;
use crate::fetch::fault::FetchFault;
use crate::fetch::{Fetched, Fetcher};
use crate::telemetry::SPANS;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, debug, info_span};

/// Fetches until `stop`, at the pace of the desk's schedule.
pub(crate) async fn urls(
    fetcher: &Fetcher,
    desk: &Desk,
    metrics: &ControllerMetrics,
    clock: &dyn Clock,
    stop: &CancellationToken,
) {
    let mut demand = desk.demand();
    let mut running = FuturesUnordered::new();
    desk.want_urls(|url| host(fetcher, url));
    loop {
        let (started, again) = desk.start_fetches();
        for start in started {
            running.push(fetch(fetcher, start));
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = demand.changed() => {
                if changed.is_err() {
                    return;
                }
                desk.want_urls(|url| host(fetcher, url));
            }
            Some((start, result, took)) = running.next() => {
                let outcome = result.as_ref().map_or_else(FetchFault::code, |_| "ok");
                metrics.fetched(&result, took);
                debug!(host = start.host, outcome, "fetched a JWK set");
                desk.finish_fetch(&start, result, clock.now());
            }
            () = sleep_until(again) => {}
        }
    }
}

/// The host is a stranger: it is not told which trace the request belongs to.
async fn fetch(fetcher: &Fetcher, start: Start) -> (Start, Result<Fetched, FetchFault>, Duration) {
    let span = info_span!(
        target: SPANS,
        parent: None,
        "fetch keys",
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = "GET",
        server.address = Empty,
        error.type = Empty,
    );
    let began = Instant::now();
    let fetching = async {
        match fetcher.target(&start.url) {
            Ok(target) => {
                span.record("server.address", target.host());
                fetcher.fetch(&target).await
            }
            Err(fault) => Err(fault),
        }
    };
    let result = fetching.instrument(span.clone()).await;
    if let Err(fault) = &result {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", fault.code());
    }
    (start, result, began.elapsed())
}

/// The host of `url`; one that is never called stands for itself.
fn host(fetcher: &Fetcher, url: &str) -> String {
    fetcher
        .target(url)
        .map_or_else(|_| url.to_owned(), |target| target.host().to_owned())
}

/// Sleeps until `when`, or for ever.
pub(crate) async fn sleep_until(when: Option<tokio::time::Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}
