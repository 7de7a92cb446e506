//! A line for people.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The members of the JSON object `line`, in their order: `TIME audit: outcome="granted" client="…"`. What
/// tells machines what kind of line it is, is left out.
pub(super) fn of(line: &[u8]) -> Option<String> {
    serde_json::Deserializer::from_slice(line)
        .deserialize_map(Members)
        .ok()
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let (mut time, mut rest) = (String::new(), String::new());
        while let Some((name, value)) = map.next_entry::<&str, &RawValue>()? {
            match name {
                "type" | "version" | "event_id" | "action" => {}
                "time" => value.get().trim_matches('"').clone_into(&mut time),
                name => {
                    rest.push(' ');
                    rest.push_str(name);
                    rest.push('=');
                    rest.push_str(value.get());
                }
            }
        }
        Ok(format!("{time}  INFO audit:{rest}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let line = br#"{"type":"audit","time":"2026-11-20T12:00:00Z","outcome":"denied","b":["x y"],"a":1}"#;
        assert_eq!(
            of(line).unwrap(),
            "2026-11-20T12:00:00Z  INFO audit: outcome=\"denied\" b=[\"x y\"] a=1\n"
        );
    }
}
