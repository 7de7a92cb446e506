//! Lines that cannot be written.

use super::service::{SOON, Service, lines};
use crate::support::eventually;
use countersign::server::audit::{AuditLog, Destination, Form};
use prometheus::Registry;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A place for lines that takes them, fails, or makes the writer wait.
#[derive(Clone, Default)]
struct Place(Arc<Inside>);

#[derive(Default)]
struct Inside {
    taken: Mutex<Taken>,
    changed: Condvar,
}

#[derive(Default)]
struct Taken {
    state: State,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Good,
    Full,
    Stuck,
}

// === impl Place ===

impl Place {
    fn set(&self, state: State) {
        self.0.taken.lock().unwrap().state = state;
        self.0.changed.notify_all();
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.taken.lock().unwrap().bytes.clone()).unwrap()
    }

    fn service(&self, required: bool) -> Service {
        let place = self.clone();
        Service::new(|registry| AuditLog::to(place, required, registry).unwrap())
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stuck = |taken: &mut Taken| taken.state == State::Stuck;
        let taken = self.0.taken.lock().unwrap();
        let mut taken = self.0.changed.wait_while(taken, stuck).unwrap();
        if taken.state == State::Full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        taken.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn failed(service: &Service) {
    eventually(SOON, "a failure", async || {
        let failures = service.failures();
        if failures > 0.0 { Ok(()) } else { Err(failures) }
    })
    .await;
}

fn full(registry: &Registry, required: bool) -> AuditLog {
    let device = Destination::File(PathBuf::from("/dev/full"));
    AuditLog::open(&device, Form::Json, required, registry).unwrap()
}

#[tokio::test]
async fn a_full_disk_is_counted_and_costs_no_answer() {
    let service = Service::new(|registry| full(registry, false));
    for _ in 0..3 {
        assert_eq!(service.post(service.form()).await.0, 200);
    }
    failed(&service).await;
    assert_eq!(service.post(service.form()).await.0, 200);
    assert!(!service.audit.flush(Duration::from_millis(10)).await);
}

#[tokio::test]
async fn lines_wait_for_better_times() {
    let place = Place::default();
    let service = place.service(false);
    place.set(State::Full);
    for _ in 0..3 {
        assert_eq!(service.post(service.form()).await.0, 200);
    }
    failed(&service).await;
    assert_eq!(place.text(), "");
    place.set(State::Good);
    assert!(service.audit.flush(SOON).await);
    assert_eq!(lines(&place.text()).len(), 3);
}

#[tokio::test]
async fn where_lines_are_required_nothing_is_answered_without() {
    let service = Service::new(|registry| full(registry, true));
    for _ in 0..3 {
        let (status, body) = service.post(service.form()).await;
        assert_eq!((status, &body["error"]), (503, &"temporarily_unavailable".into()));
        assert!(body.get("access_token").is_none());
    }
    assert!(service.failures() > 0.0);
}

#[tokio::test]
async fn what_is_required_is_there_before_the_answer_and_again_after_a_failure() {
    let place = Place::default();
    let service = place.service(true);
    assert_eq!(service.post(service.form()).await.0, 200);
    assert_eq!(lines(&place.text()).len(), 1, "before the answer");

    place.set(State::Full);
    assert_eq!(service.post(service.form()).await.0, 503);
    place.set(State::Good);
    eventually(SOON, "a token", async || {
        match service.post(service.form()).await {
            (200, _) => Ok(()),
            (status, body) => Err(format!("{status} {body}")),
        }
    })
    .await;
    let written = lines(&place.text());
    let outcomes: Vec<_> = written
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes[..3], ["granted", "granted", "failed"]);
    assert_eq!(written[1]["request_id"], written[2]["request_id"]);
    assert_eq!(written[2]["reason"], "audit_unavailable");
    assert_eq!(outcomes.last(), Some(&"granted"));
}

#[tokio::test]
async fn a_place_that_takes_nothing_and_says_nothing_holds_no_answer_up_for_long() {
    let place = Place::default();
    place.set(State::Stuck);
    let (free, required) = (place.service(false), place.service(true));
    let began = Instant::now();
    assert_eq!(free.post(free.form()).await.0, 200);
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(required.post(required.form()).await.0, 503);
    place.set(State::Good);
}
