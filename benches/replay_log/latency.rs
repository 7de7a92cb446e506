//! How long requests take: at half of the most tokens per second, with the pace of the installation and
//! without, and one by one after pauses; each beside one bare append of as many keys.

use crate::append;
use crate::load::{Load, Loaded};
use crate::scene::{KIND, Scene};
use crate::server::{Log, Server};
use crate::shared::figures::count;
use crate::table::Figure;
use std::time::Duration;

/// Connections of the open loop: nobody waits for one.
const ENOUGH: u16 = 512;
/// Requests per second with pauses in between.
const RARE: f64 = 3.0;
/// How long those go on.
const RARE_FOR: Duration = Duration::from_secs(30);
/// More appends per second than there can be.
const NO_PACE: &str = "100000";
/// How many times as long as one bare append.
const APPENDS: f64 = 3.0;

/// Measures it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let paced = scene.server(Log::Cluster, &[])?;
    let rate = load(scene, &[&paced], scene.options.connections).first_look()? / 2.0;
    let (at_pace, keys) = half(scene, &paced, rate)?;
    let paused = Load {
        time: RARE_FOR,
        ..load(scene, &[&paced], 1)
    }
    .open(RARE)?;
    drop(paced);
    let at_once = scene.server(Log::Cluster, &["--append-rate", NO_PACE])?;
    let (at_once, keys_at_once) = half(scene, &at_once, rate)?;
    let one = append::of(scene, 1)?;
    let paced_append = append::of(scene, keys)?;
    let append_at_once = append::of(scene, keys_at_once)?;

    let mut figures = vec![Figure::of(
        "open loop, half of the most: tokens",
        at_pace.rate,
        "/s",
    )];
    let named = [
        ("open loop", &at_pace, paced_append, 25.0),
        ("open loop, no pace", &at_once, append_at_once, 15.0),
    ];
    for (name, loaded, append, goal) in named {
        let (p50, p99) = (loaded.latency.p50, loaded.latency.p99_of_seconds);
        let [append_p50, append_p99] = append.updates;
        figures.extend([
            Figure::of(format!("{name}: keys in an append"), count(append.keys), ""),
            Figure::milliseconds(format!("{name}: p50"), p50),
            Figure::milliseconds(format!("{name}: p99, median of seconds"), p99).at_most(goal),
            Figure::milliseconds(format!("{name}: sent late, p99"), loaded.late),
            Figure::milliseconds(format!("  a bare append of {name}: p50"), append_p50),
            Figure::milliseconds(format!("  a bare append of {name}: p99"), append_p99),
            Figure::of(
                format!("{name}: p50, bare appends"),
                p50.div_duration_f64(append_p50),
                "",
            ),
            Figure::of(
                format!("{name}: p99, bare appends"),
                p99.div_duration_f64(append_p99),
                "",
            )
            .at_most(APPENDS),
            Figure::of(format!("{name}: errors"), loaded.wrong(), "").at_most(0.0),
        ]);
    }
    let (p50, p99) = (paused.latency.p50, paused.latency.p99);
    let [append_p50, append_p99] = one.updates;
    figures.extend([
        Figure::milliseconds("one after a pause: p50", p50).at_most(6.0),
        Figure::milliseconds("one after a pause: p99", p99),
        Figure::of(
            "one after a pause: p50, bare appends",
            p50.div_duration_f64(append_p50),
            "",
        )
        .at_most(APPENDS),
        Figure::of(
            "one after a pause: p99, bare appends",
            p99.div_duration_f64(append_p99),
            "",
        )
        .at_most(APPENDS),
        Figure::of("one after a pause: errors", paused.wrong(), "").at_most(0.0),
    ]);
    Ok(figures)
}

fn load<'a>(scene: &'a Scene, servers: &'a [&'a Server], connections: u16) -> Load<'a> {
    Load {
        scene,
        servers,
        kind: KIND,
        connections,
        time: scene.options.time(),
    }
}

/// An open loop, and the keys in one of its appends.
fn half(scene: &Scene, server: &Server, rate: f64) -> anyhow::Result<(Loaded, usize)> {
    let servers = [server];
    let load = load(scene, &servers, ENOUGH);
    let [appends_before, keys_before] = server.appended()?;
    let loaded = load.open(rate)?;
    let [appends, keys] = server.appended()?;
    let keys = (keys - keys_before) / (appends - appends_before);
    let keys = Duration::from_secs_f64(keys.max(1.0)).as_secs();
    Ok((loaded, usize::try_from(keys)?))
}
