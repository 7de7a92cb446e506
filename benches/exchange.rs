//! The whole exchange in process, beside the bare cryptography of the same run.
//!
//! Each round measures both, one after the other, in time on the processor; what is printed are
//! medians. `cargo bench --bench exchange -- [--profile KIND]`.

mod shared;
mod world;

use aws_lc_rs::rand;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::server::audit::Record;
use futures::FutureExt;
use shared::figures::{count, median, own_time};
use shared::kind::{Kind, Presented};
use shared::limit::Limit;
use std::io::Write;
use std::time::Duration;
use world::{CLIENT, ISSUER, World};

/// Exchanges in a round.
const BATCH: usize = 200;
/// Rounds, the first of which does not count.
const ROUNDS: usize = 16;
/// Rounds under a profiler.
const PROFILED: usize = 200;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let world = World::new()?;
    // The first use of the generator is slow.
    rand::fill(&mut [0; 16]).map_err(|_| anyhow::anyhow!("no randomness"))?;
    if let Some(name) = arguments.iter().skip_while(|word| *word != "--profile").nth(1) {
        let profiled = Kind::ALL.into_iter().filter(|(known, _)| known == name);
        for (_, kind) in profiled {
            for _ in 0..PROFILED {
                run(&world, kind, BATCH)?;
            }
        }
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<12} {:>12} {:>12} {:>12} {:>8}",
        "exchange", "limit/s", "exchanges/s", "overhead µs", "ratio"
    )?;
    for (name, kind) in Kind::ALL {
        let limit = Limit::new(kind)?;
        let (mut bare, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(limit.run(BATCH)?.as_secs_f64() / count(BATCH));
            whole.push(run(&world, kind, BATCH)?.as_secs_f64() / count(BATCH));
        }
        let (bare, whole) = (
            median(bare.into_iter().skip(1)),
            median(whole.into_iter().skip(1)),
        );
        let overhead = (whole - bare) * 1e6;
        writeln!(
            out,
            "{name:<12} {:>12.0} {:>12.0} {overhead:>12.2} {:>8.3}",
            bare.recip(),
            whole.recip(),
            bare / whole
        )?;
    }
    Ok(())
}

/// The time on the processor of `number` exchanges, each with an assertion made before.
fn run(world: &World, kind: Kind, number: usize) -> anyhow::Result<Duration> {
    let key = world.key(kind.presented_algorithm());
    let now = SystemClock.now().as_second();
    let bodies: Vec<String> = match kind.presented {
        Presented::Assertion(_) => (0..number)
            .map(|_| kind.body(CLIENT, ISSUER, now, key))
            .collect::<anyhow::Result<_>>()?,
        Presented::ServiceAccountToken => vec![kind.body(CLIENT, ISSUER, now, key)?; number],
    };
    let mut answers = Vec::with_capacity(number);
    let start = own_time()?;
    for body in &bodies {
        let mut record = Record::default();
        answers.push(
            world
                .broker
                .exchange(body.as_bytes(), false, &mut record)
                .now_or_never(),
        );
    }
    let spent = own_time()?.saturating_sub(start);
    for answer in answers {
        let issued = match answer {
            Some(Ok(issued)) => issued,
            Some(Err(refusal)) => anyhow::bail!("refused: {refusal:?}"),
            None => anyhow::bail!("the log in memory must not wait"),
        };
        anyhow::ensure!(issued.access_token.split('.').count() == 3, "not a token");
    }
    Ok(spent)
}
