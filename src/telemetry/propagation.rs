//! Traces across processes: the headers `traceparent` and `tracestate` (W3C Trace Context).

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use kube::client::Body;
use opentelemetry::Context;
use opentelemetry::global;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower::util::MapRequestLayer;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";
/// The most bytes of `tracestate` that are taken over; the standard asks for as many.
const LONGEST_STATE: usize = 512;
/// The most bytes of `traceparent`: those of version 00, and room for a later one.
const LONGEST_PARENT: usize = 128;

/// Whether headers are read and sent from now on; they are not before the first call.
pub(super) fn set(on: bool) {
    if on {
        global::set_text_map_propagator(TraceContextPropagator::new());
    }
}

/// Makes `span`, which was not entered yet, a part of the trace that `headers` name. Headers that are malformed,
/// repeated or too long name none.
pub fn continue_from(span: &Span, headers: &HeaderMap) {
    if span.is_disabled() || !headers.contains_key(PARENT) {
        return;
    }
    let read = Read {
        parent: only(headers, PARENT, LONGEST_PARENT),
        state: only(headers, STATE, LONGEST_STATE),
    };
    let context =
        global::get_text_map_propagator(|propagator| propagator.extract_with_context(&Context::new(), &read));
    if context.span().span_context().is_valid() && span.set_parent(context).is_err() {
        tracing::debug!("a request's trace could not be continued");
    }
}

/// Names the trace of what runs now in `headers`, if it has one.
pub fn inject(headers: &mut HeaderMap) {
    let context = Context::current();
    if context.span().span_context().is_valid() {
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut Written(headers));
        });
    }
}

/// A layer that names the trace in every request of a client of the cluster.
pub fn outgoing() -> MapRequestLayer<fn(Request<Body>) -> Request<Body>> {
    MapRequestLayer::new(|mut request: Request<Body>| {
        inject(request.headers_mut());
        request
    })
}

fn only<'h>(headers: &'h HeaderMap, name: &str, longest: usize) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if value.len() <= longest => value.to_str().ok(),
        _ => None,
    }
}

struct Read<'h> {
    parent: Option<&'h str>,
    state: Option<&'h str>,
}

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            PARENT => self.parent,
            STATE => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT, STATE]
    }
}

struct Written<'h>(&'h mut HeaderMap);

impl Injector for Written<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty tracestate says nothing.
        let name = HeaderName::from_bytes(key.as_bytes());
        if let (Ok(name), Ok(value), false) = (name, HeaderValue::from_str(&value), value.is_empty()) {
            self.0.insert(name, value);
        }
    }
}
