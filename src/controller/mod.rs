//! The controller: it vouches for clients' keys.
//!
//! Watches say what exists, a pure [`plan`] says what each client's status should be, and one writer
//! per client brings it there. No part waits for a host that a tenant names, and no client, whatever its
//! shape, keeps another from being looked at.

mod clients;
mod desk;
mod follow;
pub mod metrics;
pub mod observed;
pub mod plan;
mod queue;
mod reconcile;
mod run;
pub mod sources;
mod told;

pub use reconcile::MANAGER;
pub use run::{ControllerError, ControllerOptions, run};
