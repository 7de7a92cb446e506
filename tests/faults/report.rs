//! The long form of every scenario, and what came of it on paper.

use super::history::Outcome;
use super::scenario::{Extent, Summary};
use super::{api_servers, clocks, connections, races, reinstalled, replicas, storage};
use crate::support::announce;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant};

/// Fewer prove too little.
const ATTEMPTS: usize = 1_000_000;
const PLACE: &str = "docs/replay-log-report.md";

const HEAD: &str = "# The replay log under faults

Written by `bash tests/faults/run`. Three server processes (a release build) of one issuer, one controller, an etcd that waits
for the disk, a kube-apiserver, and the load share one machine. What each scenario does is in `tests/it/replay_log`; the same
scenarios run in seconds with `cargo test --test it replay_log`.

Every request is recorded with its assertion, replica, start, end and outcome, and a checker judges the whole history. A
*violation* is an assertion that was granted twice; a first use that was called a replay (no other attempt, sent before that
answer came, could have recorded it); an answer of another kind; without faults, any 503; and, after a fault, anything that
is not decided once every replica grants again. *Broken* is no answer: a connection that ended, or three seconds of waiting.
";

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Runs a scenario; a panic in it is a violation.
async fn run(name: &'static str, scenario: LocalBoxFuture<'_, Summary>) -> Summary {
    let ended = AssertUnwindSafe(scenario).catch_unwind().await;
    let mut summary = ended.unwrap_or_else(|_| {
        let mut failed = Summary::new(name);
        failed.promise(false, "it did not come to its end: its panic is in the log");
        failed
    });
    summary.end();
    summary
}

fn table(summaries: &[Summary]) -> String {
    let mut text = String::from(
        "| scenario | took | attempts | assertions | granted | replay | 503 | broken | granted twice, false replays and other \
         violations | recoveries | longest recovery |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for summary in summaries {
        let verdict = &summary.verdict;
        let outcomes = [
            Outcome::Granted,
            Outcome::Replay,
            Outcome::Unavailable,
            Outcome::Broken,
        ];
        let counts = outcomes
            .map(|outcome| verdict.count(outcome).to_string())
            .join(" | ");
        let longest = summary.recoveries.iter().max().copied();
        writeln!(
            text,
            "| {} | {} | {} | {} | {counts} | {} | {} | {} |",
            summary.name,
            seconds(summary.took),
            verdict.attempts,
            verdict.keys,
            verdict.violations,
            summary.recoveries.len(),
            longest.map(seconds).unwrap_or_default(),
        )
        .unwrap();
    }
    text
}

fn report(summaries: &[Summary], took: Duration) -> String {
    let sum = |count: fn(&Summary) -> usize| summaries.iter().map(count).sum::<usize>();
    let mut text = format!(
        "{HEAD}\n{}: {} attempts with {} assertions in {} on {} cores; {} violations.\n\n{}",
        SystemClock.now().strftime("%Y-%m-%d"),
        sum(|summary| summary.verdict.attempts),
        sum(|summary| summary.verdict.keys),
        seconds(took),
        std::thread::available_parallelism().map_or(0, usize::from),
        sum(|summary| summary.verdict.violations),
        table(summaries)
    );
    text.push_str("\nBesides:\n\n");
    for summary in summaries {
        let shown = summary
            .verdict
            .shown
            .iter()
            .map(|violation| format!("{violation:?}"));
        for note in summary.notes.iter().cloned().chain(shown) {
            writeln!(text, "- {}: {note}", summary.name).unwrap();
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_form() {
    let (begun, long) = (Instant::now(), Extent::Long);
    let mut summaries = vec![
        run("races", races::identical_assertions(long).boxed_local()).await,
        run("kill -9 of a replica", replicas::crashes(long).boxed_local()).await,
        run("SIGSTOP of a replica", replicas::standstills(long).boxed_local()).await,
        run("kill -9 of etcd", storage::crashes_of_etcd(long).boxed_local()).await,
        run(
            "kill -9 of kube-apiserver",
            storage::crashes_of_the_api_server(long).boxed_local(),
        )
        .await,
        run("lost answers", connections::lost_answers(long).boxed_local()).await,
        run("frozen connections", connections::frozen(long).boxed_local()).await,
        run("two API servers", api_servers::one_behind(long).boxed_local()).await,
        run("reinstalled", reinstalled::reinstalled(long).boxed_local()).await,
    ];
    // Both wait most of the time, and each has a control plane of its own.
    let (away, apart) = tokio::join!(
        run("the API server is away", api_servers::away(long).boxed_local()),
        run("clocks apart", clocks::apart(long).boxed_local()),
    );
    summaries.extend([away, apart]);

    let text = report(&summaries, begun.elapsed());
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(PLACE), &text).unwrap();
    announce(&text);
    let of = |count: fn(&Summary) -> usize| summaries.iter().map(count).sum::<usize>();
    assert_eq!(of(|summary| summary.verdict.violations), 0, "see {PLACE}");
    assert!(of(|summary| summary.verdict.attempts) >= ATTEMPTS, "see {PLACE}");
}

#[test]
fn the_report_has_every_figure() {
    let mut summary = Summary::new("a scenario");
    summary.recovered_after(Duration::from_millis(1_500));
    summary.promise(false, "broken");
    summary.note("noted");
    let text = report(&[summary], Duration::from_secs(2));
    for part in [
        "| a scenario | 0.0 s | 0 | 0 | 0 | 0 | 0 | 0 | 1 | 1 | 1.5 s |",
        "0 attempts with 0 assertions in 2.0 s",
        "1 violations",
        "- a scenario: noted",
        "- a scenario: Promise(\"broken\")",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
