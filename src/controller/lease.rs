//! When a lease may be taken, and for how long it holds. Pure.
//!
//! The times written in a lease are never compared with a clock: two machines may disagree. What counts
//! is how long *this* process has seen the lease unchanged, on its own monotonic clock. A lease does not
//! fence (two processes may lead for a moment), so that whatever a leader does is safe to do twice.

use k8s_openapi::api::coordination::v1::LeaseSpec;
use std::time::Duration;
use thiserror::Error;

/// How long a lease lasts and how it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    duration: Duration,
    renew_deadline: Duration,
    retry_period: Duration,
}

/// Times with which two processes would lead, or none could hold on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LeaseTimesError {
    /// Others could take the lease while its holder still tries to renew it.
    #[error("the lease duration must be longer than the renew deadline")]
    DurationTooShort,
    /// One failed attempt would use the deadline up.
    #[error("the renew deadline must be longer than 1.2 times the retry period")]
    DeadlineTooShort,
    /// The lease would be renewed without pause.
    #[error("the retry period must be positive")]
    NoPause,
    /// The API keeps whole seconds, at least one.
    #[error("the lease duration must be whole seconds between 1 and 3600")]
    NotWholeSeconds,
}

/// A lease as it was seen, and since when it has been so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    spec: Option<LeaseSpec>,
    since: Duration,
}

/// What to do about the lease now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nobody holds it: take it.
    Acquire,
    /// We hold it: renew it.
    Renew,
    /// Somebody else holds it, at least until this moment.
    Wait {
        /// On the observer's monotonic clock.
        until: Duration,
    },
}

// === impl LeaseTimes ===

impl Default for LeaseTimes {
    /// 15 s, 10 s and 2 s, as the components of Kubernetes have them.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

impl LeaseTimes {
    /// `duration`: how long others leave an unchanged lease alone. `renew_deadline`: how long a leader goes
    /// on without a successful renewal. `retry_period`: the pause between attempts.
    pub fn new(
        duration: Duration,
        renew_deadline: Duration,
        retry_period: Duration,
    ) -> Result<Self, LeaseTimesError> {
        if duration.subsec_nanos() != 0 || !(1..=3600).contains(&duration.as_secs()) {
            return Err(LeaseTimesError::NotWholeSeconds);
        }
        if duration <= renew_deadline {
            return Err(LeaseTimesError::DurationTooShort);
        }
        if retry_period.is_zero() {
            return Err(LeaseTimesError::NoPause);
        }
        if renew_deadline.saturating_mul(5) <= retry_period.saturating_mul(6) {
            return Err(LeaseTimesError::DeadlineTooShort);
        }
        Ok(Self {
            duration,
            renew_deadline,
            retry_period,
        })
    }

    /// How long others leave an unchanged lease alone.
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// How long a leader goes on without a successful renewal.
    pub const fn renew_deadline(&self) -> Duration {
        self.renew_deadline
    }

    /// The pause between attempts.
    pub const fn retry_period(&self) -> Duration {
        self.retry_period
    }

    /// What a leader that lost the lease has left to stop its work before another one may begin.
    pub const fn time_to_stop(&self) -> Duration {
        self.duration.saturating_sub(self.renew_deadline)
    }
}

// === impl Observed ===

impl Observed {
    /// Takes note of the lease as it was read at `now`. The time of observation starts anew only if the
    /// lease changed.
    #[must_use]
    pub fn see(self, spec: Option<LeaseSpec>, now: Duration) -> Self {
        if self.spec == spec {
            self
        } else {
            Self { spec, since: now }
        }
    }

    /// The lease as it was last seen.
    pub const fn spec(&self) -> Option<&LeaseSpec> {
        self.spec.as_ref()
    }
}

/// Decides what `me` does about the lease at `now`. The duration that counts is the one its holder wrote;
/// `ours` is for a lease that has none.
pub fn decide(observed: &Observed, now: Duration, me: &str, ours: &LeaseTimes) -> Decision {
    let Some(spec) = &observed.spec else {
        return Decision::Acquire;
    };
    match spec.holder_identity.as_deref() {
        None | Some("") => Decision::Acquire,
        Some(holder) if holder == me => Decision::Renew,
        Some(_) => {
            let until = observed
                .since
                .saturating_add(written_duration(spec).unwrap_or(ours.duration));
            if now >= until {
                Decision::Acquire
            } else {
                Decision::Wait { until }
            }
        }
    }
}

fn written_duration(spec: &LeaseSpec) -> Option<Duration> {
    let seconds = u64::try_from(spec.lease_duration_seconds?).ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
    use rstest::rstest;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn lease(holder: Option<&str>, duration: Option<i32>, renewed: i64) -> LeaseSpec {
        LeaseSpec {
            holder_identity: holder.map(str::to_owned),
            lease_duration_seconds: duration,
            renew_time: Some(MicroTime(jiff::Timestamp::from_second(renewed).unwrap())),
            ..LeaseSpec::default()
        }
    }

    #[rstest]
    #[case::equal(15, 15, 2, LeaseTimesError::DurationTooShort)]
    #[case::shorter(10, 15, 2, LeaseTimesError::DurationTooShort)]
    #[case::one_attempt(15, 12, 10, LeaseTimesError::DeadlineTooShort)]
    #[case::no_pause(15, 10, 0, LeaseTimesError::NoPause)]
    #[case::nothing(0, 0, 0, LeaseTimesError::NotWholeSeconds)]
    #[case::for_ever(3601, 10, 2, LeaseTimesError::NotWholeSeconds)]
    fn bad_times_are_refused(
        #[case] duration: u64,
        #[case] deadline: u64,
        #[case] retry: u64,
        #[case] expected: LeaseTimesError,
    ) {
        assert_eq!(
            LeaseTimes::new(secs(duration), secs(deadline), secs(retry)),
            Err(expected)
        );
    }

    #[test]
    fn parts_of_a_second_cannot_be_written_in_a_lease() {
        assert_eq!(
            LeaseTimes::new(Duration::from_millis(1500), secs(1), Duration::from_millis(200)),
            Err(LeaseTimesError::NotWholeSeconds)
        );
    }

    #[test]
    fn the_defaults_hold_their_own_rules() {
        let times = LeaseTimes::default();
        assert_eq!(
            LeaseTimes::new(times.duration(), times.renew_deadline(), times.retry_period()),
            Ok(times)
        );
        assert_eq!(times.time_to_stop(), secs(5));
    }

    #[rstest]
    #[case::absent(None, 0, Decision::Acquire)]
    #[case::released(Some(lease(Some(""), Some(1), 0)), 0, Decision::Acquire)]
    #[case::no_holder(Some(lease(None, Some(15), 0)), 0, Decision::Acquire)]
    #[case::ours(Some(lease(Some("me"), Some(15), 0)), 0, Decision::Renew)]
    #[case::ours_and_old(Some(lease(Some("me"), Some(15), 0)), 900, Decision::Renew)]
    #[case::fresh(Some(lease(Some("other"), Some(30), 0)), 29, Decision::Wait { until: secs(30) })]
    #[case::run_out(Some(lease(Some("other"), Some(30), 0)), 30, Decision::Acquire)]
    #[case::no_duration(Some(lease(Some("other"), None, 0)), 14, Decision::Wait { until: secs(15) })]
    #[case::no_duration_run_out(Some(lease(Some("other"), None, 0)), 15, Decision::Acquire)]
    #[case::silly_duration(Some(lease(Some("other"), Some(-1), 0)), 14, Decision::Wait { until: secs(15) })]
    fn decisions(#[case] spec: Option<LeaseSpec>, #[case] now: u64, #[case] expected: Decision) {
        let observed = Observed::default().see(spec, secs(0));
        assert_eq!(
            decide(&observed, secs(now), "me", &LeaseTimes::default()),
            expected
        );
    }

    #[test]
    fn only_a_change_that_was_seen_counts_and_never_the_time_in_the_lease() {
        let times = LeaseTimes::default();
        let far_future = lease(Some("other"), Some(15), 4_000_000_000);
        let observed = Observed::default().see(Some(far_future.clone()), secs(100));
        let observed = observed.see(Some(far_future), secs(110));
        assert_eq!(
            decide(&observed, secs(114), "me", &times),
            Decision::Wait { until: secs(115) }
        );
        assert_eq!(decide(&observed, secs(115), "me", &times), Decision::Acquire);
        let observed = observed.see(Some(lease(Some("other"), Some(15), 7)), secs(114));
        assert_eq!(
            decide(&observed, secs(115), "me", &times),
            Decision::Wait { until: secs(129) }
        );
    }
}
