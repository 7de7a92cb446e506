//! Waiting for a condition, with a deadline, and a failure that says what never came.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// The pause between two looks.
const STEP: Duration = Duration::from_millis(10);

/// What one look found: the value waited for, or why it is not there yet.
pub(crate) trait Outcome {
    /// The value waited for.
    type Value;

    /// The value, or why there is none.
    fn outcome(self) -> Result<Self::Value, String>;
}

/// Looks with `probe` until it yields a value (`Some` or `Ok`), and returns the value.
///
/// # Panics
/// When `deadline` has passed, with `what` and the last error.
pub(crate) async fn eventually<O: Outcome>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> O,
) -> O::Value {
    let begun = Instant::now();
    let mut last = "the first look did not finish".to_owned();
    while let Ok(found) = timeout(deadline.saturating_sub(begun.elapsed()), probe()).await {
        match found.outcome() {
            Ok(value) => return value,
            Err(error) => last = error,
        }
        if begun.elapsed() >= deadline {
            break;
        }
        sleep(STEP).await;
    }
    panic!("waited {deadline:?} in vain for {what}: {last}");
}

// === impl Outcome ===

impl<T> Outcome for Option<T> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.ok_or_else(|| "not there".to_owned())
    }
}

impl<T, E: Display> Outcome for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}
