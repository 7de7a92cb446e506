//! Follows the controller's heartbeat into [`LastHeartbeat`].

use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::core::clock::Clock;
use crate::index::heartbeat::LastHeartbeat;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use tokio_util::sync::CancellationToken;

/// The name of the lease that the leading controller renews, in the release namespace.
pub const LEASE: &str = "countersign-heartbeat";

/// How far the controller's clock may be ahead of ours before it is not believed.
const TOLERATED_LEAD: SignedDuration = SignedDuration::from_secs(60);

/// What a server makes of the beats it sees. Pure.
#[derive(Debug, Default)]
struct Judge {
    /// The beat as it was written, and what was made of it.
    last: Option<(Timestamp, Timestamp)>,
}

/// Follows the lease in the namespace of `leases` until `stop`. If it vanishes or says nothing, the
/// last beat stays and grows old.
pub async fn follow(last: &LastHeartbeat, leases: Api<Lease>, clock: &dyn Clock, stop: CancellationToken) {
    let mut watch = ObjectWatch::new(leases, LEASE);
    let mut judge = Judge::default();
    loop {
        let seen = tokio::select! {
            () = stop.cancelled() => return,
            seen = watch.next() => seen,
        };
        let Seen::Present(lease) = seen else { continue };
        if let Some(written) = lease.spec.and_then(|spec| spec.renew_time) {
            last.set(judge.judge(written.0, clock.now()));
        }
    }
}

// === impl Judge ===

impl Judge {
    /// The time that counts for a beat `written` in the lease and seen at `now`.
    ///
    /// A beat from beyond the tolerated lead counts as of now: believed as written, one bad clock would
    /// keep published keys alive long after the controller died. It counts so once only, however often
    /// the same beat is seen again, for else each new list would make it young.
    fn judge(&mut self, written: Timestamp, now: Timestamp) -> Timestamp {
        if let Some((seen, judged)) = self.last
            && seen == written
        {
            return judged;
        }
        let latest = now.saturating_add(TOLERATED_LEAD).unwrap_or(Timestamp::MAX);
        let judged = if written > latest { now } else { written };
        self.last = Some((written, judged));
        judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[rstest]
    #[case::past(900, 1_000, 900)]
    #[case::now(1_000, 1_000, 1_000)]
    #[case::slightly_ahead(1_060, 1_000, 1_060)]
    #[case::too_far_ahead(1_061, 1_000, 1_000)]
    #[case::absurd(200_000_000_000, 1_000, 1_000)]
    fn a_beat_from_the_future_counts_as_of_now(
        #[case] written: i64,
        #[case] now: i64,
        #[case] expected: i64,
    ) {
        assert_eq!(Judge::default().judge(at(written), at(now)), at(expected));
    }

    #[test]
    fn a_beat_from_the_future_does_not_stay_young() {
        let mut judge = Judge::default();
        assert_eq!(judge.judge(at(9_000), at(1_000)), at(1_000));
        assert_eq!(judge.judge(at(9_000), at(2_000)), at(1_000));
        assert_eq!(judge.judge(at(9_001), at(3_000)), at(3_000));
    }
}
