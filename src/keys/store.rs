//! Where a process holds the present signing keys.

use crate::keys::SigningKeys;
use arc_swap::ArcSwapOption;
use std::fmt;
use std::sync::Arc;

/// Holds the present keys; read without a lock. Whoever signs takes one snapshot and stays with it.
#[derive(Default)]
pub struct SigningKeyStore(ArcSwapOption<SigningKeys>);

// === impl SigningKeyStore ===

impl SigningKeyStore {
    /// No keys, yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The present keys; none before the first good ring was read.
    pub fn current(&self) -> Option<Arc<SigningKeys>> {
        self.0.load_full()
    }

    /// Replaces the keys.
    pub fn replace(&self, keys: SigningKeys) {
        self.0.store(Some(Arc::new(keys)));
    }
}

impl fmt::Debug for SigningKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKeyStore").field(&self.current()).finish()
    }
}
