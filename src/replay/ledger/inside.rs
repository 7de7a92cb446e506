//! What the model sees of a ledger.

use super::Ledger;
use crate::replay::model::fingerprint::Fingerprint;

impl Ledger {
    /// Equal for ledgers that decide alike, now and later. Where a segment stands among the others decides nothing.
    pub(in crate::replay) fn fingerprint(&self) -> u64 {
        let mut segments: Vec<u64> = vec![0; self.segments.len()];
        for (uid, number) in &self.by_uid {
            let number = usize::try_from(*number).unwrap();
            let segment = self.segments[number].as_ref().unwrap();
            let parts = (uid, &segment.entries, segment.expires, segment.readable);
            segments[number] = Fingerprint::of(&parts);
        }
        let live = segments
            .iter()
            .fold(0, |all: u64, segment| all.wrapping_add(*segment));
        let index = self.index.iter().fold(0, |all: u64, place| {
            let segment = segments[usize::try_from(place.segment).unwrap()];
            all.wrapping_add(Fingerprint::of(&(segment, place.position)))
        });
        let shares = self
            .shares
            .iter()
            .fold(0, |all: u64, share| all.wrapping_add(Fingerprint::of(&share)));
        Fingerprint::of(&(self.version, live, index, shares, self.unreadable))
    }
}
