use super::state::{register_index, register_keys};
use super::*;
use crate::core::clock::{Clock, ManualClock};
use crate::grants::{AssertionFault, Reason, Refusal, Slot};
use crate::index::{Index, MintedResources};
use crate::jose::SigningKey;
use crate::keys::{Plan, RotationPolicy, SigningKeyStore, SigningKeys, plan};
use crate::oauth::reason::ReasonCode;
use crate::server::answer::HttpFault;
use jiff::{SignedDuration, Timestamp};
use prometheus::proto::Metric;
use rstest::rstest;
use std::collections::BTreeSet;
use std::sync::Arc;

fn metrics() -> (Registry, ServerMetrics) {
    let registry = Registry::new();
    let metrics = ServerMetrics::new(&registry, &[Algorithm::Es256]).unwrap();
    (registry, metrics)
}

/// The series of `family`, each with its labels in the order of their names, and its value or count.
fn series(registry: &Registry, family: &str) -> Vec<(Vec<String>, f64)> {
    let families = registry.gather();
    let found = families.iter().find(|found| found.name() == family);
    let value = |metric: &Metric| {
        let samples = u32::try_from(metric.get_histogram().get_sample_count()).unwrap();
        metric.get_counter().get_value() + metric.get_gauge().get_value() + f64::from(samples)
    };
    let labels = |metric: &Metric| {
        let pairs = metric.get_label().iter();
        pairs.map(|pair| pair.value().to_owned()).collect()
    };
    let metrics = found.map(prometheus::proto::MetricFamily::get_metric);
    let metrics = metrics.unwrap_or_default().iter();
    metrics.map(|metric| (labels(metric), value(metric))).collect()
}

/// The labels of the series that are not 0.
fn counted(registry: &Registry, family: &str) -> Vec<Vec<String>> {
    let counted = series(registry, family)
        .into_iter()
        .filter(|(_, value)| *value > 0.0);
    counted.map(|(labels, _)| labels).collect()
}

#[rstest]
#[case::bug(Reason::Bug("x"), "failed", "server_error")]
#[case::unavailable(Reason::ReplayLogUnavailable, "failed", "temporarily_unavailable")]
#[case::share(Reason::ClientShareUsed, "denied", "slow_down")]
#[case::scope(Reason::ScopeExceeded, "denied", "invalid_scope")]
fn what_is_ours_is_told_from_verdicts(#[case] reason: Reason, #[case] outcome: &str, #[case] error: &str) {
    let (registry, metrics) = metrics();
    let answer = Answer::Refused(reason.into());
    metrics.observe(&answer, &Record::default(), Duration::ZERO);
    assert_eq!(
        counted(&registry, "countersign_token_requests_total"),
        [[error, "none", outcome]]
    );
    assert_eq!(
        counted(&registry, "countersign_token_request_duration_seconds"),
        [["none", "false"]]
    );
}

#[rstest]
#[case::secret(Reason::NotAuthenticated, &["none", "client_not_authenticated"])]
#[case::replay(
    Reason::Assertion { slot: Slot::ClientAssertion, fault: AssertionFault::Replayed },
    &["client_assertion", "assertion_replayed"]
)]
fn failed_authentication_is_counted_by_method(#[case] reason: Reason, #[case] expected: &[&str]) {
    let (registry, metrics) = metrics();
    metrics.observe(
        &Answer::Refused(reason.into()),
        &Record::default(),
        Duration::ZERO,
    );
    assert_eq!(
        counted(&registry, "countersign_client_auth_failures_total"),
        [expected]
    );
}

#[test]
fn a_grant_that_is_not_valid_is_no_failed_authentication() {
    let (registry, metrics) = metrics();
    let replayed = Slot::Assertion.refuse(AssertionFault::Replayed);
    metrics.observe(&Answer::Refused(replayed), &Record::default(), Duration::ZERO);
    assert!(counted(&registry, "countersign_client_auth_failures_total").is_empty());
    assert_eq!(
        series(&registry, "countersign_replay_rejected_total"),
        [(vec![], 1.0)]
    );
    assert_eq!(
        counted(&registry, "countersign_refusals_total"),
        [["assertion_replayed"]]
    );
}

#[test]
fn shares_and_policies_are_counted() {
    let (registry, metrics) = metrics();
    for reason in [Reason::ClientShareUsed, Reason::TargetNotMinted, Reason::NoTarget] {
        metrics.observe(
            &Answer::Refused(Refusal::from(reason)),
            &Record::default(),
            Duration::ZERO,
        );
    }
    let limited = series(&registry, "countersign_rate_limited_total");
    assert_eq!(limited, [(vec!["client".to_owned()], 1.0)]);
    assert_eq!(
        counted(&registry, "countersign_policy_denials_total"),
        [["target_not_minted"]]
    );
}

#[test]
fn every_series_is_there_from_the_start() {
    let (registry, metrics) = metrics();
    let names = || -> BTreeSet<_> {
        let families = registry.gather();
        let names = families.iter().map(|family| family.name().to_owned());
        names
            .flat_map(|name| {
                series(&registry, &name)
                    .into_iter()
                    .map(move |(labels, _)| (name.clone(), labels))
            })
            .collect()
    };
    let before = names();
    for fault in [HttpFault::Method, HttpFault::Body] {
        metrics.observe(&Answer::NotARequest(fault), &Record::default(), Duration::ZERO);
    }
    let reasons = [
        Reason::NotAuthenticated,
        Reason::ClientsNotRead,
        Reason::GrantNotAllowed,
    ];
    let faults = [
        AssertionFault::UnknownClient,
        AssertionFault::NoJwtId,
        AssertionFault::ScopeClaim,
    ];
    let of_slot = |slot: Slot| faults.clone().map(|fault| slot.refuse(fault));
    let refusals = reasons.map(Refusal::from).into_iter();
    for refusal in refusals
        .chain(of_slot(Slot::Assertion))
        .chain(of_slot(Slot::ClientAssertion))
    {
        metrics.observe(&Answer::Refused(refusal), &Record::default(), Duration::ZERO);
    }
    assert_eq!(names(), before);
    let reasons = series(&registry, "countersign_refusals_total");
    assert_eq!(reasons.len(), ReasonCode::ALL.len());
}

#[test]
fn keys_are_shown_for_as_long_as_the_key_set_shows_them() {
    let registry = Registry::new();
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let store = Arc::new(SigningKeyStore::new());
    let time: Arc<dyn Clock> = clock.clone();
    register_keys(&registry, &store, &time, &[Algorithm::Es256]).unwrap();
    let states = || -> Vec<String> {
        let shown = counted(&registry, "countersign_signing_key_info").into_iter();
        shown.map(|labels| labels[2].clone()).collect()
    };
    let active = || counted(&registry, "countersign_signing_keys");
    assert!(states().is_empty());
    assert_eq!(series(&registry, "countersign_signing_keys").len(), 3);

    let policy = RotationPolicy::new([Algorithm::Es256].into()).unwrap();
    let step = || {
        let ring = store
            .current()
            .map(|keys| keys.ring().clone())
            .unwrap_or_default();
        if let Plan::Write(draft) = plan(&ring, clock.now(), &policy) {
            let made = |algorithm| -> anyhow::Result<_> { Ok(SigningKey::generate(algorithm)?) };
            store.replace(SigningKeys::new(draft.complete(made).unwrap()));
        }
    };
    step();
    assert_eq!(states(), ["active"]);
    let due = start.saturating_add(RotationPolicy::ROTATE_EVERY).unwrap();
    let not_after = || series(&registry, "countersign_signing_key_not_after_timestamp_seconds");
    assert!((not_after()[0].1 - f64::from(i32::try_from(due.as_second()).unwrap())).abs() < 0.5);

    let to = |then: Timestamp| clock.advance(then.duration_since(clock.now()).as_secs());
    to(due.saturating_sub(RotationPolicy::PUBLISH_BEFORE).unwrap());
    step();
    let mut both = states();
    both.sort();
    assert_eq!(both, ["active", "published"]);
    assert_eq!(not_after().len(), 2);
    to(due.saturating_add(SignedDuration::from_secs(1)).unwrap());
    assert_eq!(active(), [["ES256", "active"], ["ES256", "retiring"]]);
    to(due.saturating_add(RotationPolicy::KEEP_AFTER).unwrap());
    assert_eq!(states(), ["active"], "the old one is gone");
    assert_eq!(not_after().len(), 1);
}

#[test]
fn a_heartbeat_that_never_came_is_0() {
    let registry = Registry::new();
    let index = Arc::new(Index::new(MintedResources::any(Algorithm::Es256)));
    register_index(&registry, &index).unwrap();
    let beat = || series(&registry, "countersign_controller_heartbeat_timestamp_seconds")[0].1;
    assert!(beat().abs() < 0.5);
    index
        .last_heartbeat()
        .set(Timestamp::from_second(1_800_000_000).unwrap());
    assert!((beat() - 1_800_000_000.0).abs() < 0.5);
}
