//! The audit stream: one line for each decision of the token endpoint, denials included.
//!
//! It holds identifiers and reasons, never a token, a key or anything a caller wrote that was not
//! verified. It is a stream of its own: neither the level nor the format of the logs changes it.
//! `docs/audit.md` has the schema, and what happens when lines cannot be written.

mod case;
mod destination;
mod line;
mod log;
mod record;
mod sink;
mod text;
mod writer;

pub use case::Case;
pub use destination::{Destination, Form};
pub use log::{AuditLog, NotWritten};
pub use record::{Presented, Record};
