//! Holding on to the lease, and giving it back.

use super::{Elector, LossReason, RequestError, is_conflict, is_gone};
use k8s_openapi::api::coordination::v1::Lease;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// The lease as we last wrote it.
pub(super) struct Held {
    pub(super) lease: Lease,
    /// When the last successful renewal was *sent*: it may have been stored at once.
    pub(super) renewed: Instant,
}

/// One term of leadership.
pub(super) struct Renewal<'a> {
    pub(super) elector: &'a Elector,
    pub(super) held: Held,
}

impl Renewal<'_> {
    /// Renews until that fails for too long. Cancelling it between two requests or in one loses nothing:
    /// the next renewal reads the lease if its version has moved on.
    pub(super) async fn run(&mut self) -> LossReason {
        let times = self.elector.times;
        loop {
            sleep(times.retry_period().min(self.left())).await;
            let left = self.left();
            if left.is_zero() {
                return LossReason::Deadline;
            }
            match timeout(left, self.renew()).await {
                Ok(Ok(())) | Err(_) => {}
                Ok(Err(RenewError::Taken)) => return LossReason::Taken,
                // Whoever looked for the owner has said so.
                Ok(Err(RenewError::Request(error @ RequestError::Orphaned))) => {
                    tracing::debug!(%error, "the lease is not made anew");
                }
                Ok(Err(RenewError::Request(error))) => {
                    tracing::warn!(%error, "cannot renew the lease; trying again");
                }
            }
        }
    }

    /// Until the deadline.
    fn left(&self) -> Duration {
        self.elector
            .times
            .renew_deadline()
            .saturating_sub(self.held.renewed.elapsed())
    }

    async fn renew(&mut self) -> Result<(), RenewError> {
        let asked = Instant::now();
        let written = self
            .elector
            .replace(&self.elector.claim(Some(&self.held.lease)))
            .await;
        let lease = match written {
            Ok(lease) => lease,
            Err(error) if is_conflict(&error) || is_gone(&error) => self.renew_what_stands_there().await?,
            Err(error) => return Err(error.into()),
        };
        self.held = Held {
            lease,
            renewed: asked,
        };
        Ok(())
    }

    /// Our own write may have succeeded without an answer, or somebody may have labelled or deleted the
    /// lease: only another holder ends our term.
    async fn renew_what_stands_there(&self) -> Result<Lease, RenewError> {
        let elector = self.elector;
        match elector.read().await? {
            None => Ok(elector.create_anew().await?),
            Some(current) if elector.is_ours(&current) => {
                Ok(elector.replace(&elector.claim(Some(&current))).await?)
            }
            Some(_) => Err(RenewError::Taken),
        }
    }

    /// Gives the lease back, if it still is ours. Failing costs the next leader the rest of the lease only.
    pub(super) async fn release(self) {
        let given_back = match self.give_back(&self.held.lease).await {
            // A renewal was stored whose answer nobody waited for.
            Err(error) if is_conflict(&error) => self.give_back_what_stands_there().await,
            other => other,
        };
        match given_back {
            Ok(()) => tracing::info!("leadership was given back"),
            Err(error) => tracing::warn!(%error, "the lease was not given back and will run out"),
        }
    }

    async fn give_back_what_stands_there(&self) -> Result<(), RequestError> {
        match self.elector.read().await? {
            Some(lease) if self.elector.is_ours(&lease) => self.give_back(&lease).await,
            _ => Ok(()),
        }
    }

    async fn give_back(&self, held: &Lease) -> Result<(), RequestError> {
        let mut lease = self.elector.claim(Some(held));
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
        }
        self.elector.replace(&lease).await.map(drop)
    }
}

// === Errors ===

enum RenewError {
    Taken,
    Request(RequestError),
}

impl From<RequestError> for RenewError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
