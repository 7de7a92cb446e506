//! The main job, end to end: objects on a real API server, a real controller and a real server under
//! their own accounts, tokens over TLS.

mod answers;
mod audiences;
mod pods;
mod signed;
