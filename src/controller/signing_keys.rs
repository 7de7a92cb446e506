//! The leader's part in the signing keys: it makes, hands over and forgets them, in one Secret.
//!
//! - Each write is a `create` or a PUT with the resourceVersion that was read, so that of two leaders one
//!   fails and reads again.
//! - A deleted Secret is restored with the keys that this process still holds.
//! - A Secret that cannot be read is never written over: its keys may be all there is.
//! - It has the owner that it should have, or none: uninstalling collects it, unless the keys are to be kept. If it
//!   should have one that is not there, it is not made or restored.

use super::kept_secret::{self, WriteError};
use super::owners::{Owner, Owners};
use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::cluster::signing_keys::take_ring;
use crate::core::clock::Clock;
use crate::jose::{SigningFault, SigningKey};
use crate::keys::secret::{ENTRY, SECRET, SecretFault, encode};
use crate::keys::{Draft, KeyRing, Plan, RingError, RotationPolicy, plan};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the wall clock is consulted, whatever was planned: it may have been set.
pub const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What happened to the keys; for metrics and Events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationEvent {
    /// The first keys were written.
    Created,
    /// A key was added, retired or dropped.
    Rotated,
    /// The Secret had been deleted and stands again, with the same keys.
    Restored,
    /// The Secret has another owner than before, and the same keys.
    Owned,
    /// The Secret cannot be read and is left alone.
    Unreadable(SecretFault),
    /// Somebody else wrote first.
    Conflict,
    /// A write failed, or nobody knows.
    Failed,
}

/// The rotation of one installation's keys.
pub struct Rotation {
    secrets: Api<Secret>,
    policy: RotationPolicy,
    clock: Arc<dyn Clock>,
    owners: Option<Arc<Owners>>,
    look_every: Duration,
    report: Box<dyn Fn(RotationEvent) + Send + Sync>,
}

/// The Secret as it was last seen.
enum Stored {
    Unknown,
    Absent,
    /// The Secret but for the keys, and the keys.
    Readable(Box<Secret>, KeyRing),
    Unreadable,
}

#[derive(Debug, Error)]
enum RotationError {
    #[error("a key could not be made: {0}")]
    Key(#[from] SigningFault),
    #[error("the next keys would contradict each other: {0}")]
    Ring(#[from] RingError),
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error("making a key was interrupted")]
    Interrupted,
    #[error(transparent)]
    Write(#[from] WriteError),
}

// === impl Rotation ===

impl Rotation {
    /// Rotates the keys in the namespace of `secrets`; `report` hears of all that happens.
    pub fn new(
        secrets: Api<Secret>,
        policy: RotationPolicy,
        clock: Arc<dyn Clock>,
        report: impl Fn(RotationEvent) + Send + Sync + 'static,
    ) -> Self {
        Self {
            secrets,
            policy,
            clock,
            owners: None,
            look_every: LOOK_EVERY,
            report: Box::new(report),
        }
    }

    /// Lets the Secret be owned by whoever owns what is made in the release namespace; otherwise it has no owner, and
    /// stays when everything else is collected.
    #[must_use]
    pub fn owned_by(mut self, owners: Option<Arc<Owners>>) -> Self {
        self.owners = owners;
        self
    }

    /// Consults the clock this often.
    #[must_use]
    pub fn look_every(mut self, pause: Duration) -> Self {
        self.look_every = pause;
        self
    }

    /// Rotates until `stop`. A write that has begun is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        let mut watch = ObjectWatch::new(self.secrets.clone(), SECRET);
        let mut stored = Stored::Unknown;
        let mut memory = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                seen = watch.next() => stored = self.take_note(seen),
                () = sleep(self.pause()) => {}
            }
            if let Stored::Readable(_, ring) = &stored {
                memory = Some(ring.clone());
            }
            match self.act(&stored, memory.as_ref()).await {
                Ok(None) => {}
                Ok(Some((event, secret, ring))) => {
                    tracing::info!(?event, keys = ring.entries().len(), "signing keys written");
                    memory = Some(ring.clone());
                    stored = Stored::Readable(secret, ring);
                    (self.report)(event);
                }
                Err(error) => {
                    // What stands there now is known only after another list.
                    stored = Stored::Unknown;
                    watch.restart();
                    let pause = self.failed(&error);
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = sleep(pause) => {}
                    }
                }
            }
        }
    }

    /// Until the next look; sooner than usual if there was no owner.
    fn pause(&self) -> Duration {
        let owners = self.owners.as_ref();
        owners.map_or(self.look_every, |owners| owners.pause_at_home(self.look_every))
    }

    fn take_note(&self, seen: Seen<Secret>) -> Stored {
        let Seen::Present(mut secret) = seen else {
            if let Some(owners) = &self.owners {
                owners.doubt_at_home();
            }
            return Stored::Absent;
        };
        match take_ring(&mut secret) {
            Ok(ring) => Stored::Readable(Box::new(secret), ring),
            Err(fault) => {
                tracing::error!(
                    %fault,
                    "the Secret of the signing keys cannot be read and is left alone: restore it from a \
                     backup, or delete it to get the last keys that this process read, or else new ones"
                );
                (self.report)(RotationEvent::Unreadable(fault));
                Stored::Unreadable
            }
        }
    }

    /// Tells of a failure; returns how long to wait before the next attempt.
    fn failed(&self, error: &RotationError) -> Duration {
        if let Some(owners) = &self.owners {
            owners.doubt_at_home();
        }
        if matches!(error, RotationError::Write(WriteError::Conflict)) {
            tracing::info!(%error, "reading the signing keys again");
            (self.report)(RotationEvent::Conflict);
            Duration::from_millis(200)
        } else {
            tracing::error!(%error, "the signing keys were not written; trying again");
            (self.report)(RotationEvent::Failed);
            Duration::from_secs(5)
        }
    }

    /// Does what is to be done about the Secret as it was seen; returns what was written, if anything.
    async fn act(
        &self,
        stored: &Stored,
        memory: Option<&KeyRing>,
    ) -> Result<Option<(RotationEvent, Box<Secret>, KeyRing)>, RotationError> {
        let standing = match stored {
            Stored::Unknown | Stored::Unreadable => return Ok(None),
            Stored::Absent => None,
            Stored::Readable(secret, _) => Some(&secret.metadata),
        };
        let owner = match &self.owners {
            Some(owners) => owners.of(standing).await,
            None => Owner::Nobody,
        };
        if standing.is_none() && !owner.lets_make() {
            return Ok(None);
        }
        let (event, secret, ring) = match (stored, memory) {
            (Stored::Unknown | Stored::Unreadable, _) => return Ok(None),
            (Stored::Absent, Some(ring)) => (RotationEvent::Restored, kept_secret::new(SECRET), ring.clone()),
            (Stored::Absent, None) => match plan(&KeyRing::default(), self.clock.now(), &self.policy) {
                Plan::Nothing { .. } => return Ok(None),
                Plan::Write(draft) => (
                    RotationEvent::Created,
                    kept_secret::new(SECRET),
                    complete(draft).await?,
                ),
            },
            (Stored::Readable(secret, ring), _) => match plan(ring, self.clock.now(), &self.policy) {
                Plan::Nothing { .. } if !owner.is_named_by(&secret.metadata) => {
                    (RotationEvent::Owned, secret.as_ref().clone(), ring.clone())
                }
                Plan::Nothing { until } => {
                    tracing::trace!(%until, "the signing keys need nothing");
                    return Ok(None);
                }
                Plan::Write(draft) => (
                    RotationEvent::Rotated,
                    secret.as_ref().clone(),
                    complete(draft).await?,
                ),
            },
        };
        let written = kept_secret::write(&self.secrets, secret, [(ENTRY, encode(&ring)?)], &owner).await?;
        Ok(Some((event, Box::new(written), ring)))
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation")
            .field("policy", &self.policy)
            .field("look_every", &self.look_every)
            .finish_non_exhaustive()
    }
}

/// Makes the keys that are missing, away from the threads that answer requests: RSA takes its time.
async fn complete(draft: Draft) -> Result<KeyRing, RotationError> {
    let make = move || draft.complete::<RotationError>(|algorithm| Ok(SigningKey::generate(algorithm)?));
    tokio::task::spawn_blocking(make)
        .await
        .map_err(|_| RotationError::Interrupted)?
}
