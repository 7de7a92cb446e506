//! The Kubernetes API of Countersign: its kinds, and what is generated from them.

pub mod accept;
#[cfg(test)]
mod chart;
pub mod crds;
pub mod fault;
pub mod installation;
mod labels;
pub mod manifests;
pub mod policy;
pub mod rights;
pub mod serve;
pub mod v1alpha1;

#[cfg(test)]
mod checked_in;
