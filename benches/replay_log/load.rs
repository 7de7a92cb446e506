//! Requests for tokens, sent from the cluster's processor.

use crate::driver::connection::Target;
use crate::driver::drive::{Between, Pace, Seen, Stream, drive};
use crate::driver::latency::{Latency, percentile};
use crate::driver::pin;
use crate::driver::supply::Supply;
use crate::scene::Scene;
use crate::server::Server;
use crate::shared::figures::count;
use crate::shared::kind::Kind;
use anyhow::Context;
use std::collections::BTreeMap;
use std::time::Duration;

/// Requests before each loop that do not count.
const WARM_UP: usize = 1_000;
/// How long the first look at a server's rate lasts, and the most that it can come to.
const FIRST_LOOK: (Duration, usize) = (Duration::from_secs(1), 25_000);

/// One loop.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) scene: &'a Scene,
    /// The connections go to them in turn.
    pub(crate) servers: &'a [&'a Server],
    /// What is asked for.
    pub(crate) kind: Kind,
    pub(crate) connections: u16,
    pub(crate) time: Duration,
}

/// What a loop came to.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// Tokens per second.
    pub(crate) rate: f64,
    /// Tokens per second that the servers were on a processor.
    pub(crate) rate_of_processor: f64,
    /// The share of their processor that etcd and the API server took.
    pub(crate) cluster: f64,
    /// How long they took.
    pub(crate) latency: Latency,
    /// The 99th percentile of how late requests were sent: what the generator itself adds.
    pub(crate) late: Duration,
    /// Answers that were no tokens.
    pub(crate) errors: BTreeMap<String, usize>,
}

// === impl Load ===

impl Load<'_> {
    /// As fast as it goes. `expected` tokens per second are enough.
    pub(crate) fn closed(&self, expected: f64) -> anyhow::Result<Loaded> {
        self.run(Pace::Closed, expected * 1.15)
    }

    /// At this rate.
    pub(crate) fn open(&self, rate: f64) -> anyhow::Result<Loaded> {
        self.run(Pace::Open(rate), rate)
    }

    /// About how many tokens per second there can be.
    pub(crate) fn first_look(&self) -> anyhow::Result<f64> {
        let (time, most) = FIRST_LOOK;
        let mut supply = self.supply(most)?;
        let look = Load { time, ..*self };
        let seen = look.drive(&mut supply, Pace::Closed)?;
        Ok(count(seen.tokens.len()) / seen.took.as_secs_f64())
    }

    /// At this rate, without requests that do not count.
    pub(crate) fn only_open(&self, rate: f64) -> anyhow::Result<Loaded> {
        self.measure(Pace::Open(rate), rate)
    }

    fn run(&self, pace: Pace, rate: f64) -> anyhow::Result<Loaded> {
        self.drive(&mut self.supply(WARM_UP)?, Pace::Closed)?;
        self.measure(pace, rate)
    }

    fn measure(&self, pace: Pace, rate: f64) -> anyhow::Result<Loaded> {
        let wanted = Duration::from_secs(1).mul_f64(rate * self.time.as_secs_f64() / 1e9);
        let wanted = usize::try_from(wanted.as_nanos())?.saturating_add(1);
        let mut supply = self.supply(wanted)?;
        let before = self.servers_time()?;
        let cluster_before = self.scene.processor_time()?;
        let seen = self.drive(&mut supply, pace)?;
        let busy = self.servers_time()?.saturating_sub(before);
        let cluster = self.scene.processor_time()?.saturating_sub(cluster_before);
        let tokens = count(seen.tokens.len());
        let mut late = seen.late.clone();
        late.sort_unstable();
        Ok(Loaded {
            late: percentile(&late, 99.0),
            rate: tokens / seen.took.as_secs_f64(),
            rate_of_processor: tokens / busy.as_secs_f64(),
            cluster: cluster.as_secs_f64() / seen.took.as_secs_f64(),
            latency: Latency::of(&seen),
            errors: seen.errors,
        })
    }

    fn supply(&self, number: usize) -> anyhow::Result<Supply> {
        Supply::make(number, |number| self.scene.request(self.kind, number))
    }

    fn servers_time(&self) -> anyhow::Result<Duration> {
        self.servers.iter().map(|server| server.processor_time()).sum()
    }

    fn drive(&self, supply: &mut Supply, pace: Pace) -> anyhow::Result<Seen> {
        let targets: Vec<Target> = self.servers.iter().map(|server| server.target.clone()).collect();
        let stream = Stream {
            targets: &targets,
            connections: self.connections,
            supply,
            pace,
        };
        let seen = pin::apart(self.scene.options.load_processor(), || {
            drive([stream], self.time, Between::Sleep)
        })?;
        seen.into_iter().next().context("a stream came to nothing")
    }
}

// === impl Loaded ===

impl Loaded {
    /// How many answers were no tokens.
    pub(crate) fn wrong(&self) -> f64 {
        count(self.errors.values().sum())
    }
}
