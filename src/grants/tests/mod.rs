//! The pipeline against a small world: one client with a key and a service account, another with
//! neither in common, and a local cluster.

mod audience;
mod catalogue;
mod clients;
mod federated;
mod policy;
mod properties;
mod public;
mod refusals;
mod self_signed;
mod service_accounts;
mod targets;
mod world;
