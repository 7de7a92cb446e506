//! The anchor: the object that says since when the log of an issuer is complete.

use super::hex;
use super::objects::{ANCHOR, Segments, brief};
use super::shared::Shared;
use crate::core::issuer::Issuer;
use aws_lc_rs::digest::{SHA256, digest};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often other logs are looked for. Each look measures the API server's clock, too.
const EVERY: Duration = Duration::from_secs(10);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The name of the anchor of `issuer`.
pub(super) fn name(issuer: &Issuer) -> String {
    let digest = digest(&SHA256, issuer.as_str().as_bytes());
    let half = digest.as_ref().get(..16).unwrap_or_default();
    format!("{ANCHOR}{}", hex(half))
}

/// Looks for another log of our issuer; never returns. The older one counts, and of two of the same second none: two
/// servers that know nothing of each other must not both serve.
pub(super) async fn look_for_others(shared: &Shared, segments: &Segments) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        look(shared, segments).await;
    }
}

/// One look.
pub(super) async fn look(shared: &Shared, segments: &Segments) {
    let name = name(&shared.options.issuer);
    let found = match timeout(PATIENCE, segments.anchors(&name)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::warn!(error = %brief(error), "cannot look for other replay logs of this issuer");
            return;
        }
        Err(_) => return,
    };
    let own = &shared.options.namespace;
    let born = |ours: bool| {
        let of = found
            .iter()
            .filter(move |anchor| (anchor.metadata.namespace == *own) == ours);
        of.min_by_key(|anchor| anchor.metadata.created_before())
    };
    let second = match (born(true), born(false)) {
        (Some(ours), Some(other)) => {
            let older = other.metadata.created_before() <= ours.metadata.created_before();
            older.then_some(&other.metadata.namespace)
        }
        _ => None,
    };
    if let Some(namespace) = second {
        tracing::error!(
            namespace,
            "another installation has a replay log for this issuer, and it is the older one: nobody is served here"
        );
    }
    shared.state().second_log = second.is_some();
}
