//! The controller: one replica leads, vouches for clients' keys and does what must be done once in a cluster.
//!
//! Watches say what exists, a pure [`plan`] says what each client's status should be, and one writer
//! per client brings it there. No part waits for a host that a tenant names, and no client, whatever its
//! shape, keeps another from being looked at.

pub mod bundle;
pub mod certificates;
mod clients;
mod desk;
pub mod election;
mod follow;
pub mod heartbeat;
mod kept_secret;
pub mod lease;
pub mod metrics;
pub mod observed;
pub mod owners;
pub mod plan;
mod queue;
mod reconcile;
pub mod replay_log;
mod run;
pub mod signing_keys;
pub mod sources;
mod told;

pub use reconcile::MANAGER;
pub use run::{ControllerError, ControllerOptions, run};
