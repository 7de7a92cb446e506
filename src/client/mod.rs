//! The client's side, for people at a prompt: a key, an assertion, a token, an explanation.
//!
//! Assertions are signed with the library that any Rust client would take, not with the server's
//! own code, so that what works here works elsewhere.

pub mod access_token;
pub mod assertion;
pub mod check;
pub mod exchange;
pub mod explain;
pub mod key_file;
