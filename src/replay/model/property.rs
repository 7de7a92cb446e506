//! What must hold in every case.

use std::fmt;

/// A property of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    /// No assertion is granted twice.
    OneGrant,
    /// A use is called a replay only if another request made it before.
    NoFirstUseIsAReplay,
    /// Whoever waits is told once what became of it, and does not wait for ever.
    OneVerdict,
    /// An assertion is granted only within its time, by the clock of the server that grants.
    GrantsInTime,
    /// A server writes to segments of its own life only.
    OwnSegmentsOnly,
    /// A watch that ends can go on after the ledger's version.
    WatchGoesOn,
    /// Every assertion is granted if nothing goes wrong.
    QuietGrants,
}

/// A property that does not hold.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) property: Property,
    pub(super) how: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.property, self.how)
    }
}
