//! A line for people: `TIME LEVEL target: message name=value`, and the trace at its end.

use super::fields::Fields;
use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::telemetry::ids::Ids;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
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
        let target = fields.target.as_deref().unwrap_or(event.metadata().target());
        let level = event.metadata().level();
        // What somebody else wrote is one line here, whatever is in it.
        let message = fields.message.replace(['\n', '\r'], " ");
        write!(writer, "{:.6} {level:>5} {target}: {message}", SystemClock.now())?;
        for (name, value) in &fields.others {
            write!(writer, " {name}={value}")?;
        }
        if let Some(ids) = Ids::current() {
            write!(writer, " {ids}")?;
        }
        writeln!(writer)
    }
}
