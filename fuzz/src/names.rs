//! An independent look at the shape of a JSON document: what `serde_json::Value` cannot tell, because it keeps
//! the last of two members with the same name.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// What was found in a document.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Whether some object has two members of one name.
    pub(crate) duplicate: bool,
    /// The members of all objects together.
    pub(crate) members: usize,
    /// How deep objects and arrays nest.
    pub(crate) depth: usize,
}

/// The shape of a JSON document; nothing if it is none.
pub(crate) fn shape(json: &[u8]) -> Option<Shape> {
    let mut shape = Shape::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let look = Look {
        depth: 0,
        shape: &mut shape,
    };
    look.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(shape)
}

struct Look<'s> {
    depth: usize,
    shape: &'s mut Shape,
}

// === impl Look ===

impl Look<'_> {
    fn inside(&mut self) -> Look<'_> {
        let depth = self.depth + 1;
        self.shape.depth = self.shape.depth.max(depth);
        Look {
            depth,
            shape: self.shape,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let mut inside = self.inside();
        while elements.next_element_seed(inside.again())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut inside = self.inside();
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            inside.shape.members += 1;
            inside.shape.duplicate |= !names.insert(name);
            members.next_value_seed(inside.again())?;
        }
        Ok(())
    }
}

impl Look<'_> {
    fn again(&mut self) -> Look<'_> {
        Look {
            depth: self.depth,
            shape: self.shape,
        }
    }
}
