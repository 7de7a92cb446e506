//! Requests, one at a time and many, and the history they make.

use super::history::{Attempt, Outcome, Slot};
use super::recorder::Recorder;
use super::site::{REPLICAS, Site};
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::SigningKey;
use futures::StreamExt as _;
use futures::future::{join_all, ready};
use futures::stream;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// How far ahead of the clock assertions are issued: as far as servers allow, so that one that has only
/// just started decides on them.
const AHEAD: i64 = 30;
/// Seconds.
const LIFETIME: i64 = 300;
/// What expires in so many seconds is not replayed: it might be refused as expired.
const SOON: i64 = 90;
/// How long a caller waits under faults. Servers take longer to give up.
pub(super) const IMPATIENT: Duration = Duration::from_secs(3);
/// How long a caller waits whose answer must come.
pub(super) const PATIENT: Duration = Duration::from_secs(15);

/// How many replays are on their way at a time.
const REPLAYS_AT_ONCE: usize = 32;

/// How assertions are raced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Races<'a> {
    /// How often each assertion is presented at once.
    pub(super) times: usize,
    /// How many assertions are on their way at a time.
    pub(super) at_once: usize,
    /// Where they are presented, in turn.
    pub(super) replicas: &'a [usize],
    /// How long each caller waits.
    pub(super) wait: Duration,
    /// How long it is from the end of a race to the next.
    pub(super) pause: Duration,
}

/// An assertion that can be used once.
#[derive(Debug, Clone)]
pub(super) struct Assertion {
    pub(super) key: u64,
    /// Seconds since the epoch.
    pub(super) expires: i64,
    pub(super) jwt: Arc<str>,
}

/// An answer, or that there was none.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) outcome: Outcome,
    /// What was answered, for messages.
    pub(super) said: String,
}

#[derive(Deserialize)]
struct Body {
    access_token: Option<String>,
    error: Option<String>,
}

// === impl Assertion ===

impl Assertion {
    /// The form that presents it.
    pub(super) fn form(&self, slot: Slot) -> String {
        let jwt = &self.jwt;
        match slot {
            Slot::Client => format!(
                "grant_type=client_credentials&client_assertion={jwt}\
                 &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            ),
            Slot::Grant => {
                format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={jwt}")
            }
        }
    }
}

impl Site {
    /// A new assertion of one of the clients.
    pub(super) fn assertion(&self) -> Assertion {
        let key = self.made.fetch_add(1, Ordering::Relaxed);
        let client = usize::try_from(key).unwrap() % self.clients.len();
        self.assertion_of(client, key)
    }

    /// The assertion of this client with this number.
    pub(super) fn assertion_of(&self, client: usize, key: u64) -> Assertion {
        let client = &self.clients[client];
        self.assertion_by(&client.key, &client.id, key)
    }

    /// The assertion of a client with this key, with this number.
    pub(super) fn assertion_by(&self, signer: &SigningKey, client: &str, key: u64) -> Assertion {
        let issued = SystemClock.now().as_second() + AHEAD;
        let claims = json!({
            "iss": client, "sub": client, "aud": self.issuer, "jti": format!("{key}"),
            "iat": issued, "exp": issued + LIFETIME,
        });
        let jwt = signer.sign_jws(None, &serde_json::to_vec(&claims).unwrap());
        Assertion {
            key,
            expires: issued + LIFETIME,
            jwt: jwt.unwrap().into(),
        }
    }

    /// Presents an assertion to a replica, and waits for the answer.
    pub(super) async fn answer(
        &self,
        replica: usize,
        assertion: &Assertion,
        slot: Slot,
        wait: Duration,
    ) -> Answered {
        self.post(replica, assertion.form(slot), slot, wait).await
    }

    /// Sends a form to a replica; what is refused is in `slot`.
    pub(super) async fn post(&self, replica: usize, form: String, slot: Slot, wait: Duration) -> Answered {
        let replica = &self.replicas[replica];
        let request = replica
            .http
            .post(format!("{}/token", replica.seat.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .timeout(wait)
            .body(form);
        let read = async {
            let response = request.send().await?;
            let (status, retry) = (
                response.status().as_u16(),
                response.headers().contains_key(RETRY_AFTER),
            );
            Ok::<_, reqwest::Error>((status, retry, response.text().await?))
        };
        match read.await {
            Ok((status, retry, text)) => Answered::read(status, retry, &text, slot),
            Err(error) => Answered {
                outcome: Outcome::Broken,
                said: error.to_string(),
            },
        }
    }

    /// Presents an assertion to a replica, and writes it down.
    pub(super) async fn attempt(
        &self,
        recorder: &Recorder,
        replica: usize,
        assertion: &Assertion,
        slot: Slot,
        wait: Duration,
    ) -> Outcome {
        let started = recorder.elapsed();
        let outcome = self.answer(replica, assertion, slot, wait).await.outcome;
        let attempt = Attempt {
            key: assertion.key,
            replica,
            started,
            ended: recorder.elapsed(),
            outcome,
        };
        recorder.record(attempt);
        outcome
    }

    /// Presents one new assertion `times` at once, to these replicas in turn and in both slots.
    pub(super) async fn race(&self, recorder: &Recorder, shape: &Races<'_>) -> Assertion {
        let assertion = self.assertion();
        let first = usize::try_from(assertion.key).unwrap();
        let attempts = (0..shape.times).map(|number| {
            let count = shape.replicas.len();
            let replica = shape.replicas[(first + number) % count];
            self.attempt(recorder, replica, &assertion, slot(number / count), shape.wait)
        });
        join_all(attempts).await;
        sleep(shape.pause).await;
        assertion
    }

    /// Races new assertions until `stop`; returns them, all of which were used.
    pub(super) async fn race_until(
        &self,
        recorder: &Recorder,
        shape: &Races<'_>,
        stop: &AtomicBool,
    ) -> Vec<Assertion> {
        let going = stream::repeat(()).take_while(|()| ready(!stop.load(Ordering::Relaxed)));
        let races = going.map(|()| self.race(recorder, shape));
        races.buffer_unordered(shape.at_once).collect().await
    }

    /// Presents each of `used` that is far from its end once more to every replica.
    pub(super) async fn replay(&self, recorder: &Recorder, used: &[Assertion]) {
        let soon = SystemClock.now().as_second() + SOON;
        let good = used.iter().filter(|assertion| assertion.expires > soon);
        let replays = stream::iter(good.enumerate()).map(|(number, assertion)| async move {
            for step in 0..REPLICAS {
                let replica = (number + step) % REPLICAS;
                self.attempt(recorder, replica, assertion, slot(step), PATIENT)
                    .await;
            }
        });
        replays.buffer_unordered(REPLAYS_AT_ONCE).collect::<()>().await;
    }
}

/// One slot and the other in turn.
const fn slot(number: usize) -> Slot {
    if number.is_multiple_of(2) {
        Slot::Client
    } else {
        Slot::Grant
    }
}

// === impl Answered ===

impl Answered {
    fn read(status: u16, retry: bool, text: &str, slot: Slot) -> Self {
        let body: Option<Body> = serde_json::from_str(text).ok();
        let outcome = match body {
            Some(Body {
                access_token: Some(_),
                error: None,
            }) => Outcome::of(status, "", slot),
            // Who is told to come later is told when.
            Some(Body {
                access_token: None,
                error: Some(error),
            }) if retry || status < 429 => Outcome::of(status, &error, slot),
            _ => Outcome::Other,
        };
        Self {
            outcome,
            said: format!("{status} {text}"),
        }
    }
}
