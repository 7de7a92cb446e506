//! Tokens per second with the log in the cluster, beside the very same server with its log in memory. Both
//! run all the time, and take turns.

use crate::load::{Load, Loaded};
use crate::scene::{KIND, Scene};
use crate::server::Log;
use crate::shared::figures::median;
use crate::table::Figure;

/// Turns of each.
const ROUNDS: usize = 3;

/// Measures it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let servers = [scene.server(Log::Memory, &[])?, scene.server(Log::Cluster, &[])?];
    let [memory, cluster] = servers.each_ref().map(|server| [server]);
    let load = |servers| Load {
        scene,
        servers,
        kind: KIND,
        connections: scene.options.connections,
        time: scene.options.time(),
    };
    let [memory, cluster] = [load(&memory), load(&cluster)];
    let most = memory.first_look()?;
    cluster.first_look()?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([memory.closed(most)?, cluster.closed(most)?]);
    }
    let of = |figure: &dyn Fn(&[Loaded; 2]) -> f64| median(rounds.iter().map(figure));
    let processor = |loaded: &Loaded| loaded.rate_of_processor;
    let milliseconds = |loaded: &Loaded| loaded.latency.p99_of_seconds.as_secs_f64() * 1e3;
    let errors = rounds.iter().flatten().map(Loaded::wrong).sum();
    Ok(vec![
        Figure::of(
            "closed loop, memory: tokens",
            of(&|[memory, _]| memory.rate),
            "/s",
        ),
        Figure::of(
            "closed loop, cluster: tokens",
            of(&|[_, cluster]| cluster.rate),
            "/s",
        ),
        Figure::of(
            "closed loop, cluster of memory",
            of(&|[memory, cluster]| cluster.rate / memory.rate),
            "",
        )
        .at_least(0.85),
        Figure::of(
            "closed loop, memory: per second of processor",
            of(&|[memory, _]| processor(memory)),
            "/s",
        ),
        Figure::of(
            "closed loop, cluster: per second of processor",
            of(&|[_, cluster]| processor(cluster)),
            "/s",
        ),
        Figure::of(
            "  of memory, per second of processor",
            of(&|[memory, cluster]| processor(cluster) / processor(memory)),
            "",
        ),
        Figure::of(
            "closed loop, memory: p99, median of seconds",
            of(&|[memory, _]| milliseconds(memory)),
            "ms",
        ),
        Figure::of(
            "closed loop, cluster: p99, median of seconds",
            of(&|[_, cluster]| milliseconds(cluster)),
            "ms",
        ),
        Figure::of(
            "closed loop, cluster: API server and etcd, of their processor",
            of(&|[_, cluster]| cluster.cluster),
            "",
        ),
        Figure::of("closed loop: errors", errors, "").at_most(0.0),
    ])
}
