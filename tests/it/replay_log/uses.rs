//! One assertion, in every way that it can be used again.

use super::checker::{Faults, check};
use super::history::{Attempt, Outcome, Slot};
use super::load::{Answered, Assertion, PATIENT};
use super::recorder::Recorder;
use super::scenario::Summary;
use super::site::{ALL, PATIENCE, REPLICAS, Site};
use crate::support::eventually;
use crate::support::workloads::{client_object, jwks};
use countersign::api::v1alpha1::OAuthClient;
use futures::future::join_all;
use kube::api::{Api, DeleteParams};
use serde_json::json;

const SLOTS: [Slot; 2] = [Slot::Client, Slot::Grant];

impl Site {
    /// Presents an assertion that must be granted.
    async fn must_grant(&self, replica: usize, assertion: &Assertion, slot: Slot, what: &str) {
        let answer = self.answer(replica, assertion, slot, PATIENT).await;
        assert_eq!(answer.outcome, Outcome::Granted, "{what}: {answer:?}");
    }

    /// Presents a used assertion to every replica, in both slots.
    async fn must_be_used(&self, assertion: &Assertion, what: &str) {
        for replica in ALL {
            for slot in SLOTS {
                let answer = self.answer(replica, assertion, slot, PATIENT).await;
                assert_eq!(
                    answer.outcome,
                    Outcome::Replay,
                    "{what}, replica {replica}, {slot:?}: {answer:?}"
                );
            }
        }
    }

    /// Presents two assertions of one client in one request; `slot` is the one that is at fault, if any.
    async fn both(&self, replica: usize, client: &Assertion, grant: &Assertion, slot: Slot) -> Answered {
        let form = format!(
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={}&client_assertion={}\
             &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            grant.jwt, client.jwt
        );
        self.post(replica, form, slot, PATIENT).await
    }

    /// Two new assertions of one client.
    fn pair(&self) -> (Assertion, Assertion) {
        let number = || self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (self.assertion_of(0, number()), self.assertion_of(0, number()))
    }
}

/// C4, D-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_what_was_used_once_is_used_everywhere_and_nothing_else_is() {
    let site = Site::start("uses").await;
    let namespace = site.release.namespace();

    for first in SLOTS {
        for replica in ALL {
            let assertion = site.assertion();
            site.must_grant(replica, &assertion, first, "new").await;
            site.must_be_used(&assertion, "used").await;
        }
    }

    // A client with the key of another: each has jtis of its own, and neither can use the other's.
    let (client, twin) = (&site.clients[0], format!("{namespace}/twin"));
    let identities = json!([{ "keys": { "jwks": jwks(&[&client.key]) } }]);
    site.plane
        .apply(&client_object(namespace, "twin", identities.clone()))
        .await;
    let (used, _) = site.pair();
    site.must_grant(0, &used, Slot::Client, "one client's").await;
    let same_number = site.assertion_by(&client.key, &twin, used.key);
    eventually(PATIENCE, "the twin's grant", async || {
        let answer = site.answer(1, &same_number, Slot::Client, PATIENT).await;
        (answer.outcome == Outcome::Granted)
            .then_some(())
            .ok_or(answer.said)
    })
    .await;
    site.must_be_used(&same_number, "the other client's").await;
    for assertion in [&used, &site.assertion_of(0, u64::MAX)] {
        let form = format!("{}&client_id={twin}", assertion.form(Slot::Client));
        let answer = site.post(2, form, Slot::Client, PATIENT).await;
        assert_eq!(answer.outcome, Outcome::Replay, "for another client: {answer:?}");
    }

    // The client goes and comes back.
    let clients: Api<OAuthClient> = Api::namespaced(site.plane.admin(), namespace);
    clients
        .delete("client-0", &DeleteParams::default())
        .await
        .unwrap();
    for replica in ALL {
        eventually(PATIENCE, "the end of the client", async || {
            let answer = site.answer(replica, &site.pair().0, Slot::Client, PATIENT).await;
            (answer.outcome == Outcome::Replay)
                .then_some(())
                .ok_or(answer.said)
        })
        .await;
    }
    site.plane
        .apply(&client_object(namespace, "client-0", identities))
        .await;
    for replica in ALL {
        eventually(PATIENCE, "the new client", async || {
            let answer = site.answer(replica, &site.pair().0, Slot::Client, PATIENT).await;
            (answer.outcome == Outcome::Granted)
                .then_some(())
                .ok_or(answer.said)
        })
        .await;
    }
    site.must_be_used(&used, "by the client that was").await;
}

/// A request with two assertions is granted if it owns both. If one of them is known to be used, the other
/// is not touched.
/// C8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c8_a_replay_beside_a_new_assertion_is_refused_and_the_new_one_stays_new() {
    let site = Site::start("both").await;
    let (used, _) = site.pair();
    site.must_grant(0, &used, Slot::Client, "new").await;
    for replica in ALL {
        let (new, other) = site.pair();
        let answer = site.both(replica, &new, &used, Slot::Grant).await;
        assert_eq!(answer.outcome, Outcome::Replay, "a used assertion: {answer:?}");
        let answer = site.both(replica, &used, &other, Slot::Client).await;
        assert_eq!(
            answer.outcome,
            Outcome::Replay,
            "a used client_assertion: {answer:?}"
        );
        let answer = site.both(replica, &new, &other, Slot::Client).await;
        assert_eq!(answer.outcome, Outcome::Granted, "both are new: {answer:?}");
        for assertion in [&new, &other] {
            site.must_be_used(assertion, "used together").await;
        }
    }
}

/// Of requests at once that share an assertion one is granted; what the others had besides may be used up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_assertions_that_race_with_others_all_or_none_are_honoured() {
    let site = Site::start("pairs").await;
    let (recorder, mut summary) = (
        Recorder::new(),
        Summary::new("pairs of assertions that share one"),
    );
    let mut used_up = 0;
    for _ in 0..20 {
        let (shared, _) = site.pair();
        let others: Vec<_> = (0..REPLICAS).map(|_| site.pair().0).collect();
        let (site, recorder, one) = (&site, &recorder, &shared);
        let requests = others.iter().enumerate().map(|(replica, other)| async move {
            let started = recorder.elapsed();
            let answer = site.both(replica, other, one, Slot::Grant).await;
            let ended = recorder.elapsed();
            let attempt = |key, outcome| Attempt {
                key,
                replica,
                started,
                ended,
                outcome,
            };
            recorder.record(attempt(one.key, answer.outcome));
            // Of the other it is known that it was honoured with this one, or not.
            let refused = answer.outcome == Outcome::Replay;
            let outcome = if refused {
                Outcome::Unavailable
            } else {
                answer.outcome
            };
            recorder.record(attempt(other.key, outcome));
            answer.outcome
        });
        let outcomes = join_all(requests).await;
        let granted = outcomes.iter().filter(|outcome| **outcome == Outcome::Granted);
        let granted = granted.count();
        summary.promise(granted == 1, format!("{outcomes:?}"));
        for (other, outcome) in others.iter().zip(outcomes) {
            let again = site.attempt(recorder, 0, other, Slot::Client, PATIENT).await;
            if outcome == Outcome::Replay && again == Outcome::Replay {
                used_up += 1;
            }
        }
        site.replay(recorder, &[vec![shared.clone()], others].concat())
            .await;
    }
    summary.note(format!("{used_up} of 40 assertions were used up beside a replay"));
    summary.verdict.join(check(&recorder.since(0), Faults::Some));
    summary.expect_replays(&site).await;
    summary.assert_lawful();
}
