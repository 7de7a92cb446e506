//! What the controller collects, and what it leaves.

mod due;
mod installed;
mod log;
mod requests;
