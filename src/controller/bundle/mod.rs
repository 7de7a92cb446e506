//! Publishes the certificates that clients are to trust: a ConfigMap `countersign-ca` with the entry `ca.crt`, in the
//! release namespace and wherever clients are.
//!
//! - It is written by server-side apply, with force: whatever else stands there is not trusted. Whoever changes or
//!   deletes it sees it put right at watch speed, and at the latest within a minute.
//! - A ConfigMap that somebody else wrote is taken over; an Event and the log say so.
//! - Nothing is deleted. A namespace whose last client went keeps its ConfigMap, up to date, as long as it stands.

mod board;
mod publisher;
mod watches;

pub use publisher::NAME;
pub(crate) use publisher::Publisher;

/// The label of a namespace that is to have the bundle without any client in it.
const LABEL: &str = "countersign.dev/ca=true";
