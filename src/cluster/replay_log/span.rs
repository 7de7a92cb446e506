//! The span of an append. It is a part of the trace of one request that waits for it, and linked with the others.

use crate::replay::replica::Answered;
use crate::telemetry::SPANS;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The most requests that an append is linked with: as many as a span takes by default.
const LINKS: usize = 128;

/// A span for an append of `uses`, for which the requests in `waiting` wait. Its parent is the first of them whose trace
/// is recorded, or else the first.
pub(super) fn begin<'s>(waiting: impl Iterator<Item = &'s Span>, uses: usize) -> Span {
    let span = info_span!(
        target: SPANS,
        parent: None,
        "append",
        otel.kind = "client",
        otel.status_code = Empty,
        countersign.uses = uses,
        countersign.answer = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    let waiting: Vec<_> = waiting.take(LINKS).map(|span| (span, context(span))).collect();
    let recorded = waiting.iter().position(|(_, context)| context.is_sampled());
    let first = recorded.unwrap_or_default();
    let parent = waiting.get(first).map(|(parent, _)| parent.context());
    if parent.is_some_and(|parent| span.set_parent(parent).is_err()) {
        tracing::debug!("an append is not in the trace of its first request");
    }
    for (position, (request, theirs)) in waiting.iter().enumerate() {
        if position != first {
            span.add_link(theirs.clone());
            request.add_link(context(&span));
        }
    }
    span
}

/// Takes note of the answer.
pub(super) fn end(span: &Span, answered: Answered) {
    let answer = match answered {
        Answered::Stored => "stored",
        Answered::Refused => "refused",
        Answered::Unknown => "unknown",
    };
    span.record("countersign.answer", answer);
    if answered != Answered::Stored {
        span.record("otel.status_code", "ERROR");
    }
}

fn context(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}
