//! What servers follow in the cluster.

pub mod heartbeat;
pub mod object_watch;
pub mod signing_keys;
