//! The controller: it vouches for clients' keys.

pub mod observed;
pub mod plan;
pub mod sources;
