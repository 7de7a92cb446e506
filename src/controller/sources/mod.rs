//! Where keys come from: what the controller knows of `ConfigMaps`, Secrets and URLs.

pub(crate) mod labelled;
pub(crate) mod objects;
pub mod schedule;
pub(crate) mod urls;
