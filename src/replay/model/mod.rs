//! A model of the protocol of the log, explored to the end in small cases.
//!
//! Each server in it is a real [`Replica`](crate::replay::replica::Replica) with its real
//! [`Ledger`](crate::replay::ledger::Ledger). The model's own part is what is around them: the store, writes that come
//! late or twice or not at all, answers that are lost, watches that lag and end, crashes, clocks, the controller, and the
//! endpoint that looks at the times again. `docs/replay-log/model.md` says what that covers and what not.
//!
//! - [`world`] is one state, [`protocol`] what may happen next, [`verdicts`] what must hold of it;
//! - [`holds`] are the cases in which all of it holds, [`walks`] cases too large for that, at random;
//! - [`controls`] are mistakes, each of which must be found.

mod action;
mod case;
mod controls;
mod explorer;
pub(in crate::replay) mod fingerprint;
mod happening;
mod holds;
mod mistake;
mod property;
mod protocol;
mod server;
mod steps;
mod store;
mod verdicts;
mod walks;
mod watching;
mod world;

/// More states than this are a mistake in a case.
const MOST_STATES: usize = 50_000_000;

/// Whether the cases are to be larger than every build can wait for.
const LARGE: bool = option_env!("COUNTERSIGN_MODEL").is_some();
