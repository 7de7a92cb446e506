//! The controller: one replica leads and does what must be done once in a cluster.

pub mod election;
pub mod heartbeat;
pub mod lease;
pub mod signing_keys;
