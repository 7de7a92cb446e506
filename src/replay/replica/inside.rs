//! What the model sees of a replica.

use super::Replica;
use crate::replay::ledger::Ledger;
use crate::replay::model::fingerprint::Fingerprint;
use std::hash::Hash;

impl<T: Hash> Replica<T> {
    /// Equal for replicas that decide alike, now and later.
    pub(in crate::replay) fn fingerprint(&self) -> u64 {
        let waiting = self
            .waiting
            .iter()
            .fold(0, |all: u64, waits| all.wrapping_add(Fingerprint::of(&waits)));
        let ledger = self.ledger.as_ref().map(Ledger::fingerprint);
        let going = (&self.queue, &self.open, &self.sent);
        Fingerprint::of(&(self.following, ledger, waiting, going))
    }

    /// Whether the answer to a write is waited for.
    pub(in crate::replay) fn awaits_answer(&self) -> bool {
        self.sent.as_ref().is_some_and(|sent| !sent.answered)
    }

    /// What [`Self::relisted`] must not be: whoever waits goes on waiting.
    pub(in crate::replay) fn relisted_wrongly(&mut self, ledger: Ledger) {
        self.ledger = Some(ledger);
        self.following = true;
    }
}
