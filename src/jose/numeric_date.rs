//! `NumericDate` (RFC 7519 §2): seconds since the epoch as a JSON number, read without wrapping or rounding up.

use jiff::{SignedDuration, Timestamp};
use serde_json::Number;
use std::time::Duration;

/// The last second of the year 9999.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The instant that `number` means; nothing if it is negative or after the year 9999.
///
/// Fractions and exponents are fine. The last day of the year 9999, which has no representation in every time
/// zone, becomes the latest instant that there is.
pub(super) fn read(number: &Number) -> Option<Timestamp> {
    let since_epoch = match (number.as_u64(), number.as_f64()) {
        (Some(seconds), _) => Duration::from_secs(seconds),
        (None, Some(seconds)) => Duration::try_from_secs_f64(seconds).ok()?,
        (None, None) => return None,
    };
    if since_epoch > LAST {
        return None;
    }
    let since_epoch = SignedDuration::try_from(since_epoch).ok()?;
    Some(Timestamp::from_duration(since_epoch).unwrap_or(Timestamp::MAX))
}
