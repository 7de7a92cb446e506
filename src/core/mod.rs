//! The words of the domain: identifiers and policies that cannot hold a bad value.
//!
//! Everything here is pure: no runtime, no Kubernetes, no HTTP, no clock, no randomness.

pub mod client;
pub mod clock;
pub mod duration;
pub mod ids;
pub mod issuer;
pub mod protected_resource;
pub mod resource;
pub mod scope;
pub mod source;
pub mod trusted_issuer;

#[cfg(test)]
mod properties;
