//! The command line as a user has it, on the real binary: data on standard output, narration on standard
//! error, 0 for done, 1 for refused or failed, 2 for wrong usage, and no secret anywhere.

mod demo;
mod explained;
mod keys;
mod manifests;
mod server;
mod tokens;
