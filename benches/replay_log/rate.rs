//! What the log costs the cluster: appends per second and live segments, as somebody outside sees them, at the
//! most tokens per second and at a trickle, of one server and of three.

use crate::load::Load;
use crate::observe::{self, Observed};
use crate::scene::{KIND, Scene};
use crate::server::{Log, Server};
use crate::table::Figure;
use std::time::Duration;

/// The budget of an installation.
const APPENDS: f64 = 100.0;
/// Keys in a full segment, and appends to one of few keys.
const FULL: (f64, f64) = (512.0, 16.0);
/// Tokens per second of a trickle.
const TRICKLE: f64 = 10.0;
/// How long it goes on: less, and with `--long`.
const TRICKLE_FOR: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(10));

/// Measures one server.
pub(crate) fn of_one(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let server = scene.server(Log::Cluster, &[])?;
    let mut figures = at_full_rate(scene, "one server", &[&server])?;
    let (short, long) = TRICKLE_FOR;
    let time = if scene.options.long { long } else { short };
    figures.extend(at_a_trickle(scene, "one server", &[&server], time)?);
    Ok(figures)
}

/// Measures three servers on one processor.
pub(crate) fn of_three(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let [one, two, three] = [(); 3].map(|()| scene.server(Log::Cluster, &[]));
    let (one, two, three) = (one?, two?, three?);
    let mut figures = at_full_rate(scene, "three servers", &[&one, &two, &three])?;
    let (short, _) = TRICKLE_FOR;
    figures.extend(at_a_trickle(
        scene,
        "three servers",
        &[&one, &two, &three],
        short,
    )?);
    Ok(figures)
}

fn at_full_rate(scene: &Scene, name: &str, servers: &[&Server]) -> anyhow::Result<Vec<Figure>> {
    let load = Load {
        scene,
        servers,
        kind: KIND,
        connections: scene.options.connections,
        time: scene.options.time().saturating_mul(2),
    };
    let expected = load.first_look()?;
    let (loaded, seen) = observe::during(scene, || load.closed(expected))?;
    let name = format!("{name}, closed loop");
    let mut figures = vec![
        Figure::of(format!("{name}: tokens"), loaded.rate, "/s"),
        Figure::of(
            format!("{name}: tokens per second of processor"),
            loaded.rate_of_processor,
            "/s",
        ),
        Figure::milliseconds(
            format!("{name}: p99, median of seconds"),
            loaded.latency.p99_of_seconds,
        ),
    ];
    figures.extend(cost(&name, &seen));
    figures.push(objects(&name, &seen, 200.0));
    figures.push(Figure::of(format!("{name}: errors"), loaded.wrong(), "").at_most(0.0));
    Ok(figures)
}

fn at_a_trickle(
    scene: &Scene,
    name: &str,
    servers: &[&Server],
    time: Duration,
) -> anyhow::Result<Vec<Figure>> {
    // An assertion is good for five minutes: they are made a minute ahead at the most.
    let minute = Duration::from_mins(1);
    let load = Load {
        scene,
        servers,
        kind: KIND,
        connections: 12,
        time: minute,
    };
    let minutes = time.as_secs().div_ceil(minute.as_secs());
    let (wrong, seen) = observe::during(scene, || {
        (0..minutes).try_fold(0.0, |wrong, _| Ok(wrong + load.only_open(TRICKLE)?.wrong()))
    })?;
    let name = format!("{name}, {TRICKLE} tokens/s for {} s", time.as_secs());
    let mut figures = cost(&name, &seen);
    figures.push(objects(&name, &seen, 10.0));
    figures.push(Figure::of(format!("{name}: errors"), wrong, "").at_most(0.0));
    Ok(figures)
}

fn cost(name: &str, seen: &Observed) -> Vec<Figure> {
    let (keys, appends) = FULL;
    let bound = seen.keys() / keys + seen.appends() / appends;
    vec![
        Figure::of(format!("{name}: appends"), seen.rate(), "/s").at_most(APPENDS),
        Figure::of(
            format!("{name}: most appends in a second"),
            seen.most_in_a_second(),
            "",
        )
        .at_most(APPENDS),
        Figure::of(
            format!("{name}: keys in an append"),
            seen.keys() / seen.appends(),
            "",
        ),
        Figure::of(format!("{name}: live segments"), seen.live(), "").at_most(bound.ceil()),
    ]
}

/// How many times fewer objects than one for each assertion.
fn objects(name: &str, seen: &Observed, times_fewer: f64) -> Figure {
    Figure::of(
        format!("{name}: assertions per object"),
        seen.keys() / seen.made(),
        "",
    )
    .at_least(times_fewer)
}
