//! The embedded default: the whole exchange in one process on loopback, without a cluster.

pub mod demo;
pub mod folder;
pub mod serve;
