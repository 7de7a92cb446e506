//! A fault under load, and everything once more afterwards.

use super::history::Outcome;
use super::load::{Assertion, IMPATIENT, Races};
use super::recorder::Recorder;
use super::scenario::Summary;
use super::site::{ALL, Site};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The load under a fault.
pub(super) const SHAPE: Races<'_> = Races {
    times: 6,
    at_once: 16,
    replicas: &ALL,
    wait: IMPATIENT,
    pause: Duration::ZERO,
};
/// Grants before a fault, and after it.
pub(super) const WARM: usize = 50;

impl Site {
    /// Races assertions while `fault` lasts, waits until every replica grants, and presents all of them
    /// once more to every replica, which then can say what they are.
    pub(super) async fn storm(
        &self,
        recorder: &Recorder,
        summary: &mut Summary,
        fault: impl Future<Output = ()>,
    ) -> Vec<Assertion> {
        self.storm_of(recorder, summary, &SHAPE, fault).await
    }

    /// The same with races of another shape.
    pub(super) async fn storm_of(
        &self,
        recorder: &Recorder,
        summary: &mut Summary,
        shape: &Races<'_>,
        fault: impl Future<Output = ()>,
    ) -> Vec<Assertion> {
        let stop = AtomicBool::new(false);
        let fault = async {
            recorder.more(WARM, shape.replicas, Outcome::Granted).await;
            fault.await;
            let took = self.recovered().await;
            recorder.more(WARM, shape.replicas, Outcome::Granted).await;
            stop.store(true, Ordering::Relaxed);
            took
        };
        let (used, recovery) = tokio::join!(self.race_until(recorder, shape, &stop), fault);
        summary.recovered_after(recovery);
        let first = recorder.len();
        self.replay(recorder, &used).await;
        for attempt in recorder.since(first) {
            let decided = matches!(attempt.outcome, Outcome::Granted | Outcome::Replay);
            summary.promise(decided, format!("not decided after the recovery: {attempt:?}"));
        }
        used
    }
}
