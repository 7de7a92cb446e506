//! The fields of an event.

use serde_json::{Map, Value};
use std::fmt;
use tracing::Event;
use tracing::field::{Field, Visit};

/// The prefix of what the crate `log` adds to its records.
const OF_LOG: &str = "log.";

/// The fields of an event, with those apart that have a place of their own.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// What happened, in words.
    pub(super) message: String,
    /// Where it happened, if the metadata does not know: a record of the crate `log`.
    pub(super) target: Option<String>,
    /// The rest.
    pub(super) others: Map<String, Value>,
}

// === impl Fields ===

impl Fields {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut fields = Self::default();
        event.record(&mut fields);
        fields
    }

    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match (name, value) {
            ("message", Value::String(text)) => self.message = text,
            ("log.target", Value::String(text)) => self.target = Some(text),
            (name, _) if name.starts_with(OF_LOG) => {}
            (name, value) => {
                self.others.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}
