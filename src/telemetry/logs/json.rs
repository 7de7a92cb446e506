//! One JSON object per line, of the shape that `docs/logs.md` has.

use super::fields::Fields;
use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::telemetry::ids::Ids;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct Json;

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    target: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let fields = Fields::of(event);
        let (trace_id, span_id) = Ids::current().map(|ids| (ids.trace_id, ids.span_id)).unzip();
        let line = Line {
            timestamp: format!("{:.6}", SystemClock.now()),
            level: event.metadata().level().as_str(),
            target: fields.target.as_deref().unwrap_or(event.metadata().target()),
            message: &fields.message,
            fields: &fields.others,
            trace_id,
            span_id,
        };
        let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The line of what `happens`.
    fn line(happens: impl FnOnce()) -> Value {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Json)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), happens);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_line_has_its_documented_shape() {
        let mut line =
            line(|| tracing::warn!(target: "here", lost = 3, name = "a\nb", ok = true, "two\nlines"));
        let time = line["timestamp"].take();
        assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        let expected = serde_json::json!({
            "timestamp": null, "level": "WARN", "target": "here", "message": "two\nlines",
            "fields": {"lost": 3, "name": "a\nb", "ok": true},
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn without_fields_there_are_none() {
        let line = line(|| tracing::info!("nothing else"));
        assert!(
            line.get("fields").is_none() && line.get("trace_id").is_none(),
            "{line}"
        );
    }
}
