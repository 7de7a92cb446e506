//! The Kubernetes API of Countersign: its kinds, and what is generated from them.

pub mod crds;
pub mod v1alpha1;

#[cfg(test)]
mod checked_in;
