//! How keys are rotated: times that hold together, or an error.

use crate::jose::Algorithm;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use thiserror::Error;

/// How long a JWKS that we served may be cached, as our `Cache-Control` says.
pub const JWKS_CACHE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// What a key may take from being written to standing in every replica's JWKS, and clocks that differ.
pub const PROPAGATION: SignedDuration = SignedDuration::from_mins(5);

/// The longest life of an access token.
pub const LONGEST_TOKEN: SignedDuration = SignedDuration::from_hours(1);

/// The leeway of verifiers.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// When keys are made and forgotten, and for which algorithms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationPolicy {
    algorithms: BTreeSet<Algorithm>,
    rotate_every: SignedDuration,
    publish_before: SignedDuration,
    keep_after: SignedDuration,
}

/// A policy under which tokens would not verify, or none could be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Nothing to sign with.
    #[error("name at least one signature algorithm")]
    NoAlgorithm,
    /// A verifier with a cached JWKS would meet an unknown key.
    #[error(
        "keys must be published at least 10 minutes before use: 5 for cached JWKS, 5 to reach every replica"
    )]
    PublishedTooLate,
    /// A token could outlive its key.
    #[error(
        "keys must be kept at least 66 minutes after use: the longest token, leeway, and 5 to reach every replica"
    )]
    ForgottenTooEarly,
    /// A key would be replaced before it was used for long.
    #[error("keys must be rotated no sooner than twice the time of their publication before use")]
    RotatedTooOften,
    /// A time beyond what can be reckoned with.
    #[error("rotation times must be at most ten years")]
    TooLong,
}

const TEN_YEARS: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

// === impl RotationPolicy ===

impl RotationPolicy {
    /// How long a key is used if nothing else is said.
    pub const ROTATE_EVERY: SignedDuration = SignedDuration::from_hours(30 * 24);
    /// How long it is published before that.
    pub const PUBLISH_BEFORE: SignedDuration = SignedDuration::from_hours(1);
    /// How long it is kept after that.
    pub const KEEP_AFTER: SignedDuration = SignedDuration::from_mins(66);

    /// The usual times.
    pub fn new(algorithms: BTreeSet<Algorithm>) -> Result<Self, PolicyError> {
        Self::with_times(
            algorithms,
            Self::ROTATE_EVERY,
            Self::PUBLISH_BEFORE,
            Self::KEEP_AFTER,
        )
    }

    /// `rotate_every`: how long a key signs. `publish_before`: how long it is in the JWKS before it does.
    /// `keep_after`: how long after it does. Parts of a second are dropped.
    pub fn with_times(
        algorithms: BTreeSet<Algorithm>,
        rotate_every: SignedDuration,
        publish_before: SignedDuration,
        keep_after: SignedDuration,
    ) -> Result<Self, PolicyError> {
        let [rotate_every, publish_before, keep_after] =
            [rotate_every, publish_before, keep_after].map(|time| SignedDuration::from_secs(time.as_secs()));
        if algorithms.is_empty() {
            return Err(PolicyError::NoAlgorithm);
        }
        if [rotate_every, publish_before, keep_after]
            .iter()
            .any(|time| *time > TEN_YEARS)
        {
            return Err(PolicyError::TooLong);
        }
        if publish_before < JWKS_CACHE_LIFETIME.saturating_add(PROPAGATION) {
            return Err(PolicyError::PublishedTooLate);
        }
        if keep_after < LONGEST_TOKEN.saturating_add(LEEWAY).saturating_add(PROPAGATION) {
            return Err(PolicyError::ForgottenTooEarly);
        }
        if rotate_every < publish_before.saturating_add(publish_before) {
            return Err(PolicyError::RotatedTooOften);
        }
        Ok(Self {
            algorithms,
            rotate_every,
            publish_before,
            keep_after,
        })
    }

    /// The algorithms that tokens are signed with; at least one.
    pub const fn algorithms(&self) -> &BTreeSet<Algorithm> {
        &self.algorithms
    }

    /// How long a key signs.
    pub const fn rotate_every(&self) -> SignedDuration {
        self.rotate_every
    }

    /// How long it is in the JWKS before it signs.
    pub const fn publish_before(&self) -> SignedDuration {
        self.publish_before
    }

    /// How long it is in the JWKS after it signed.
    pub const fn keep_after(&self) -> SignedDuration {
        self.keep_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::published_too_late(43_200, 9, 66, PolicyError::PublishedTooLate)]
    #[case::not_published(43_200, 0, 66, PolicyError::PublishedTooLate)]
    #[case::negative(43_200, -60, 66, PolicyError::PublishedTooLate)]
    #[case::forgotten_too_early(43_200, 60, 65, PolicyError::ForgottenTooEarly)]
    #[case::rotated_too_often(119, 60, 66, PolicyError::RotatedTooOften)]
    #[case::rotated_never(i64::from(i32::MAX), 60, 66, PolicyError::TooLong)]
    #[case::kept_for_ever(43_200, 60, i64::from(i32::MAX), PolicyError::TooLong)]
    fn times_that_do_not_hold_together_are_refused(
        #[case] every: i64,
        #[case] before: i64,
        #[case] after: i64,
        #[case] expected: PolicyError,
    ) {
        let [every, before, after] = [every, before, after].map(SignedDuration::from_mins);
        assert_eq!(
            RotationPolicy::with_times([Algorithm::Es256].into(), every, before, after),
            Err(expected)
        );
    }

    #[test]
    fn no_algorithm_is_not_every_algorithm() {
        assert_eq!(
            RotationPolicy::new(BTreeSet::new()),
            Err(PolicyError::NoAlgorithm)
        );
    }

    #[test]
    fn the_usual_times_hold_together() {
        assert!(RotationPolicy::new([Algorithm::Rs256, Algorithm::Es256].into()).is_ok());
    }
}
