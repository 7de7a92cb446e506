//! The load generator: requests made in advance, connections, and the loops that send them from a
//! processor of their own.

pub(crate) mod clients;
pub(crate) mod connection;
pub(crate) mod drive;
pub(crate) mod latency;
pub(crate) mod pin;
pub(crate) mod process;
pub(crate) mod supply;
