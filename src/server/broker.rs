//! The whole exchange: request bytes in, a token or a refusal out. The clock, the randomness, the
//! replay log and the signing keys come together here and nowhere else.

use crate::core::clock::Clock;
use crate::grants::{self, Directory, Grant, Issued, Moment, Reason, Refusal, Settings, Settled};
use crate::jose::{Algorithm, SigningKey};
use crate::keys::SigningKeyStore;
use crate::oauth::request::TokenRequest;
use crate::replay::{Outcome, ReplayLog, Standing};
use crate::server::audit::Record;
use crate::telemetry::SPANS;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// What the token endpoint works with.
#[derive(Debug)]
pub struct Broker {
    /// The rules.
    pub settings: Settings,
    /// The clients, the local issuer, the resources.
    pub directory: Arc<dyn Directory>,
    /// The record of used assertions.
    pub replay: Arc<dyn ReplayLog>,
    /// The signing keys; what is in here is what the key set shows.
    pub keys: Arc<SigningKeyStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Broker {
    /// Answers one token request. `record` is filled with what the audit log is to know, whatever
    /// the outcome.
    ///
    /// A caller that goes away in the middle loses at most its own assertion.
    pub async fn exchange(
        &self,
        body: &[u8],
        authorization_header: bool,
        record: &mut Record,
    ) -> Result<Issued, Refusal> {
        let grant = self.decide(body, authorization_header, record)?;
        // A server that cannot sign is to find that out before it uses an assertion up.
        self.with_signing_key(grant.terms().algorithm, self.clock.now(), |_| Ok(()))?;
        let settled = self.settle(grant, record).await?;
        self.issue(&settled, record)
    }

    /// Everything before the replay log. Apart from [`Self::exchange`], so that what was read is gone
    /// before anybody waits.
    fn decide(&self, body: &[u8], authorization_header: bool, record: &mut Record) -> Result<Grant, Refusal> {
        let request = TokenRequest::parse(body, authorization_header)?;
        record.grant = Some(request.grant);
        let moment = Moment {
            now: self.clock.now(),
            log_birth: self.log_birth()?,
        };
        let directory = self.directory.as_ref();
        if !directory.is_complete() {
            return Err(Reason::ClientsNotRead.into());
        }
        let authenticated = info_span!(target: SPANS, "authenticate")
            .in_scope(|| grants::authenticate(request, directory, &self.settings, moment))?;
        record.authenticated(&authenticated);
        let grant = info_span!(target: SPANS, "authorize")
            .in_scope(|| grants::authorize(&authenticated, directory, &self.settings, moment.now))?;
        record.terms(grant.terms());
        Ok(grant)
    }

    /// Since when the replay log is complete; an error while no request can be decided.
    fn log_birth(&self) -> Result<Option<Timestamp>, Refusal> {
        match self.replay.standing() {
            Standing::Complete(birth) => Ok(birth),
            Standing::NotRead => Err(Reason::ReplayLogUnavailable.into()),
            Standing::ClocksApart => Err(Reason::ClocksApart.into()),
            Standing::SecondLog => Err(Reason::SecondReplayLog.into()),
        }
    }

    async fn settle(&self, grant: Grant, record: &mut Record) -> Result<Settled, Refusal> {
        let uses = grant.uses();
        record.recorded = !uses.is_empty();
        if uses.is_empty() {
            return grant.settle(Outcome::Owned, self.clock.now());
        }
        // Called in the span: the log finds its trace there.
        let recording = async { self.replay.record(uses, self.clock.now()).await };
        let outcome = recording.instrument(info_span!(target: SPANS, "record")).await;
        // Our clock may have been set while the request waited: then the second look at the times says nothing.
        self.log_birth()?;
        grant.settle(outcome, self.clock.now())
    }

    fn issue(&self, settled: &Settled, record: &mut Record) -> Result<Issued, Refusal> {
        let (now, token_id) = (self.clock.now(), token_id()?);
        let issued = info_span!(target: SPANS, "sign").in_scope(|| {
            self.with_signing_key(settled.terms().algorithm, now, |key| {
                grants::issue(settled, &self.settings.issuer, key, &token_id, now)
            })
        })?;
        record.token_id = Some(token_id);
        Ok(issued)
    }

    /// Calls `with` with the key that signs at `now`.
    fn with_signing_key<T>(
        &self,
        algorithm: Algorithm,
        now: Timestamp,
        with: impl FnOnce(&SigningKey) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let keys = self.keys.current();
        let key = keys.as_ref().and_then(|keys| keys.active(algorithm, now));
        with(key.ok_or_else(|| Refusal::from(Reason::NoSigningKey))?)
    }
}

/// 128 random bits.
fn token_id() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Refusal::from(Reason::Bug("no randomness")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
