use super::*;
use bytes::Bytes;
use rstest::rstest;

const PACE: Pace = Pace {
    refresh: Duration::from_mins(5),
    cooldown: Duration::from_secs(10),
    at_once: 2,
};

/// A schedule with its own time.
struct Run {
    schedule: Schedule,
    start: Instant,
    second: u64,
    /// What the host says.
    max_age: Option<Duration>,
}

impl Run {
    fn new(wanted: &[(&str, &str)]) -> Self {
        let mut run = Self {
            schedule: Schedule::new(PACE),
            start: Instant::now(),
            second: 0,
            max_age: None,
        };
        run.want(wanted);
        run
    }

    fn now(&self) -> Instant {
        self.start.checked_add(Duration::from_secs(self.second)).unwrap()
    }

    fn want(&mut self, wanted: &[(&str, &str)]) {
        let wanted = wanted
            .iter()
            .map(|(url, host)| ((*url).to_owned(), (*host).to_owned()))
            .collect();
        self.schedule.want(&wanted, self.now());
    }

    fn at(&mut self, second: u64) -> Vec<String> {
        self.second = second;
        let started = self.schedule.start(self.now());
        started.into_iter().map(|start| start.url).collect()
    }

    fn finish(&mut self, url: &str, host: &str, result: Result<&'static str, FetchFault>) -> bool {
        let start = Start {
            url: url.to_owned(),
            host: host.to_owned(),
        };
        let result = result.map(|text| Fetched {
            body: Bytes::from_static(text.as_bytes()),
            max_age: self.max_age,
        });
        self.schedule
            .finish(&start, result, self.now(), time(self.second))
    }
}

fn time(second: u64) -> Timestamp {
    Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
}

const DOWN: Result<&str, FetchFault> = Err(FetchFault::Unreachable);

#[test]
fn a_good_url_is_fetched_again_after_the_refresh_time_give_or_take_a_tenth() {
    let mut run = Run::new(&[("u", "h")]);
    assert_eq!(run.at(0), ["u"]);
    assert_eq!(run.at(1), [""; 0], "it is running");
    assert!(run.finish("u", "h", Ok("1")));
    let next = run.schedule.next().unwrap().duration_since(run.now());
    assert!((270..=330).contains(&next.as_secs()), "{next:?}");
    assert_eq!(run.at(260), [""; 0]);
    assert_eq!(run.at(332), ["u"]);
    assert!(!run.finish("u", "h", Ok("1")), "nothing new");
}

/// S-7517-05: `max-age` counts between a minute and the refresh time.
#[rstest]
#[case::an_hour(3600, 270..=330)]
#[case::two_minutes(120, 120..=120)]
#[case::no_caching(0, 60..=60)]
fn a_host_that_wants_less_caching_is_asked_more_often(
    #[case] max_age: u64,
    #[case] expected: std::ops::RangeInclusive<u64>,
) {
    let mut run = Run::new(&[("u", "h")]);
    run.max_age = Some(Duration::from_secs(max_age));
    assert_eq!(run.at(0), ["u"]);
    run.finish("u", "h", Ok("1"));
    let next = run.schedule.next().unwrap().duration_since(run.now());
    assert!(expected.contains(&next.as_secs()), "{next:?}");
}

#[test]
fn a_failing_url_is_tried_again_after_the_cooldown_and_then_ever_more_rarely() {
    let mut run = Run::new(&[("u", "h")]);
    let mut seen = Vec::new();
    for second in 0..700 {
        if run.at(second) == ["u"] {
            seen.push(second);
            run.finish("u", "h", DOWN);
        }
    }
    let pauses: Vec<u64> = seen.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses[..5], [10, 20, 40, 80, 160], "{pauses:?}");
    assert!((270..=330).contains(&pauses[5]), "{pauses:?}");
}

#[test]
fn asking_anew_is_no_way_around_the_cooldown() {
    let mut run = Run::new(&[("u", "h")]);
    assert_eq!(run.at(0), ["u"]);
    run.finish("u", "h", DOWN);
    for second in 1..10 {
        run.want(&[]);
        assert_eq!(run.at(second), [""; 0]);
        run.want(&[("u", "h")]);
        assert_eq!(run.at(second), [""; 0]);
    }
    assert_eq!(run.at(10), ["u"]);
}

#[test]
fn what_nobody_wants_is_not_fetched_and_then_forgotten() {
    let mut run = Run::new(&[("u", "h")]);
    run.at(0);
    run.finish("u", "h", Ok("1"));
    run.want(&[]);
    assert_eq!(run.at(1), [""; 0]);
    assert_ne!(run.schedule.state("u"), SourceState::Pending);
    assert_eq!(run.at(400), [""; 0]);
    assert_eq!(run.schedule.state("u"), SourceState::Pending);
    assert_eq!(run.schedule.next(), None);
}

#[test]
fn a_host_is_called_by_one_fetch_at_a_time() {
    let mut run = Run::new(&[("u1", "h"), ("u2", "h")]);
    assert_eq!(run.at(0), ["u1"]);
    assert_eq!(run.schedule.next(), None);
    run.finish("u1", "h", DOWN);
    assert_eq!(run.at(0), ["u2"]);
}

#[test]
fn only_so_many_run_at_once_and_those_that_answer_go_first() {
    let mut run = Run::new(&[("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!(run.at(0), ["a", "b"]);
    assert_eq!(run.schedule.next(), None, "no slot is free");
    run.finish("a", "1", DOWN);
    assert_eq!(run.at(0), ["c"]);
    run.finish("b", "2", DOWN);
    run.finish("c", "3", Ok("1"));
    assert_eq!(run.at(400), ["c", "a"]);
}

/// S-7517-05
#[test]
fn a_failure_keeps_the_last_good_set_with_its_time_and_says_since_when() {
    let mut run = Run::new(&[("u", "h")]);
    let failing = |since, last_good: Option<(&'static str, u64)>| SourceState::Unreadable {
        why: Unreadable::Fetch(FetchFault::Unreachable),
        since: time(since),
        last_good: last_good.map(|(text, at)| (Document(Bytes::from_static(text.as_bytes())), time(at))),
    };
    run.at(0);
    assert!(run.finish("u", "h", DOWN));
    assert_eq!(run.schedule.state("u"), failing(0, None));
    run.at(400);
    assert!(!run.finish("u", "h", DOWN), "no news");
    assert_eq!(run.schedule.state("u"), failing(0, None));
    run.at(1_000);
    assert!(run.finish("u", "h", Ok("1")));
    run.at(2_000);
    assert!(run.finish("u", "h", DOWN));
    assert_eq!(run.schedule.state("u"), failing(2_000, Some(("1", 1_000))));
    run.at(3_000);
    assert!(
        run.finish("u", "h", Err(FetchFault::Status(500))),
        "another reason"
    );
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(40)]
#[case(u32::MAX)]
fn no_pause_is_shorter_than_the_cooldown(#[case] failures: u32) {
    let hasty = Pace {
        refresh: Duration::ZERO,
        ..PACE
    };
    assert_eq!(hasty.pause("u", failures, None), PACE.cooldown);
    assert!(PACE.pause("u", failures, None) <= Duration::from_secs(330));
}
