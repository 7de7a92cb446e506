//! The API server's clock, measured on every answer.

use crate::cluster::dated::date;
use crate::core::clock::Clock;
use http::{HeaderMap, Request, Response};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::{Layer, Service};

/// What the API server's answers say of its clock, beside ours. As a layer, it measures every answer of a client; clones
/// share what they measured.
#[derive(Debug, Clone)]
pub struct ApiClock {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Option<(Measured, Instant)>>>,
}

/// One measurement: the API server's clock showed `date` at some time between `sent` and `received` on ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measured {
    /// In whole seconds, rounded down.
    date: Timestamp,
    sent: Timestamp,
    received: Timestamp,
}

/// How far the API server's clock is ahead of ours, at the least and at the most: its `Date` is rounded, and the answer
/// took its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    least: SignedDuration,
    most: SignedDuration,
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

    /// The `Date` of the last answer.
    pub fn date(&self) -> Option<Timestamp> {
        self.last().map(|(measured, _)| measured.date)
    }

    /// How far the clocks are apart now, by the last answer. Ours may have been set since: the time that has passed is
    /// measured with another.
    pub fn ahead(&self) -> Option<Ahead> {
        let (measured, when) = self.last()?;
        Some(measured.ahead(self.clock.now(), when.elapsed()))
    }

    fn last(&self) -> Option<(Measured, Instant)> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn measure(&self, sent: Timestamp, headers: &HeaderMap) {
        if let Some(date) = date(headers) {
            let received = self.clock.now();
            let measured = Measured { date, sent, received };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((measured, Instant::now()));
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
    /// How far the clocks are apart when ours shows `now`, so long after the measurement.
    fn ahead(&self, now: Timestamp, elapsed: Duration) -> Ahead {
        let rounded = SignedDuration::from_secs(1);
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        let set = now.duration_since(self.received).saturating_sub(elapsed);
        Ahead {
            least: self.date.duration_since(self.received).saturating_sub(set),
            most: self
                .date
                .duration_since(self.sent)
                .saturating_add(rounded)
                .saturating_sub(set),
        }
    }
}

// === impl Ahead ===

impl Ahead {
    /// How far our clock is ahead of the API server's, in seconds, as well as it is known.
    pub fn offset(&self) -> f64 {
        (self.least.as_secs_f64() + self.most.as_secs_f64()) / -2.0
    }

    /// Whether the clocks differ by more than `skew` for certain.
    pub fn is_apart(&self, skew: SignedDuration) -> bool {
        self.least > skew || self.most.saturating_add(skew).is_negative()
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

    fn measured(date: i64, sent: i64, received: i64) -> Measured {
        Measured {
            date: at(date),
            sent: at(sent),
            received: at(received),
        }
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
        let measured = measured(date, sent, received);
        assert_eq!(measured.ahead(at(received), Duration::ZERO).is_apart(SKEW), apart);
    }

    /// T13: our clock is set after the measurement.
    #[rstest]
    #[case::as_time_passes(109_000, false)]
    #[case::forwards(140_000, false)]
    #[case::far_forwards(141_000, true)]
    #[case::backwards(80_000, false)]
    #[case::far_backwards(77_000, true)]
    fn a_clock_that_was_set_since_is_found_out(#[case] now: i64, #[case] apart: bool) {
        let measured = measured(100_000, 100_000, 100_000);
        assert_eq!(
            measured.ahead(at(now), Duration::from_secs(9)).is_apart(SKEW),
            apart
        );
    }
}
