//! The replay log of a cluster: the protocol of [`crate::replay::replica`] at the edge of the API server.
//!
//! - `list` reads the segments, `reader` follows them from there on, and settles what waits.
//! - `writer` sends one append at a time, at the installation's pace.
//! - `anchor` says since when the log is complete, and looks for a second log of the same issuer.

mod anchor;
mod list;
mod metrics;
mod objects;
mod reader;
mod shared;
mod span;
mod writer;

pub use metrics::LogMetrics;

use crate::cluster::api_clock::ApiClock;
use crate::core::clock::Clock;
use crate::core::issuer::Issuer;
use crate::lifecycle::Tasks;
use crate::readiness::Readiness;
use crate::replay::replica::Recorded;
use crate::replay::segment::{Bucket, Entry};
use crate::replay::{Capacity, Outcome, ReplayLog, Standing, Use};
use aws_lc_rs::rand;
use futures::future::{self, BoxFuture};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use objects::Segments;
use shared::{Shared, Ticket};
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::Span;

/// How the log is used.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The release namespace.
    pub namespace: String,
    /// Whether another log of our issuer is looked for in all other namespaces.
    pub look_elsewhere: bool,
    /// Our issuer: there is one log for it.
    pub issuer: Issuer,
    /// How far clocks may be apart.
    pub skew: SignedDuration,
    /// How much the log may hold.
    pub capacity: Capacity,
    /// Appends per second of all servers of the installation, at the most; see [`Pace`](crate::replay::pace::Pace).
    pub append_rate: u32,
}

/// The replay log that the servers of an installation share: one key is owned by one of them.
#[derive(Debug)]
pub struct ClusterLog {
    shared: Arc<Shared>,
}

/// There is no randomness to make names of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes for the names of the replay log")]
pub struct NoRandomness;

// === impl ClusterLog ===

impl ClusterLog {
    /// Follows the log with `client` until the shutdown of `tasks`. `readiness` is blocked until the log was read, and
    /// again while its [`Standing`] lets no request be answered. `api_clock` must measure every answer that `client` gets.
    pub fn follow(
        client: &Client,
        options: LogOptions,
        clock: &Arc<dyn Clock>,
        api_clock: &ApiClock,
        metrics: LogMetrics,
        tasks: &Tasks,
        readiness: &Readiness,
    ) -> Result<Self, NoRandomness> {
        let life = random_hex::<8>()?;
        let segments = Segments::new(client.clone(), options.namespace.clone(), life.clone());
        let shared = Arc::new(Shared::new(
            options,
            life,
            Arc::clone(clock),
            api_clock.clone(),
            metrics,
        ));
        let (reading, listed, readiness) = (Arc::clone(&shared), segments.clone(), readiness.clone());
        let (writing, written) = (Arc::clone(&shared), segments.clone());
        let watching = Arc::clone(&shared);
        // Requests that are under way at a shutdown are settled before the process ends.
        tasks.spawn_supporting("replay log reader", async move {
            reader::run(&reading, &listed, &readiness).await;
        });
        tasks.spawn_supporting("replay log writer", async move {
            writer::run(&writing, &written).await;
        });
        tasks.spawn_supporting("replay log anchor", async move {
            anchor::look_for_others(&watching, &segments).await;
        });
        Ok(Self { shared })
    }
}

impl ReplayLog for ClusterLog {
    fn record(&self, uses: Vec<Use>, now: Timestamp) -> BoxFuture<'_, Outcome> {
        let mut receiver = None;
        let decided = {
            let mut state = self.shared.state();
            let salt = &state.salt;
            let uses = uses.iter().map(|this| recorded(this, salt)).collect();
            state.replica.submit(uses, now, || {
                let (verdict, waits) = oneshot::channel();
                receiver = Some(waits);
                Ticket {
                    verdict,
                    span: Span::current(),
                }
            })
        };
        match (decided, receiver) {
            (Some(outcome), _) => Box::pin(future::ready(outcome)),
            (None, Some(waits)) => {
                self.shared.work.notify_one();
                Box::pin(async { waits.await.unwrap_or(Outcome::Unknown) })
            }
            (None, None) => Box::pin(future::ready(Outcome::Unknown)),
        }
    }

    fn standing(&self) -> Standing {
        self.shared.standing()
    }
}

fn recorded(this: &Use, salt: &str) -> Recorded {
    Recorded {
        entry: Entry {
            key: this.key,
            bucket: Bucket::of(&this.client, salt),
        },
        until: this.until,
    }
}

/// `N` random bytes in hexadecimal digits.
fn random_hex<const N: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)])
        .collect()
}
