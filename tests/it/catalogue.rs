//! Inputs that broke other products, each held against the running server and against the project's own files.
//! The names begin with the row of `docs/failures.md`.

mod addresses;
mod answers;
mod configuration;
mod content;
mod dependencies;
mod desk;
mod document;
mod forwarded;
mod logs;
mod methods;
mod parameters;
mod private_keys;
mod replay;
mod rows;
