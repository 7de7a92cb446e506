//! The table: goal, measured, ratio.

use crate::driver::latency::Latency;
use crate::measure::{Loop, Run};
use crate::options::{Named, Options};
use crate::shared::figures::median;
use crate::shared::kind::Presented;
use countersign::jose::Algorithm;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// The most resident memory of an idle server, in megabytes.
const IDLE_MEMORY: f64 = 20.0;
/// How long a start may take, in milliseconds.
const START: f64 = 300.0;

/// Writes the figures of one exchange: medians of its runs.
pub(crate) fn write(out: &mut dyn Write, options: &Options, exchange: Named, runs: &[Run]) -> io::Result<()> {
    let of = |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(figure));
    let limit = of(&|run| run.limit);
    let (time, lanes) = (options.time().as_secs(), options.connections);
    writeln!(
        out,
        "\n{}: {lanes} connections, {time} s, {} run(s)",
        exchange.name,
        runs.len()
    )?;
    row(out, "", "goal", "measured", "ratio")?;
    row(out, "crypto limit, one core", "", &format!("{limit:.0}/s"), "")?;
    let share = goal(exchange);
    if let Some(closed) = collect(runs, |run| run.closed.as_ref()) {
        let against = |rate: f64| format!("{:.3} of limit", rate / limit);
        let floor = format!(">= {:.0}/s", share * limit);
        row(
            out,
            "tokens, closed loop",
            &floor,
            &format!("{:.0}/s", closed.rate),
            &against(closed.rate),
        )?;
        let rate = closed.rate_of_processor;
        row(
            out,
            "  per second of processor",
            &floor,
            &format!("{rate:.0}/s"),
            &against(rate),
        )?;
        latencies(out, "  latency", &closed.latency, None)?;
        errors(out, &closed.errors)?;
    }
    if let Some(open) = collect(runs, |run| run.open.as_ref()) {
        row(out, "tokens, open loop", "", &format!("{:.0}/s", open.rate), "")?;
        latencies(out, "  latency", &open.latency, Some(Duration::from_millis(1)))?;
        errors(out, &open.errors)?;
    }
    let idle = of(&|run| run.idle_memory) / 1e6;
    let ratio = |measured: f64, goal: f64| format!("{:.2} of goal", measured / goal);
    row(
        out,
        "memory, idle",
        &format!("<= {IDLE_MEMORY} MB"),
        &format!("{idle:.1} MB"),
        &ratio(idle, IDLE_MEMORY),
    )?;
    row(
        out,
        "memory after the load",
        "",
        &format!("{:.1} MB", of(&|run| run.memory) / 1e6),
        "",
    )?;
    let start = of(&|run| run.start.as_secs_f64()) * 1e3;
    row(
        out,
        "start to ready",
        &format!("<= {START} ms"),
        &format!("{start:.0} ms"),
        &ratio(start, START),
    )
}

/// The share of the limit that is to be reached.
fn goal(exchange: Named) -> f64 {
    match exchange.kind.presented {
        Presented::ServiceAccountToken => 0.70,
        Presented::Assertion(Algorithm::Es256) => 0.75,
        Presented::Assertion(_) => 0.60,
    }
}

/// The medians of one loop over the runs that had it.
fn collect<'r>(runs: &'r [Run], of: impl Fn(&'r Run) -> Option<&'r Loop>) -> Option<Loop> {
    let loops: Vec<&Loop> = runs.iter().filter_map(of).collect();
    if loops.is_empty() {
        return None;
    }
    let figure = |figure: &dyn Fn(&Loop) -> f64| median(loops.iter().map(|this| figure(this)));
    let time = |time: &dyn Fn(&Latency) -> Duration| {
        Duration::from_secs_f64(figure(&|this| time(&this.latency).as_secs_f64()))
    };
    let mut errors = BTreeMap::new();
    for (kind, number) in loops.iter().flat_map(|this| &this.errors) {
        let sum: &mut usize = errors.entry(kind.clone()).or_default();
        *sum = sum.saturating_add(*number);
    }
    Some(Loop {
        rate: figure(&|this| this.rate),
        rate_of_processor: figure(&|this| this.rate_of_processor),
        latency: Latency {
            p50: time(&|latency| latency.p50),
            p99: time(&|latency| latency.p99),
            p999: time(&|latency| latency.p999),
            max: time(&|latency| latency.max),
            p99_of_seconds: time(&|latency| latency.p99_of_seconds),
        },
        errors,
    })
}

fn latencies(out: &mut dyn Write, name: &str, latency: &Latency, goal: Option<Duration>) -> io::Result<()> {
    let shown = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    for (what, time) in [
        ("p50", latency.p50),
        ("p99", latency.p99),
        ("p99.9", latency.p999),
        ("max", latency.max),
    ] {
        row(out, &format!("{name} {what}"), "", &shown(time), "")?;
    }
    let time = latency.p99_of_seconds;
    let bound = goal.map(|goal| format!("<= {}", shown(goal))).unwrap_or_default();
    let ratio = goal.map(|goal| format!("{:.2} of goal", time.as_secs_f64() / goal.as_secs_f64()));
    row(
        out,
        &format!("{name} p99, median of seconds"),
        &bound,
        &shown(time),
        &ratio.unwrap_or_default(),
    )
}

fn errors(out: &mut dyn Write, errors: &BTreeMap<String, usize>) -> io::Result<()> {
    let sum: usize = errors.values().sum();
    row(out, "  errors", "0", &sum.to_string(), "")?;
    for (kind, number) in errors {
        row(out, &format!("    {kind}"), "", &number.to_string(), "")?;
    }
    Ok(())
}

fn row(out: &mut dyn Write, what: &str, goal: &str, measured: &str, ratio: &str) -> io::Result<()> {
    writeln!(out, "  {what:<34} {goal:>14} {measured:>14} {ratio:>16}")
}
