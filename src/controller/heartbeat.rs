//! The leader's sign of life: servers stop believing published keys an hour after the last one.
//!
//! One object for all clients, written once a minute. It says "every source of keys has been looked at",
//! so that the first beat comes only when the first full sync is done.

use super::owners::{Owner, Owners};
use crate::cluster::heartbeat::LEASE;
use crate::core::clock::Clock;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// The pause between two beats.
pub const EVERY: Duration = Duration::from_mins(1);

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The leader's heart.
#[derive(Debug)]
pub struct Heartbeat {
    leases: Api<Lease>,
    holder: String,
    every: Duration,
    clock: Arc<dyn Clock>,
    owners: Option<Arc<Owners>>,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// Beats in the namespace of `leases`, in the name of `holder`, once in every `every`.
    pub fn new(leases: Api<Lease>, holder: String, every: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            leases,
            holder,
            every: every.max(Duration::from_millis(1)),
            clock,
            owners: None,
        }
    }

    /// Lets the lease be owned by whoever owns what is made in the release namespace.
    #[must_use]
    pub fn owned_by(mut self, owners: Arc<Owners>) -> Self {
        self.owners = Some(owners);
        self
    }

    /// Beats from the moment in which `synced` is done until `stop`. A beat that fails is logged and
    /// followed by the next one.
    pub async fn run(&self, synced: impl Future<Output = ()>, stop: CancellationToken) {
        let beats = async {
            synced.await;
            let mut ticks = interval(self.every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                match timeout(PATIENCE, self.beat()).await {
                    Ok(Ok(true)) => {}
                    Ok(Ok(false)) => ticks.reset_after(self.pause()),
                    Ok(Err(error)) => tracing::warn!(%error, "the heartbeat was not written"),
                    Err(_) => tracing::warn!("the heartbeat was not written: no answer in time"),
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = beats => {}
        }
    }

    /// Until the next attempt if there was no owner for the lease.
    fn pause(&self) -> Duration {
        let owners = self.owners.as_ref();
        owners.map_or(self.every, |owners| owners.pause_at_home(self.every))
    }

    /// Returns whether it was written; a lease that is to be owned is not made without that owner.
    async fn beat(&self) -> Result<bool, kube::Error> {
        let current = self.leases.get_opt(LEASE).await?;
        let owner = match &self.owners {
            Some(owners) => {
                if current.is_none() {
                    owners.doubt_at_home();
                }
                owners.of(current.as_ref().map(|lease| &lease.metadata)).await
            }
            None => Owner::Nobody,
        };
        let spec = LeaseSpec {
            holder_identity: Some(self.holder.clone()),
            renew_time: Some(MicroTime(self.clock.now())),
            ..LeaseSpec::default()
        };
        match current {
            None if !owner.lets_make() => return Ok(false),
            None => {
                let mut lease = Lease {
                    metadata: ObjectMeta {
                        name: Some(LEASE.to_owned()),
                        ..ObjectMeta::default()
                    },
                    spec: Some(spec),
                };
                owner.claim(&mut lease.metadata);
                self.leases.create(&PostParams::default(), &lease).await?;
            }
            Some(mut lease) => {
                lease.metadata.managed_fields = None;
                owner.claim(&mut lease.metadata);
                lease.spec = Some(spec);
                self.leases.replace(LEASE, &PostParams::default(), &lease).await?;
            }
        }
        Ok(true)
    }
}
