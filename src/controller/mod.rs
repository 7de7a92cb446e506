//! The controller: one replica leads, vouches for clients' keys and does what must be done once in a cluster.

pub mod election;
pub mod heartbeat;
pub mod lease;
pub mod observed;
pub mod plan;
pub mod signing_keys;
pub mod sources;
