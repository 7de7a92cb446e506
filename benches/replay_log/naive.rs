//! The naive rule: one object for each assertion. The request is answered when the object was created, and
//! an object that is there already is a replay.
//!
//! It is given every advantage: no token to sign, nothing to verify, and the number of requests at once that
//! is best for it. It is measured twice: with segments of one key, which are guarded as the log is, and with the
//! smallest kind that Kubernetes has built in, unguarded and by an administrator.

use crate::driver::latency::percentile;
use crate::driver::pin;
use crate::load::Load;
use crate::scene::{KIND, RELEASE, Scene};
use crate::segments::{Segments, entries, name};
use crate::server::Log;
use crate::shared::figures::count;
use crate::shared::kind::NAMESPACE;
use crate::support::accounts::service_account;
use crate::table::Figure;
use countersign::api::installation::Account;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use std::time::{Duration, Instant};

/// How long each number of requests at once is measured.
const TIME: Duration = Duration::from_secs(3);
/// Requests at once.
const AT_ONCE: [usize; 4] = [16, 64, 128, 256];

/// How many times as many assertions a second the log takes.
const TIMES: f64 = 10.0;

/// What the rule comes to at its best.
#[derive(Debug, Clone, Copy)]
struct Naive {
    /// Assertions a second; as many objects.
    rate: f64,
    at_once: usize,
    p50: Duration,
    p99: Duration,
}

/// Creates one object.
trait Create {
    async fn create(&self) -> anyhow::Result<()>;
}

/// Measures it, and the server beside it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let server = scene.server(Log::Cluster, &[])?;
    let load = Load {
        scene,
        servers: &[&server],
        kind: KIND,
        connections: scene.options.connections,
        time: scene.options.time(),
    };
    let group = load.closed(load.first_look()?)?.rate;
    drop(server);
    let (segments, leases) = on_servers_processor(scene)?;
    let mut figures = Vec::new();
    for (of, naive) in [("one segment each", segments), ("one Lease each", leases)] {
        figures.extend([
            Figure::of(format!("{of}: assertions"), naive.rate, "/s"),
            Figure::of(format!("{of}: best at once"), count(naive.at_once), ""),
            Figure::milliseconds(format!("{of}: p50"), naive.p50),
            Figure::milliseconds(format!("{of}: p99"), naive.p99),
        ]);
    }
    figures.extend([
        Figure::of("the log instead: tokens", group, "/s"),
        Figure::of(
            "the log instead: times one segment each",
            group / segments.rate,
            "",
        )
        .at_least(TIMES),
        Figure::of("the log instead: times one Lease each", group / leases.rate, ""),
    ]);
    Ok(figures)
}

/// The best of segments and of Leases.
fn on_servers_processor(scene: &Scene) -> anyhow::Result<(Naive, Naive)> {
    pin::apart(scene.options.server_processor, || {
        scene.on_this_thread(async || {
            let server = scene
                .plane
                .client_as(RELEASE, &service_account(Account::Server))
                .await;
            let segments = best(&Segments::new(server, RELEASE)).await?;
            let leases: Api<Lease> = Api::namespaced(scene.plane.admin(), NAMESPACE);
            Ok((segments, best(&leases).await?))
        })
    })
}

async fn best(kind: &impl Create) -> anyhow::Result<Naive> {
    kind.create().await?;
    let mut best: Option<Naive> = None;
    for at_once in AT_ONCE {
        let naive = many(kind, at_once).await?;
        if best.is_none_or(|best| naive.rate > best.rate) {
            best = Some(naive);
        }
    }
    best.ok_or_else(|| anyhow::anyhow!("nothing was measured"))
}

async fn many(kind: &impl Create, at_once: usize) -> anyhow::Result<Naive> {
    let begin = Instant::now();
    let one_after_the_other = async || -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        while begin.elapsed() < TIME {
            let start = Instant::now();
            kind.create().await?;
            times.push(start.elapsed());
        }
        Ok(times)
    };
    let tasks = (0..at_once).map(|_| one_after_the_other());
    let times = futures::future::try_join_all(tasks).await?;
    let mut times: Vec<_> = times.into_iter().flatten().collect();
    let rate = count(times.len()) / begin.elapsed().as_secs_f64();
    times.sort_unstable();
    let [p50, p99] = [50.0, 99.0].map(|percent| percentile(&times, percent));
    Ok(Naive {
        rate,
        at_once,
        p50,
        p99,
    })
}

impl Create for Segments {
    async fn create(&self) -> anyhow::Result<()> {
        self.create(&Self::object(&name()?, &entries(1)?)?)
            .await
            .map(drop)
    }
}

impl Create for Api<Lease> {
    async fn create(&self) -> anyhow::Result<()> {
        let object = Lease {
            metadata: ObjectMeta {
                name: Some(name()?),
                ..ObjectMeta::default()
            },
            ..Lease::default()
        };
        self.create(&PostParams::default(), &object).await?;
        Ok(())
    }
}
