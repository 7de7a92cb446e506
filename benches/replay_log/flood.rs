//! One client sends valid assertions as fast as it can, far more than its share of the log. What do the others
//! notice?

use crate::driver::connection::Target;
use crate::driver::drive::{Between, Pace, Seen, Stream, drive};
use crate::driver::latency::Latency;
use crate::driver::pin;
use crate::driver::supply::Supply;
use crate::scene::{KIND, Scene};
use crate::server::Log;
use crate::shared::figures::count;
use crate::table::Figure;
use std::time::Duration;

/// What the log may hold; a twentieth of it for one client. The others use up less of their shares.
const CAPACITY: &str = "60000";
/// Tokens per second of the others.
const OTHERS: f64 = 2_000.0;
/// How long they go on, and how many that makes.
const TIME: (Duration, usize) = (Duration::from_secs(5), 10_000);
/// Requests of the client that floods: more than can be answered.
const FLOOD: usize = 100_000;
/// Connections of the others, and of the client that floods.
const CONNECTIONS: (u16, u16) = (256, 32);
/// How many times as long the others' requests may take.
const LONGER: f64 = 2.0;

/// Measures it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let server = scene.server(Log::Cluster, &["--replay-capacity", CAPACITY])?;
    let targets = [server.target.clone()];
    let others = || Supply::make(TIME.1, |number| scene.request_but_of_the_first(number));
    let alone = send(scene, &targets, &mut others()?, None)?;
    let mut flood = Supply::make(FLOOD, |_| scene.request(KIND, 0))?;
    let with_flood = send(scene, &targets, &mut others()?, Some(&mut flood))?;
    let [before] = alone.as_slice() else {
        anyhow::bail!("a stream came to nothing");
    };
    let [during, flooding] = with_flood.as_slice() else {
        anyhow::bail!("a stream came to nothing");
    };
    let p99 = |seen: &Seen| Latency::of(seen).p99_of_seconds;
    let wrong = |seen: &Seen| count(seen.errors.values().sum());
    let turned_away = flooding.errors.get("429 slow_down");
    let turned_away = count(turned_away.copied().unwrap_or_default());
    let took = flooding.took.as_secs_f64();
    Ok(vec![
        Figure::of(
            "flood: others' tokens",
            count(during.tokens.len()) / during.took.as_secs_f64(),
            "/s",
        ),
        Figure::of("flood: answers of 429", turned_away / took, "/s"),
        Figure::of(
            "flood: its tokens, within its share",
            count(flooding.tokens.len()),
            "",
        ),
        Figure::of("flood: its other answers", wrong(flooding) - turned_away, ""),
        Figure::of("flood: others' errors", wrong(before) + wrong(during), "").at_most(0.0),
        Figure::milliseconds("flood: others' p99 without", p99(before)),
        Figure::milliseconds("flood: others' p99", p99(during)),
        Figure::of(
            "flood: others' p99, of that without",
            p99(during).div_duration_f64(p99(before)),
            "",
        )
        .at_most(LONGER),
    ])
}

/// The others at their rate, and beside them the client that floods, if there is one.
fn send(
    scene: &Scene,
    targets: &[Target],
    others: &mut Supply,
    flood: Option<&mut Supply>,
) -> anyhow::Result<Vec<Seen>> {
    let (connections, flooding) = CONNECTIONS;
    let others = Stream {
        targets,
        connections,
        supply: others,
        pace: Pace::Open(OTHERS),
    };
    let flood = flood.map(|supply| Stream {
        targets,
        connections: flooding,
        supply,
        pace: Pace::Closed,
    });
    let streams = std::iter::once(others).chain(flood);
    pin::apart(scene.options.load_processor(), || {
        drive(streams, TIME.0, Between::Sleep)
    })
}
