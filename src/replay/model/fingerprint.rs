//! Numbers that stand for states.

use std::hash::{Hash, Hasher};

/// A hash that is the same in every run and for every copy of a value.
///
/// What two states have in any order is combined by adding up.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::replay) struct Fingerprint(u64);

// === impl Fingerprint ===

impl Fingerprint {
    /// Of one value.
    pub(in crate::replay) fn of(value: &(impl Hash + ?Sized)) -> u64 {
        let mut print = Self::default();
        value.hash(&mut print);
        print.finish()
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk() {
            self.write_u64(u64::from_le_bytes(*word));
            rest = after;
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // splitmix64
        let mut mixed = (self.0 ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = mixed ^ (mixed >> 31);
    }
}
