//! The keys that access tokens are signed with: when each is published, used and forgotten.
//!
//! Pure: randomness and storage are the caller's. What holds, whatever the times:
//!
//! - Each key stands in the JWKS a lead time before it signs, so that no verifier meets a key that its
//!   cached JWKS lacks, and until the last token that it signed has expired (RFC 7517; S-7517-06).
//! - From its first key on, each configured algorithm has exactly one active key at any time. The
//!   hand-over is written a lead time ahead: it needs nobody awake at its moment.
//! - No two keys ever have the same `kid`.
//!
//! The state of a key is a function of what is written about it and of the time, so that every reader of
//! the same ring agrees, and so that a clock which went back finds the key of that time still there.

mod entry;
mod plan;
mod policy;
mod published;
mod ring;
pub mod secret;
mod store;

pub use entry::{KeyEntry, KeyState, Retirement};
pub use plan::{Birth, Draft, Plan, plan};
pub use policy::{JWKS_CACHE_LIFETIME, LEEWAY, LONGEST_TOKEN, PROPAGATION, PolicyError, RotationPolicy};
pub use published::SigningKeys;
pub use ring::{KeyRing, RingError};
pub use store::SigningKeyStore;

#[cfg(test)]
mod tests;
