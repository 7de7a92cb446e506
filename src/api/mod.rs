//! The Kubernetes API of Countersign: its kinds, and what is generated from them.

pub mod crds;
pub mod installation;
pub mod manifests;
pub mod policy;
pub mod rights;
pub mod v1alpha1;

#[cfg(test)]
mod checked_in;
