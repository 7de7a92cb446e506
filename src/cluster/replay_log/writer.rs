//! Sends the appends of one server, one at a time.

use super::metrics::AppendOutcome;
use super::objects::{Segments, brief};
use super::random_hex;
use super::shared::{Shared, tell};
use super::span;
use crate::replay::replica::{Answered, Write};
use crate::replay::retention::LONGEST_WRITE;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tracing::{Instrument, Span};

/// The longest pause before a write that was turned away for the load is sent again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often it is sent.
const TRIES: u8 = 3;

/// Writes what there is to write; never returns.
pub(super) async fn run(shared: &Shared, segments: &Segments) {
    loop {
        shared.work.notified().await;
        while has_work(shared) {
            let wait = shared.state().pace.wait(shared.steady());
            if !wait.is_zero() {
                sleep(wait).await;
            }
            let Some((write, span)) = next(shared) else { break };
            let sending = async {
                tokio::select! {
                    answered = send(segments, &write) => answered,
                    () = shared.abandoned.notified() => Answered::Unknown,
                }
            };
            let answered = sending.instrument(span.clone()).await;
            span::end(&span, answered);
            drop(span);
            shared.metrics.answered(match answered {
                Answered::Stored => AppendOutcome::Stored,
                Answered::Refused => AppendOutcome::Refused,
                Answered::Unknown => AppendOutcome::Unknown,
            });
            let told = shared.state().replica.answered(answered);
            tell(told);
        }
    }
}

fn has_work(shared: &Shared) -> bool {
    let state = shared.state();
    state.replica.has_work() && state.replica.unseen_since().is_none()
}

fn next(shared: &Shared) -> Option<(Write, Span)> {
    let Ok(name) = random_hex::<16>() else {
        tracing::error!("no random bytes for the name of a segment");
        return None;
    };
    let now = shared.moment();
    let mut state = shared.state();
    let write = state.replica.next_write(now, || name)?;
    state.pace.sent(now.steady, write.keys.len());
    let waiting = state.replica.on_their_way().map(|ticket| &ticket.span);
    let span = span::begin(waiting, write.added);
    drop(state);
    shared.metrics.sent(write.added);
    Some((write, span))
}

async fn send(segments: &Segments, write: &Write) -> Answered {
    let mut tries = 1;
    loop {
        let error = match timeout(LONGEST_WRITE, segments.write(write)).await {
            Ok(Ok(())) => return Answered::Stored,
            Ok(Err(error)) => error,
            Err(_) => {
                tracing::warn!("an append to the replay log was not answered in time");
                return Answered::Unknown;
            }
        };
        match pause_after(&error) {
            Some(pause) if tries < TRIES => {
                tries = tries.saturating_add(1);
                sleep(pause).await;
            }
            _ => {
                let answered = judge(&error);
                tracing::warn!(error = %brief(error), ?answered, "an append to the replay log failed");
                return answered;
            }
        }
    }
}

/// The API server had too much to do and stored nothing: how long it asks us to wait.
fn pause_after(error: &kube::Error) -> Option<Duration> {
    let kube::Error::Api(status) = error else {
        return None;
    };
    if status.code != 429 {
        return None;
    }
    let asked = status
        .details
        .as_ref()
        .map_or(1, |details| details.retry_after_seconds);
    Some(Duration::from_secs(u64::from(asked)).clamp(Duration::from_millis(100), LONGEST_PAUSE))
}

/// Only a refusal before anything was stored is known to be one.
fn judge(error: &kube::Error) -> Answered {
    let refused = if let kube::Error::Api(status) = error {
        (400..500).contains(&status.code) && ![408, 409].contains(&status.code)
    } else {
        matches!(error, kube::Error::Service(error) if was_not_sent(error.as_ref()))
    };
    if refused {
        Answered::Refused
    } else {
        Answered::Unknown
    }
}

fn was_not_sent(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<hyper_util::client::legacy::Error>()
        .is_some_and(hyper_util::client::legacy::Error::is_connect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;
    use rstest::rstest;

    fn answered(code: u16) -> kube::Error {
        kube::Error::Api(Status::failure("no", "Reason").with_code(code).boxed())
    }

    /// T11
    #[rstest]
    #[case::malformed(400, Answered::Refused)]
    #[case::forbidden(403, Answered::Refused)]
    #[case::the_segment_is_gone(404, Answered::Refused)]
    #[case::a_time_out(408, Answered::Unknown)]
    #[case::a_conflict(409, Answered::Unknown)]
    #[case::too_large(413, Answered::Refused)]
    #[case::invalid(422, Answered::Refused)]
    #[case::too_much_to_do(429, Answered::Refused)]
    #[case::internal(500, Answered::Unknown)]
    #[case::unavailable(503, Answered::Unknown)]
    #[case::gateway(504, Answered::Unknown)]
    fn only_a_refusal_before_storage_is_known_to_be_one(#[case] code: u16, #[case] expected: Answered) {
        assert_eq!(judge(&answered(code)), expected);
    }

    #[test]
    fn what_is_no_answer_is_unknown() {
        let broken = std::io::Error::other("connection reset");
        assert_eq!(judge(&kube::Error::Service(Box::new(broken))), Answered::Unknown);
        let cut = serde_json::from_str::<u8>("{").unwrap_err();
        assert_eq!(judge(&kube::Error::SerdeError(cut)), Answered::Unknown);
    }

    /// Where nobody listens, nothing was sent.
    #[tokio::test]
    async fn a_connection_that_was_refused_carried_nothing() {
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .unwrap_or_default();
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let config = kube::Config::new(format!("http://{closed}").parse().unwrap());
        let client = kube::Client::try_from(config).unwrap();
        let request = http::Request::get("/").body(Vec::new()).unwrap();
        let error = client.request_text(request).await.unwrap_err();
        assert_eq!(judge(&error), Answered::Refused, "{error:?}");
    }

    /// K-APF-02
    #[test]
    fn only_a_429_is_sent_again_after_a_bounded_pause() {
        assert_eq!(pause_after(&answered(429)), Some(Duration::from_secs(1)));
        assert_eq!(pause_after(&answered(503)), None);
        let kube::Error::Api(mut status) = answered(429) else {
            unreachable!()
        };
        let details = r#"{"retryAfterSeconds": 3600}"#;
        status.details = Some(serde_json::from_str(details).unwrap());
        assert_eq!(pause_after(&kube::Error::Api(status)), Some(LONGEST_PAUSE));
    }
}
