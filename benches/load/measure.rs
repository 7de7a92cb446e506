//! One run of one exchange: a fresh server, and everything that is measured of it.

use crate::driver::connection::Target;
use crate::driver::drive::{Between, Pace, Seen, Stream, drive};
use crate::driver::latency::Latency;
use crate::driver::pin;
use crate::driver::supply::Supply;
use crate::options::{MOST, Named, Options};
use crate::server::Server;
use crate::shared::figures::count;
use crate::shared::kind::{Kind, Presented};
use crate::shared::limit::Limit;
use anyhow::Context;
use std::collections::BTreeMap;
use std::time::Duration;

/// Requests before each loop that do not count.
const WARM_UP: usize = 2_000;
/// How many service-account tokens take turns.
const POD_TOKENS: usize = 400;
/// How long the limit is measured.
const LIMIT_FOR: Duration = Duration::from_millis(400);

/// What one run came to.
pub(crate) struct Run {
    /// Exchanges per second of bare cryptography, on the server's processor while it was idle.
    pub(crate) limit: f64,
    /// From the start of the process until it had read its clients.
    pub(crate) start: Duration,
    /// Resident bytes before the first request.
    pub(crate) idle_memory: f64,
    /// Resident bytes after the last.
    pub(crate) memory: f64,
    /// The closed loop.
    pub(crate) closed: Option<Loop>,
    /// The open loop.
    pub(crate) open: Option<Loop>,
}

/// What one loop came to.
pub(crate) struct Loop {
    /// Tokens per second.
    pub(crate) rate: f64,
    /// Tokens per second that the server was on a processor.
    pub(crate) rate_of_processor: f64,
    /// How long they took.
    pub(crate) latency: Latency,
    /// Answers that were no tokens.
    pub(crate) errors: BTreeMap<String, usize>,
}

/// Runs `exchange` once.
pub(crate) fn run(options: &Options, exchange: Named) -> anyhow::Result<Run> {
    let limit = pin::apart(options.server_processor, || limit(exchange.kind))?;
    let server = Server::start(options.server_processor)?;
    // What a start leaves behind is done by then.
    std::thread::sleep(Duration::from_millis(500));
    let idle_memory = server.memory()?;
    let driver = Driver {
        options,
        server: &server,
        kind: exchange.kind,
    };
    // Nobody gets past the limit, so that this is never too little.
    let closed = if options.closed() {
        Some(driver.measure(Pace::Closed, limit)?)
    } else {
        None
    };
    let rate = options
        .rate
        .map(f64::from)
        .or(closed.as_ref().map(|closed| closed.rate / 2.0));
    let open = match rate.filter(|_| options.open()) {
        Some(rate) => Some(driver.measure(Pace::Open(rate), rate)?),
        None => None,
    };
    Ok(Run {
        limit,
        start: server.start,
        idle_memory,
        memory: server.memory()?,
        closed,
        open,
    })
}

fn limit(kind: Kind) -> anyhow::Result<f64> {
    let limit = Limit::new(kind)?;
    limit.run(100)?;
    let (mut spent, mut rounds) = (Duration::ZERO, 0_usize);
    while spent < LIMIT_FOR {
        spent = spent.saturating_add(limit.run(500)?);
        rounds = rounds.saturating_add(500);
    }
    Ok(count(rounds) / spent.as_secs_f64())
}

struct Driver<'a> {
    options: &'a Options,
    server: &'a Server,
    kind: Kind,
}

impl Driver<'_> {
    /// A loop that needs `rate` requests per second at the most.
    fn measure(&self, pace: Pace, rate: f64) -> anyhow::Result<Loop> {
        let time = self.options.time();
        let wanted = Duration::from_secs(1)
            .mul_f64(rate * time.as_secs_f64() / 1e9)
            .as_nanos();
        // Each loop gets its half of what the replay log holds.
        let wanted = usize::try_from(wanted)?.saturating_add(WARM_UP).min(MOST / 2);
        let mut supply = self.supply(wanted)?;
        let mut warm_up = supply.take(WARM_UP);
        self.drive(&mut warm_up, Pace::Closed)?;
        let before = self.server.processor_time()?;
        let seen = self.drive(&mut supply, pace)?;
        let busy = self.server.processor_time()?.saturating_sub(before);
        let tokens = count(seen.tokens.len());
        Ok(Loop {
            rate: tokens / seen.took.as_secs_f64(),
            rate_of_processor: tokens / busy.as_secs_f64(),
            latency: Latency::of(&seen),
            errors: seen.errors,
        })
    }

    fn supply(&self, number: usize) -> anyhow::Result<Supply> {
        let make = |number| Supply::make(number, |number| self.server.request(self.kind, number));
        match self.kind.presented {
            Presented::Assertion(_) => make(number),
            Presented::ServiceAccountToken => Ok(make(number.min(POD_TOKENS))?.endless()),
        }
    }

    fn drive(&self, supply: &mut Supply, pace: Pace) -> anyhow::Result<Seen> {
        let targets = [Target {
            address: self.server.address(),
            tls: None,
        }];
        let stream = Stream {
            targets: &targets,
            connections: self.options.connections,
            supply,
            pace,
        };
        let time = self.options.time();
        let seen = pin::apart(self.options.load_processor, || {
            drive([stream], time, Between::Spin)
        })?;
        seen.into_iter().next().context("a stream came to nothing")
    }
}
