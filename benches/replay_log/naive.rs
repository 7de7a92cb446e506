//! The naive rule: one object for each assertion. The request is answered when the object was created, and
//! an object that is there already is a replay.
//!
//! It is given every advantage: the smallest kind that Kubernetes has built in, the rights of an
//! administrator (no queue, no lookup of rights), no token to sign, nothing to verify, and the number of
//! requests at once that is best for it.

use crate::driver::latency::percentile;
use crate::driver::pin;
use crate::scene::Scene;
use crate::segments::name;
use crate::shared::figures::count;
use crate::shared::kind::NAMESPACE;
use crate::table::Figure;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use std::time::{Duration, Instant};

/// How long each number of requests at once is measured.
const TIME: Duration = Duration::from_secs(3);
/// Requests at once.
const AT_ONCE: [usize; 4] = [16, 64, 128, 256];

/// What the rule comes to at its best.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naive {
    /// Assertions a second; as many objects.
    pub(crate) rate: f64,
    at_once: usize,
    p50: Duration,
    p99: Duration,
}

/// Measures it, and tells about it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let best = best(scene)?;
    let of = "one object for each assertion";
    Ok(vec![
        Figure::of(format!("{of}: assertions"), best.rate, "/s"),
        Figure::of(format!("{of}: at once"), count(best.at_once), ""),
        Figure::milliseconds(format!("{of}: p50"), best.p50),
        Figure::milliseconds(format!("{of}: p99"), best.p99),
    ])
}

/// The best rate, from the server's processor.
pub(crate) fn best(scene: &Scene) -> anyhow::Result<Naive> {
    pin::apart(scene.options.server_processor, || {
        scene.on_this_thread(async || {
            let client = scene.plane.admin();
            create(&client).await?;
            let mut best: Option<Naive> = None;
            for at_once in AT_ONCE {
                let naive = many(&client, at_once).await?;
                if best.is_none_or(|best| naive.rate > best.rate) {
                    best = Some(naive);
                }
            }
            best.ok_or_else(|| anyhow::anyhow!("nothing was measured"))
        })
    })
}

async fn many(client: &Client, at_once: usize) -> anyhow::Result<Naive> {
    let begin = Instant::now();
    let one_after_the_other = async || -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        while begin.elapsed() < TIME {
            times.push(create(client).await?);
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

async fn create(client: &Client) -> anyhow::Result<Duration> {
    let object = Lease {
        metadata: ObjectMeta {
            name: Some(name()?),
            ..ObjectMeta::default()
        },
        ..Lease::default()
    };
    let leases: Api<Lease> = Api::namespaced(client.clone(), NAMESPACE);
    let start = Instant::now();
    leases.create(&PostParams::default(), &object).await?;
    Ok(start.elapsed())
}
