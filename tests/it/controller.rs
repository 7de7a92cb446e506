//! The controller, with exactly its rights, against a real API server.

mod isolation;
pub(crate) mod jwks_host;
mod objects;
mod urls;
mod world;
