//! Rules 4 to 7 of RFC 7523 §3: the times of a JWT, and what honouring it once takes.

use super::Scene;
use crate::core::clock::after;
use crate::grants::{AssertionFault, Moment};
use crate::jose::Claims;
use crate::replay::key::{Purpose, ReplayKey};
use jiff::{SignedDuration, Timestamp};

/// The times of a JWT that is valid now.
pub(super) struct Times {
    pub(super) expires: Timestamp,
    pub(super) refused_from: Timestamp,
    issued_at: Option<Timestamp>,
    now: Timestamp,
}

// === impl Times ===

impl Times {
    /// Rules 4 to 6: not expired, not used before its time, not issued in the future.
    pub(super) fn read(claims: &Claims, scene: &Scene<'_>) -> Result<Self, AssertionFault> {
        let (now, skew) = (scene.moment.now, scene.settings.skew);
        let expires = claims.expiry()?;
        let refused_from = after(expires, skew);
        let latest_start = after(now, skew);
        if now >= refused_from {
            return Err(AssertionFault::Expired);
        }
        if claims.not_before()?.is_some_and(|start| start > latest_start) {
            return Err(AssertionFault::NotYetValid);
        }
        let issued_at = claims.issued_at()?;
        if issued_at.is_some_and(|issued| issued > latest_start) {
            return Err(AssertionFault::IssuedInTheFuture);
        }
        Ok(Self {
            expires,
            refused_from,
            issued_at,
            now,
        })
    }

    /// `iat`, which is required, if `exp` is no more than `limit` after it.
    pub(super) fn issued_at(&self, limit: SignedDuration) -> Result<Timestamp, AssertionFault> {
        let issued_at = self.issued_at.ok_or(AssertionFault::NoIssuedAt)?;
        self.check_lifetime(issued_at, limit)?;
        Ok(issued_at)
    }

    /// That `exp` is no more than `limit` after `iat`, or after now where there is no `iat`.
    pub(super) fn check_remaining(&self, limit: SignedDuration) -> Result<(), AssertionFault> {
        self.check_lifetime(self.issued_at.unwrap_or(self.now), limit)
    }

    fn check_lifetime(&self, start: Timestamp, limit: SignedDuration) -> Result<(), AssertionFault> {
        let lifetime = self.expires.duration_since(start);
        let before_it_was_issued = self.issued_at.is_some() && lifetime.is_negative();
        if lifetime > limit || before_it_was_issued {
            return Err(AssertionFault::Lifetime(limit.as_secs()));
        }
        Ok(())
    }
}

/// Rule 7: the `jti` of a JWT that is honoured once, and what its use is recorded as. `trust` says through
/// what its issuer is trusted.
pub(super) fn single_use(
    claims: &Claims,
    trust: &str,
    issued_at: Timestamp,
    scene: &Scene<'_>,
) -> Result<(ReplayKey, String), AssertionFault> {
    let jwt_id = claims.jwt_id()?.ok_or(AssertionFault::NoJwtId)?;
    let Moment { log_birth, .. } = scene.moment;
    if log_birth.is_some_and(|birth| issued_at < after(birth, scene.settings.skew)) {
        return Err(AssertionFault::BeforeTheLog);
    }
    let key = ReplayKey::new(Purpose::Assertion, trust, claims.issuer()?, jwt_id);
    Ok((key, jwt_id.to_owned()))
}
