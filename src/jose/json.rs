//! JSON objects with one meaning: what two parsers could read differently is refused (S-JOSE-05, -06, -07).

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;
use thiserror::Error;

/// How deep objects and arrays may nest, the outermost object included.
pub const MAX_DEPTH: usize = 16;
/// How many members all objects of one document may have together.
pub const MAX_MEMBERS: usize = 256;

/// Why bytes are not an acceptable JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonFault {
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// It starts with a byte order mark.
    #[error("starts with a byte order mark")]
    ByteOrderMark,
    /// JSON perhaps, but not an object.
    #[error("not a JSON object")]
    NotObject,
    /// A member name occurs twice in one object, however it is escaped.
    #[error("an object has two members of the same name")]
    Duplicate,
    /// Objects and arrays nest deeper than [`MAX_DEPTH`].
    #[error("nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More members than [`MAX_MEMBERS`].
    #[error("has more than {MAX_MEMBERS} members")]
    TooManyMembers,
    /// Something follows the object.
    #[error("something follows the JSON object")]
    TrailingData,
    /// Not JSON (RFC 8259), or a number beyond what a double can hold.
    #[error("not valid JSON, or a number in it is out of range")]
    Syntax,
}

/// Reads one JSON object and nothing else.
///
/// UTF-8 without a byte order mark; duplicate members are refused at every depth, also when one of them is
/// escaped; white space around the object is allowed, as RFC 8259 has it.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    parse_object_text(text(bytes)?)
}

/// The text of a JSON document that may be an object.
pub(super) fn text(bytes: &[u8]) -> Result<&str, JsonFault> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(JsonFault::ByteOrderMark);
    }
    std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)
}

/// [`parse_object`] for what is known to be UTF-8.
pub(super) fn parse_object_text(text: &str) -> Result<Map<String, Value>, JsonFault> {
    let start = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if !start.starts_with('{') {
        return Err(JsonFault::NotObject);
    }
    let state = State {
        members: Cell::new(0),
        fault: Cell::new(JsonFault::Syntax),
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let strict = Strict {
        depth: 0,
        state: &state,
    };
    let value = strict
        .deserialize(&mut deserializer)
        .map_err(|_| state.fault.get())?;
    deserializer.end().map_err(|_| JsonFault::TrailingData)?;
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(JsonFault::NotObject)
        }
    }
}

struct State {
    members: Cell<usize>,
    fault: Cell<JsonFault>,
}

/// Reads a value at `depth` containers below the document.
#[derive(Clone, Copy)]
struct Strict<'s> {
    depth: usize,
    state: &'s State,
}

// === impl Strict ===

impl Strict<'_> {
    /// What reads the values inside this container.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(self.refuse(JsonFault::TooDeep));
        }
        Ok(Self { depth, ..self })
    }

    fn count_member<E: serde::de::Error>(self) -> Result<(), E> {
        let members = self.state.members.get().saturating_add(1);
        self.state.members.set(members);
        if members > MAX_MEMBERS {
            return Err(self.refuse(JsonFault::TooManyMembers));
        }
        Ok(())
    }

    /// Remembers the cause, which the deserializer's own error cannot carry.
    fn refuse<E: serde::de::Error>(self, fault: JsonFault) -> E {
        self.state.fault.set(fault);
        E::custom(fault)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.refuse(JsonFault::Syntax))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(value) = elements.next_element_seed(inside)? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.count_member()?;
            match object.entry(name) {
                Entry::Occupied(_) => return Err(self.refuse(JsonFault::Duplicate)),
                Entry::Vacant(slot) => slot.insert(members.next_value_seed(inside)?),
            };
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
