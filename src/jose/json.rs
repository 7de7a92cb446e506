//! JSON with nothing left to interpretation: no member stands twice, at any depth.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;
use thiserror::Error;

/// How deep objects and arrays may be nested.
const MAX_DEPTH: u8 = 16;
/// How many members and elements a document may have in all.
const MAX_NODES: usize = 4096;

/// Why a document was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonFault {
    /// Not JSON in UTF-8, a number out of range, or something behind the value.
    #[error("not well-formed JSON")]
    Syntax,
    /// The value is not an object.
    #[error("not a JSON object")]
    NotObject,
    /// A member name stands twice in one object (RFC 7515 §4, RFC 7519 §4).
    #[error("a member stands twice in the same object")]
    Duplicate,
    /// Nested deeper, or with more members, than anything reasonable.
    #[error("nested too deep or too large")]
    TooLarge,
}

/// Reads a JSON object. Names are compared after their escapes are resolved.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    match parse(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonFault::NotObject),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Syntax)?;
    let mut found = Found {
        nodes: 0,
        fault: JsonFault::Syntax,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict {
        depth: 0,
        found: &mut found,
    }
    .deserialize(&mut deserializer);
    let Ok(value) = value else { return Err(found.fault) };
    deserializer.end().map_err(|_| JsonFault::Syntax)?;
    Ok(value)
}

struct Found {
    nodes: usize,
    fault: JsonFault,
}

struct Strict<'f> {
    depth: u8,
    found: &'f mut Found,
}

impl Strict<'_> {
    fn inner<E: Error>(&mut self) -> Result<Strict<'_>, E> {
        self.found.nodes = self.found.nodes.saturating_add(1);
        if self.depth >= MAX_DEPTH || self.found.nodes > MAX_NODES {
            self.found.fault = JsonFault::TooLarge;
            return Err(E::custom("too large"));
        }
        Ok(Strict {
            depth: self.depth.saturating_add(1),
            found: self.found,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self.inner()?)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner()?)?;
            if object.insert(name, value).is_some() {
                self.found.fault = JsonFault::Duplicate;
                return Err(A::Error::custom("duplicate"));
            }
        }
        Ok(Value::Object(object))
    }
}
