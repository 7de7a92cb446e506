//! A model of the protocol of the log: the production code of several servers ([`crate::replay::replica::Replica`] and
//! [`crate::replay::ledger::Ledger`]) in all orders in which a small world can treat them.

mod action;
mod case;
mod explorer;
pub(in crate::replay) mod fingerprint;
mod holds;
mod mistake;
mod property;
mod protocol;
mod server;
mod store;
mod world;
