//! Which trace, and which span of it.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use std::fmt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The trace and the span that something belongs to, as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// 32 digits.
    pub trace_id: String,
    /// 16 digits.
    pub span_id: String,
}

// === impl Ids ===

impl Ids {
    /// Those of what runs now, if it runs in a span.
    pub fn current() -> Option<Self> {
        Self::of(Context::current().span().span_context())
    }

    fn of(context: &SpanContext) -> Option<Self> {
        context.is_valid().then(|| Self {
            trace_id: context.trace_id().to_string(),
            span_id: context.span_id().to_string(),
        })
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trace_id={} span_id={}", self.trace_id, self.span_id)
    }
}

/// The trace of `span`; none while there are no traces.
pub fn trace_id(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    Ids::of(span.context().span().span_context()).map(|ids| ids.trace_id)
}
