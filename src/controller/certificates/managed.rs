//! Keeps an authority and a serving certificate of our own, each in a Secret.
//!
//! - Each write is a `create` or a PUT with the resourceVersion that was read, so that of two leaders one fails and
//!   reads again: they make one authority.
//! - A deleted Secret of the authority is restored with what this process still holds. One that cannot be read is
//!   never written over; what this process holds goes on signing meanwhile.
//! - A serving certificate is made anew whenever the one that stands there is of no use, but never in the place of
//!   one that somebody else made.
//! - Neither is made or restored while the owner that it is to have is not there.

use super::metrics::CertificateMetrics;
use super::stored::{BUNDLE, CHAIN, KEY, StoredAuthorities, StoredServing, TLS};
use super::{Bundle, tell};
use crate::certificates::secret::{ENTRY, SECRET, SecretFault, encode};
use crate::certificates::{
    Authorities, Authority, Draft, Material, MaterialFault, Names, Plan, Reason, Renewal, RingFault, Serving,
    plan, renewal,
};
use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::controller::kept_secret::{self, WriteError};
use crate::controller::owners::Owners;
use crate::core::clock::Clock;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How often the wall clock is consulted, whatever was planned: it may have been set.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What happened to the certificates; for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateEvent {
    /// An authority was made, or one that has ended was dropped.
    AuthorityWritten,
    /// The Secret of the authority had been deleted and stands again, with the same authorities.
    AuthorityRestored,
    /// A serving certificate was made for this reason, or its bundle changed.
    ServingWritten(Option<Reason>),
    /// A Secret has another owner than before.
    Owned,
    /// The Secret of the authority cannot be read and is left alone.
    Unreadable(SecretFault),
    /// The Secret of the serving certificate is somebody else's and is left alone.
    Foreign,
    /// Somebody else wrote first.
    Conflict,
    /// A write failed, or nobody knows.
    Failed,
}

/// The certificates of one installation.
pub struct ManagedCertificates {
    secrets: Api<Secret>,
    tls_secret: String,
    names: Names,
    clock: Arc<dyn Clock>,
    owners: Arc<Owners>,
    bundle: watch::Sender<Bundle>,
    metrics: CertificateMetrics,
    look_every: Duration,
    report: Box<dyn Fn(CertificateEvent) + Send + Sync>,
}

/// What is known.
struct Known {
    authorities: StoredAuthorities,
    /// The last that could be read.
    memory: Option<Authorities>,
    serving: StoredServing,
}

#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Material(#[from] MaterialFault),
    #[error(transparent)]
    Ring(#[from] RingFault),
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error(transparent)]
    Write(#[from] WriteError),
}

// === impl ManagedCertificates ===

impl ManagedCertificates {
    /// Keeps the authority in the namespace of `secrets`, and the certificate for `names` in the Secret `tls_secret`
    /// there; `bundle` hears whom clients are to trust.
    pub fn new(
        secrets: Api<Secret>,
        (tls_secret, names): (String, Names),
        clock: Arc<dyn Clock>,
        owners: Arc<Owners>,
        bundle: watch::Sender<Bundle>,
        metrics: CertificateMetrics,
    ) -> Self {
        Self {
            secrets,
            tls_secret,
            names,
            clock,
            owners,
            bundle,
            metrics,
            look_every: LOOK_EVERY,
            report: Box::new(|_| {}),
        }
    }

    /// Consults the clock this often.
    #[must_use]
    pub fn look_every(mut self, pause: Duration) -> Self {
        self.look_every = pause;
        self
    }

    /// Tells `report` of all that happens.
    #[must_use]
    pub fn report(mut self, report: impl Fn(CertificateEvent) + Send + Sync + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// Keeps them until `stop`. A write that has begun is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        let mut authorities = ObjectWatch::new(self.secrets.clone(), SECRET);
        let mut serving = ObjectWatch::new(self.secrets.clone(), self.tls_secret.clone());
        let mut known = Known {
            authorities: StoredAuthorities::Unknown,
            memory: None,
            serving: StoredServing::Unknown,
        };
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                seen = authorities.next() => known.authorities = self.authorities_seen(seen),
                seen = serving.next() => known.serving = self.serving_seen(seen),
                () = sleep(self.owners.pause_at_home(self.look_every)) => {}
            }
            if let StoredAuthorities::Readable(_, ring) = &known.authorities {
                known.memory = Some(ring.clone());
            }
            if let Err(failure) = self.act(&mut known).await {
                // What stands there now is known only after other lists.
                known.authorities = StoredAuthorities::Unknown;
                known.serving = StoredServing::Unknown;
                authorities.restart();
                serving.restart();
                let pause = self.failed(&failure);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(pause) => {}
                }
            }
        }
    }

    fn authorities_seen(&self, seen: Seen<Secret>) -> StoredAuthorities {
        let Seen::Present(secret) = seen else {
            self.owners.doubt_at_home();
            return StoredAuthorities::Absent;
        };
        StoredAuthorities::read(secret).unwrap_or_else(|fault| {
            tracing::error!(
                %fault,
                "the Secret of the certificate authority cannot be read and is left alone: restore it from a backup, \
                 or delete it to get the last authority that this process read, or else a new one"
            );
            self.happened(CertificateEvent::Unreadable(fault));
            StoredAuthorities::Unreadable
        })
    }

    fn serving_seen(&self, seen: Seen<Secret>) -> StoredServing {
        let Seen::Present(secret) = seen else {
            self.owners.doubt_at_home();
            return StoredServing::Absent;
        };
        let read = StoredServing::read(secret);
        if matches!(read, StoredServing::Foreign) {
            tracing::error!(
                secret = %self.tls_secret,
                "the Secret of the serving certificate was not made here and is left alone: delete it, or give it to \
                 the controller with --serving-certificate given"
            );
            self.happened(CertificateEvent::Foreign);
        }
        read
    }

    fn happened(&self, event: CertificateEvent) {
        self.metrics.count(event);
        (self.report)(event);
    }

    /// Tells of a failure; returns how long to wait before the next attempt.
    fn failed(&self, failure: &Failure) -> Duration {
        self.owners.doubt_at_home();
        if matches!(failure, Failure::Write(WriteError::Conflict)) {
            tracing::info!(error = %failure, "reading the certificates again");
            self.happened(CertificateEvent::Conflict);
            Duration::from_millis(200)
        } else {
            tracing::error!(error = %failure, "the certificates were not written; trying again");
            self.happened(CertificateEvent::Failed);
            Duration::from_secs(5)
        }
    }

    /// Does what is to be done: first the authority, which is told to clients, and then what it signs.
    async fn act(&self, known: &mut Known) -> Result<(), Failure> {
        let now = self.clock.now();
        self.keep_authorities(known, now).await?;
        let ring = match &known.authorities {
            StoredAuthorities::Readable(_, ring) => ring,
            StoredAuthorities::Unreadable => match &known.memory {
                Some(memory) => memory,
                None => return Ok(()),
            },
            StoredAuthorities::Unknown | StoredAuthorities::Absent => return Ok(()),
        };
        tell(&self.bundle, &ring.bundle_pem(now));
        let Some(authority) = ring.in_use(now) else {
            return Ok(());
        };
        self.metrics.ends(authority.validity().not_after);
        if let Some(written) = self.keep_serving(&known.serving, ring, authority, now).await? {
            known.serving = written;
        }
        Ok(())
    }

    async fn keep_authorities(&self, known: &mut Known, now: Timestamp) -> Result<(), Failure> {
        let nothing = Authorities::default();
        let (stored, ring, restored) = match (&known.authorities, &known.memory) {
            (StoredAuthorities::Unknown | StoredAuthorities::Unreadable, _) => return Ok(()),
            (StoredAuthorities::Readable(secret, ring), _) => (Some(secret.as_ref()), ring, false),
            (StoredAuthorities::Absent, Some(memory)) => (None, memory, true),
            (StoredAuthorities::Absent, None) => (None, &nothing, false),
        };
        let owner = self.owners.of(stored.map(|secret| &secret.metadata)).await;
        if stored.is_none() && !owner.lets_make() {
            return Ok(());
        }
        let (event, next) = match plan(ring, now) {
            Plan::Write(draft) => (CertificateEvent::AuthorityWritten, complete(draft)?),
            Plan::Nothing { .. } if restored => (CertificateEvent::AuthorityRestored, ring.clone()),
            Plan::Nothing { .. } if stored.is_some_and(|secret| !owner.is_named_by(&secret.metadata)) => {
                (CertificateEvent::Owned, ring.clone())
            }
            Plan::Nothing { until } => {
                tracing::trace!(%until, "the certificate authority needs nothing");
                return Ok(());
            }
        };
        let secret = stored.cloned().unwrap_or_else(|| kept_secret::new(SECRET));
        let written = kept_secret::write(&self.secrets, secret, [(ENTRY, encode(&next)?)], &owner).await?;
        tracing::info!(
            ?event,
            authorities = next.entries().len(),
            "certificate authority written"
        );
        known.memory = Some(next.clone());
        known.authorities = StoredAuthorities::Readable(Box::new(written), next);
        self.happened(event);
        Ok(())
    }

    /// Returns what was written, if anything.
    async fn keep_serving(
        &self,
        stored: &StoredServing,
        ring: &Authorities,
        authority: &Authority,
        now: Timestamp,
    ) -> Result<Option<StoredServing>, Failure> {
        let (secret, present, bundle) = match stored {
            StoredServing::Unknown | StoredServing::Foreign => return Ok(None),
            StoredServing::Absent => (None, None, &[][..]),
            StoredServing::Ours(secret, read, bundle) => {
                if let Err(fault) = read {
                    tracing::warn!(%fault, "the serving certificate cannot be used and is replaced");
                }
                (Some(secret.as_ref()), read.as_ref().ok(), bundle.as_slice())
            }
        };
        let Some(due) = renewal(ring, present, &self.names, now) else {
            return Ok(None);
        };
        let owner = self.owners.of(secret.map(|secret| &secret.metadata)).await;
        if secret.is_none() && !owner.lets_make() {
            return Ok(None);
        }
        let current = ring.bundle_pem(now);
        let right = secret.is_none_or(|secret| owner.is_named_by(&secret.metadata));
        let reason = match due {
            Renewal::Issue(reason) => Some(reason),
            // The key is not at hand any more, and a new certificate costs nothing.
            Renewal::Keep { .. } if bundle != current.as_bytes() || !right => None,
            Renewal::Keep { until } => {
                tracing::trace!(%until, "the serving certificate needs nothing");
                return Ok(None);
            }
        };
        let issued = authority.issue(&self.names, now, &Material::generate()?)?;
        let serving = Serving::read(issued.chain.as_bytes(), issued.key.as_bytes());
        let entries = [
            (CHAIN, issued.chain.as_str()),
            (KEY, issued.key.as_str()),
            (BUNDLE, current.as_str()),
        ]
        .map(|(entry, text)| (entry, Zeroizing::new(text.as_bytes().to_vec())));
        let mut next = secret
            .cloned()
            .unwrap_or_else(|| kept_secret::new(&self.tls_secret));
        next.type_ = Some(TLS.to_owned());
        let written = kept_secret::write(&self.secrets, next, entries, &owner).await?;
        tracing::info!(?reason, "serving certificate written");
        self.happened(CertificateEvent::ServingWritten(reason));
        let written = Box::new(written);
        Ok(Some(StoredServing::Ours(written, serving, current.into_bytes())))
    }
}

fn complete(draft: Draft) -> Result<Authorities, Failure> {
    draft.complete(|| Ok(Material::generate()?))
}

impl fmt::Debug for ManagedCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedCertificates")
            .field("tls_secret", &self.tls_secret)
            .field("names", &self.names)
            .field("look_every", &self.look_every)
            .finish_non_exhaustive()
    }
}
