//! Which replica of the controller works.
//!
//! - Work runs only while the lease is ours, and is told to stop when it was not renewed in time.
//! - The lease is given back only after the work has stopped, so that the next leader starts at once.
//! - Losing the lease is an error: the process ends and starts afresh as a follower.

use super::owners::{Owner, Owners};
use crate::controller::lease::{Decision, LeaseTimes, Observed, decide};
use crate::core::clock::Clock;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use renewal::{Held, Renewal};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

mod renewal;

/// The name of the lease, in the release namespace.
pub const LEASE: &str = "countersign-controller";

/// Who stands for election: a name that no other process has, not even this one's predecessor in the same
/// pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(String);

/// One candidate.
#[derive(Debug)]
pub struct Elector {
    leases: Api<Lease>,
    identity: Identity,
    times: LeaseTimes,
    clock: Arc<dyn Clock>,
    owners: Option<Arc<Owners>>,
    started: Instant,
}

/// Why a leader stopped.
#[derive(Debug, Error)]
pub enum ElectionError {
    /// The lease was not renewed in time, or somebody else has it.
    #[error("leadership was lost: {0}")]
    Lost(LossReason),
    /// The work failed.
    #[error("the leader's work failed: {0:#}")]
    Work(anyhow::Error),
    /// The work ended although nobody asked it to.
    #[error("the leader's work ended by itself")]
    WorkEnded,
}

/// How leadership was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LossReason {
    /// No renewal succeeded before the deadline.
    #[error("the lease could not be renewed in time")]
    Deadline,
    /// Another holder stands in the lease.
    #[error("another replica holds the lease")]
    Taken,
}

/// There is no randomness to make a name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no random bytes for the identity of this replica")]
pub struct NoRandomness;

/// What one attempt to take the lease came to.
enum Attempt {
    Acquired(Box<Held>),
    Waiting(Observed),
}

/// Why one request about the lease did not succeed.
#[derive(Debug, Error)]
enum RequestError {
    #[error("no answer in time")]
    TimedOut,
    #[error("the lease has vanished, and its owner is not there")]
    Orphaned,
    #[error(transparent)]
    Api(#[from] kube::Error),
}

// === impl Identity ===

impl Identity {
    /// The pod's name and 64 random bits.
    pub fn new(pod: &str) -> Result<Self, NoRandomness> {
        let mut suffix = [0_u8; 8];
        SystemRandom::new().fill(&mut suffix).map_err(|_| NoRandomness)?;
        Ok(Self(format!("{pod}_{:016x}", u64::from_be_bytes(suffix))))
    }

    /// As it stands in the lease.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl Elector ===

impl Elector {
    /// A candidate for the lease [`LEASE`] in the namespace of `leases`.
    pub fn new(leases: Api<Lease>, identity: Identity, times: LeaseTimes, clock: Arc<dyn Clock>) -> Self {
        Self {
            leases,
            identity,
            times,
            clock,
            owners: None,
            started: Instant::now(),
        }
    }

    /// Lets the lease be owned by whoever owns what is made in the release namespace, from the next time on that it
    /// is made or taken: renewals wait for nobody. Without that owner it is not made.
    #[must_use]
    pub fn owned_by(mut self, owners: Arc<Owners>) -> Self {
        self.owners = Some(owners);
        self
    }

    /// Waits for the lease, then runs `work` while it is renewed. The token that `work` gets is cancelled
    /// when it has to stop.
    ///
    /// Returns `Ok` only after `stop`. If leadership is lost, the work has the rest of the lease to stop
    /// and is dropped then.
    pub async fn lead<W, F>(&self, stop: &CancellationToken, work: W) -> Result<(), ElectionError>
    where
        W: FnOnce(CancellationToken) -> F,
        F: Future<Output = anyhow::Result<()>>,
    {
        let acquired = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            acquired = self.acquire() => acquired,
        };
        tracing::info!(identity = self.identity.as_str(), "this replica leads");
        let leading = CancellationToken::new();
        let mut renewal = Renewal {
            elector: self,
            held: acquired,
        };
        let mut work = pin!(work(leading.clone()));
        let worked = tokio::select! {
            biased;
            lost = renewal.run() => {
                leading.cancel();
                if timeout(self.times.time_to_stop(), &mut work).await.is_err() {
                    tracing::error!("the leader's work did not stop in time and was dropped");
                }
                return Err(ElectionError::Lost(lost));
            }
            () = stop.cancelled() => None,
            worked = &mut work => Some(worked),
        };
        let outcome = match worked {
            Some(Ok(())) => Err(ElectionError::WorkEnded),
            Some(Err(error)) => Err(ElectionError::Work(error)),
            None => {
                leading.cancel();
                tokio::select! {
                    biased;
                    lost = renewal.run() => return Err(ElectionError::Lost(lost)),
                    worked = &mut work => worked.map_err(ElectionError::Work),
                }
            }
        };
        renewal.release().await;
        outcome
    }

    async fn acquire(&self) -> Held {
        let mut observed = Observed::default();
        loop {
            match self.try_acquire(observed.clone()).await {
                Ok(Attempt::Acquired(held)) => return *held,
                Ok(Attempt::Waiting(seen)) => observed = seen,
                Err(error) => tracing::warn!(%error, "cannot read or write the lease; trying again"),
            }
            sleep(self.pause()).await;
        }
    }

    async fn try_acquire(&self, observed: Observed) -> Result<Attempt, RequestError> {
        let current = self.read().await?;
        let spec = current
            .as_ref()
            .map(|lease| lease.spec.clone().unwrap_or_default());
        let observed = observed.see(spec, self.elapsed());
        match decide(&observed, self.elapsed(), self.identity.as_str(), &self.times) {
            Decision::Wait { .. } => return Ok(Attempt::Waiting(observed)),
            Decision::Acquire | Decision::Renew => {}
        }
        let owner = match &self.owners {
            Some(owners) => owners.of(current.as_ref().map(|lease| &lease.metadata)).await,
            None => Owner::Nobody,
        };
        if current.is_none() && !owner.lets_make() {
            return Ok(Attempt::Waiting(observed));
        }
        let asked = Instant::now();
        let mut wanted = self.claim(current.as_ref());
        owner.claim(&mut wanted.metadata);
        let written = match current {
            None => self.create(&wanted).await,
            Some(_) => self.replace(&wanted).await,
        };
        match written {
            Ok(lease) => Ok(Attempt::Acquired(Box::new(Held {
                lease,
                renewed: asked,
            }))),
            Err(error) if is_conflict(&error) => Ok(Attempt::Waiting(observed)),
            Err(error) => Err(error),
        }
    }

    /// The lease as it stands when we have taken or renewed `current`.
    fn claim(&self, current: Option<&Lease>) -> Lease {
        let now = MicroTime(self.clock.now());
        let before = current.and_then(|lease| lease.spec.clone()).unwrap_or_default();
        let ours = before.holder_identity.as_deref() == Some(self.identity.as_str());
        let transitions = before.lease_transitions.unwrap_or(0);
        let mut metadata = current.map_or_else(ObjectMeta::default, |lease| lease.metadata.clone());
        metadata.name = Some(LEASE.to_owned());
        metadata.managed_fields = None;
        Lease {
            metadata,
            spec: Some(LeaseSpec {
                holder_identity: Some(self.identity.as_str().to_owned()),
                lease_duration_seconds: i32::try_from(self.times.duration().as_secs()).ok(),
                acquire_time: if ours {
                    before.acquire_time
                } else {
                    Some(now.clone())
                },
                renew_time: Some(now),
                lease_transitions: Some(if ours || current.is_none() {
                    transitions
                } else {
                    transitions.saturating_add(1)
                }),
                ..before
            }),
        }
    }

    /// Creates the lease that has vanished under its holder, perhaps with its owner.
    async fn create_anew(&self) -> Result<Lease, RequestError> {
        let mut lease = self.claim(None);
        if let Some(owners) = &self.owners {
            owners.doubt_at_home();
            let owner = owners.of(None).await;
            if !owner.lets_make() {
                return Err(RequestError::Orphaned);
            }
            owner.claim(&mut lease.metadata);
        }
        self.create(&lease).await
    }

    fn is_ours(&self, lease: &Lease) -> bool {
        let holder = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.holder_identity.as_deref());
        holder == Some(self.identity.as_str())
    }

    async fn read(&self) -> Result<Option<Lease>, RequestError> {
        self.bounded(self.leases.get_opt(LEASE)).await
    }

    async fn create(&self, lease: &Lease) -> Result<Lease, RequestError> {
        self.bounded(self.leases.create(&PostParams::default(), lease))
            .await
    }

    async fn replace(&self, lease: &Lease) -> Result<Lease, RequestError> {
        self.bounded(self.leases.replace(LEASE, &PostParams::default(), lease))
            .await
    }

    /// The client would wait for an answer for ever, and repeat what the server refuses for minutes.
    async fn bounded<T>(
        &self,
        request: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, RequestError> {
        let longest = self.times.renew_deadline().min(Duration::from_secs(5));
        match timeout(longest, request).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(RequestError::TimedOut),
        }
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The retry period and up to a fifth more, so that candidates do not ask in step.
    fn pause(&self) -> Duration {
        let mut random = [0_u8; 1];
        let share = SystemRandom::new()
            .fill(&mut random)
            .map_or(0, |()| u32::from(random[0]));
        let period = self.times.retry_period();
        let extra = period.saturating_mul(share).checked_div(1280);
        period.saturating_add(extra.unwrap_or_default())
    }
}

fn is_conflict(error: &RequestError) -> bool {
    matches!(error, RequestError::Api(kube::Error::Api(status)) if status.code == 409)
}

fn is_gone(error: &RequestError) -> bool {
    matches!(error, RequestError::Api(kube::Error::Api(status)) if status.code == 404)
}
