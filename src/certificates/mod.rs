//! An authority of our own and the certificate that servers serve TLS with: when each is made, used and dropped.
//!
//! Pure: randomness and storage are the caller's. What holds, whatever the times:
//!
//! - The bundle is every authority that has not ended. A successor stands in it [`PUBLISH_BEFORE`] before it signs,
//!   and no serving certificate outlives its authority, so that whoever read the bundle within that time verifies
//!   what is served.
//! - The hand-over is written ahead: it needs nobody awake at its moment.
//! - Every certificate begins [`BACKDATE`] before it was made, for clocks that are behind.

mod authority;
mod facts;
mod material;
mod names;
mod plan;
mod ring;
pub mod secret;
mod serving;
mod verify;

pub use authority::Authority;
pub use facts::{NotACertificate, Validity, validity};
pub use material::{Material, MaterialFault};
pub use names::{InvalidName, Name, Names, NoNames};
pub use plan::{
    AUTHORITY_LIFETIME, BACKDATE, Draft, PUBLISH_BEFORE, Plan, Reason, Renewal, SERVING_LIFETIME,
    SUCCEED_BEFORE, plan, renewal,
};
pub use ring::{Authorities, RingFault};
pub use serving::{Issued, Serving, ServingFault};
pub use verify::{anchors, pem, verifies};

#[cfg(test)]
mod tests;
