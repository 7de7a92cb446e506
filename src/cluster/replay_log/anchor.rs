//! The anchor: the object that says since when the log of an issuer is complete.

use super::hex;
use super::objects::{Segments, brief};
use super::shared::Shared;
use crate::api::v1alpha1::ANCHOR_PREFIX;
use crate::core::issuer::Issuer;
use anyhow::Context;
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
    format!("{ANCHOR_PREFIX}{}", hex(half))
}

/// Looks for another log of our issuer; never returns. The older one counts, and of two of the same second none: two
/// servers that know nothing of each other must not both serve.
pub(super) async fn look_for_others(shared: &Shared, segments: &Segments) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut complained = false;
    loop {
        ticks.tick().await;
        match look(shared, segments).await {
            Ok(()) => complained = false,
            Err(error) if !complained => {
                tracing::warn!(%error, "cannot look for other replay logs of this issuer");
                complained = true;
            }
            Err(error) => tracing::debug!(%error, "cannot look for other replay logs of this issuer"),
        }
    }
}

/// One look.
pub(super) async fn look(shared: &Shared, segments: &Segments) -> anyhow::Result<()> {
    let name = name(&shared.options.issuer);
    let found = timeout(PATIENCE, segments.anchors(&name, shared.options.look_elsewhere))
        .await
        .context("no answer in time")?
        .map_err(brief)?;
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
    Ok(())
}
