//! What happens on one connection: how many requests were begun on it, how many are under way, and whether more may
//! follow.
//!
//! HTTP/1.1 has a time limit for the next request's headers; HTTP/2 has none for the client's first
//! bytes nor between requests. This is the one for both.

use crate::server::listener::Peer;
use futures::future::BoxFuture;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::Service;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The activity of one connection; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request under way: until it is dropped.
struct UnderWay(Activity);

/// A service whose requests are counted, and told where they come from.
#[derive(Debug)]
pub(super) struct Watched<S> {
    /// The service.
    pub(super) service: S,
    /// Where they are counted.
    pub(super) activity: Activity,
    /// Where they come from.
    pub(super) peer: Peer,
    /// Once it is cancelled, every answer is the last one of its connection.
    pub(super) draining: CancellationToken,
}

// === impl Activity ===

impl Activity {
    /// Ends when no request was begun or under way for at least `time`; after at most twice that.
    pub(super) async fn idle(&self, time: Duration) {
        loop {
            let before = self.0.begun.load(Ordering::Acquire);
            tokio::time::sleep(time).await;
            if self.0.ended.load(Ordering::Acquire) == before
                && self.0.begun.load(Ordering::Acquire) == before
            {
                return;
            }
        }
    }

    /// Ends when a request has begun. Only connections that are to close are asked: looking again and again is cheap
    /// enough for them.
    pub(super) async fn begun(&self) {
        while self.0.begun.load(Ordering::Acquire) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn begin(&self) -> UnderWay {
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        UnderWay(self.clone())
    }
}

// === impl UnderWay ===

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Ordering::AcqRel);
    }
}

// === impl Watched ===

impl<S, B> Service<Request<Incoming>> for Watched<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        let under_way = self.activity.begin();
        let draining = self.draining.clone();
        // HTTP/2 has no such header: its connections are told as a whole.
        let has_header = request.version() <= Version::HTTP_11;
        let answer = self.service.call(request);
        Box::pin(async move {
            let mut answer = answer.await;
            if let (true, true, Ok(answer)) = (has_header, draining.is_cancelled(), &mut answer) {
                answer
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(under_way);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_connection_is_idle_when_nothing_was_asked_for_the_whole_time() {
        let activity = Activity::default();
        let started = tokio::time::Instant::now();
        activity.idle(TIME).await;
        assert!(started.elapsed() >= TIME, "never a request");

        let request = activity.begin();
        let busy = tokio::time::timeout(5 * TIME, activity.idle(TIME)).await;
        assert!(busy.is_err(), "one is under way");
        drop(request);
        activity.idle(TIME).await;
    }
}
