//! The API server's clock, measured on every answer.

use crate::cluster::dated::date;
use crate::core::clock::Clock;
use http::{HeaderMap, Request, Response};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// What the API server's answers say of its clock, beside ours. As a layer, it measures every answer of a client; clones
/// share what they measured.
#[derive(Debug, Clone)]
pub struct ApiClock {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Option<Measured>>>,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The `Date` of the answer, in whole seconds, rounded down.
    pub date: Timestamp,
    /// How far the API server's clock is ahead of ours, at the least and at the most: its `Date` is rounded, and the answer
    /// took its time.
    pub ahead: (SignedDuration, SignedDuration),
}

/// The service of [`ApiClock`].
#[derive(Debug, Clone)]
pub struct MeasuredService<S> {
    inner: S,
    api: ApiClock,
}

// === impl ApiClock ===

impl ApiClock {
    /// Nothing has been measured, yet; `clock` is ours.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            last: Arc::default(),
        }
    }

    /// The last measurement.
    pub fn last(&self) -> Option<Measured> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn measure(&self, sent: Timestamp, headers: &HeaderMap) {
        if let Some(date) = date(headers) {
            let measured = Measured::new(sent, date, self.clock.now());
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(measured);
        }
    }
}

impl<S> Layer<S> for ApiClock {
    type Service = MeasuredService<S>;

    fn layer(&self, inner: S) -> MeasuredService<S> {
        MeasuredService {
            inner,
            api: self.clone(),
        }
    }
}

// === impl MeasuredService ===

impl<S, In, Out> Service<Request<In>> for MeasuredService<S>
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
        let (api, sent) = (self.api.clone(), self.api.clock.now());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            api.measure(sent, answer.headers());
            Ok(answer)
        })
    }
}

// === impl Measured ===

impl Measured {
    /// The API server's clock showed `date` at some time between `sent` and `received` on ours.
    fn new(sent: Timestamp, date: Timestamp, received: Timestamp) -> Self {
        let rounded = SignedDuration::from_secs(1);
        let least = date.duration_since(received);
        let most = date.duration_since(sent).saturating_add(rounded);
        Self {
            date,
            ahead: (least, most),
        }
    }

    /// How far our clock is ahead of the API server's, in seconds, as well as it is known.
    pub fn offset(&self) -> f64 {
        let (least, most) = self.ahead;
        (least.as_secs_f64() + most.as_secs_f64()) / -2.0
    }

    /// Whether the clocks differ by more than `skew` for certain.
    pub fn is_apart(&self, skew: SignedDuration) -> bool {
        let (least, most) = self.ahead;
        least > skew || most.saturating_add(skew).is_negative()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SKEW: SignedDuration = SignedDuration::from_secs(30);

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    /// T13
    #[rstest]
    #[case::equal(100_000, 100_000, 100_010, false)]
    #[case::ahead_by_the_skew(130_000, 100_000, 100_000, false)]
    #[case::ahead(131_000, 100_000, 100_010, true)]
    #[case::ahead_or_slow(131_000, 100_000, 101_500, false)]
    #[case::behind_by_the_skew(69_000, 100_000, 100_000, false)]
    #[case::behind(68_999, 100_000, 100_000, true)]
    #[case::an_hour_behind(-3_500_000, 100_000, 100_010, true)]
    fn clocks_are_apart_when_nothing_else_explains_it(
        #[case] date: i64,
        #[case] sent: i64,
        #[case] received: i64,
        #[case] apart: bool,
    ) {
        assert_eq!(
            Measured::new(at(sent), at(date), at(received)).is_apart(SKEW),
            apart
        );
    }
}
