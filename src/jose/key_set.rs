//! Sets of public keys, judged one by one: a bad key is refused with its reason and never breaks the others
//! (RFC 7517 §5, S-7517-02).

use super::algorithm::Algorithm;
use super::json::{self, JsonFault};
use super::key_fault::KeyFault;
use super::verification_key::VerificationKey;
use super::{der, pem};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;

/// How many keys a set may have, the refused ones included.
pub const MAX_KEYS: usize = 16;
/// How long a document with keys may be, in bytes.
pub const MAX_DOCUMENT: usize = 256 * 1024;

/// What became of each key of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The usable keys in their order.
    pub keys: Vec<VerificationKey>,
    /// The refused ones in their order.
    pub refused: Vec<RefusedKey>,
}

/// A key of a set that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    /// Its place in the set, from 0.
    pub position: usize,
    /// Its `kid`, if that can be shown: at most 64 printable ASCII characters without spaces.
    pub kid: Option<String>,
    /// Why it is refused.
    pub fault: KeyFault,
}

/// Why a document is not a set of keys at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetFault {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the document has more than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Neither an acceptable JSON object nor PEM.
    #[error("the document is neither a JSON Web Key Set nor public keys in PEM")]
    NotKeys,
    /// JSON without an array `keys` (RFC 7517 §5.1).
    #[error("the document has no 'keys' array")]
    NoKeysMember,
    /// Not a single PEM block.
    #[error("the document has no PEM block of the kind PUBLIC KEY")]
    NoPemKey,
    /// More than [`MAX_KEYS`] keys.
    #[error("the set has more than {MAX_KEYS} keys")]
    TooMany,
}

/// Why no key of a set is the one to verify with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoKey {
    /// No key has this `kid` and algorithm; without `kid`, none has this algorithm.
    #[error("no key has this kid and algorithm")]
    Unknown,
    /// Several different keys would do.
    #[error("several keys would do: the token must name one by its kid")]
    Ambiguous,
}

/// Judges a JWKS (RFC 7517 §5). Unknown members of the set are ignored.
pub fn judge_jwks(document: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    check_size(document)?;
    let text = json::text(document).map_err(|_| SetFault::NotKeys)?;
    let object = text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
    if !object {
        return Err(SetFault::NotKeys);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read =
        serde::Deserializer::deserialize_map(&mut deserializer, SetVisitor).map_err(|_| SetFault::NotKeys)?;
    deserializer.end().map_err(|_| SetFault::NotKeys)?;
    Ok(judge(read?.into_iter().map(|entry| {
        let jwk = json::parse_object_text(entry.get()).map_err(KeyFault::Json);
        judge_jwk(jwk.as_ref().map_err(|fault| *fault), allowed)
    })))
}

/// Judges a JWKS that came inside another object.
pub fn judge_jwks_value(set: &Value, allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    let set = set.as_object().ok_or(SetFault::NotKeys)?;
    let keys = set
        .get("keys")
        .and_then(Value::as_array)
        .ok_or(SetFault::NoKeysMember)?;
    if keys.len() > MAX_KEYS {
        return Err(SetFault::TooMany);
    }
    Ok(judge(keys.iter().map(|entry| {
        let jwk = entry.as_object().ok_or(KeyFault::Json(JsonFault::NotObject));
        judge_jwk(jwk, allowed)
    })))
}

/// Judges the blocks of a PEM text (RFC 7468): `PUBLIC KEY` and `RSA PUBLIC KEY` are keys, whose `kid` is their
/// thumbprint; any other block is refused, certificates included.
pub fn judge_pem(text: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    check_size(text)?;
    let text = std::str::from_utf8(text).map_err(|_| SetFault::NoPemKey)?;
    let blocks = pem::blocks(text)
        .take(MAX_KEYS.saturating_add(1))
        .collect::<Vec<_>>();
    match blocks.len() {
        0 => return Err(SetFault::NoPemKey),
        1..=MAX_KEYS => {}
        _ => return Err(SetFault::TooMany),
    }
    Ok(judge(
        blocks.iter().map(|block| (None, judge_block(block, allowed))),
    ))
}

/// Judges a JWKS or PEM, told apart by the first byte that is not white space.
pub fn judge_document(bytes: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => judge_jwks(bytes, allowed),
        Some(b'-') => judge_pem(bytes, allowed),
        _ => Err(SetFault::NotKeys),
    }
}

/// The key to verify a token with, by the `kid` and `alg` of its header.
///
/// With a `kid`, the key with exactly this name and algorithm. Without, the only key with this algorithm; the
/// same key met twice counts once.
pub fn select<'k>(
    keys: impl IntoIterator<Item = &'k VerificationKey>,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<&'k VerificationKey, NoKey> {
    let mut fitting = keys
        .into_iter()
        .filter(|key| key.algorithm() == algorithm && kid.is_none_or(|kid| kid == key.kid()));
    let key = fitting.next().ok_or(NoKey::Unknown)?;
    if fitting.all(|other| other.thumbprint() == key.thumbprint()) {
        Ok(key)
    } else {
        Err(NoKey::Ambiguous)
    }
}

type Verdict = (Option<String>, Result<VerificationKey, KeyFault>);

fn check_size(document: &[u8]) -> Result<(), SetFault> {
    if document.len() > MAX_DOCUMENT {
        return Err(SetFault::TooLarge);
    }
    Ok(())
}

fn judge_jwk(jwk: Result<&Map<String, Value>, KeyFault>, allowed: &[Algorithm]) -> Verdict {
    match jwk {
        Ok(jwk) => (shown_kid(jwk), VerificationKey::from_jwk(jwk, allowed)),
        Err(fault) => (None, Err(fault)),
    }
}

fn judge_block(block: &pem::Block<'_>, allowed: &[Algorithm]) -> Result<VerificationKey, KeyFault> {
    if block.label.ends_with("PRIVATE KEY") {
        return Err(KeyFault::Private);
    }
    let read = match block.label {
        "PUBLIC KEY" => der::subject_public_key_info,
        "RSA PUBLIC KEY" => der::rsa_public_key,
        _ => return Err(KeyFault::UnknownPemLabel),
    };
    let content = block.content.as_ref().ok_or(KeyFault::MalformedPem)?;
    VerificationKey::from_public_key(read(content)?, allowed)
}

/// Sorts verdicts, and refuses what an earlier usable key already is or is called.
fn judge(verdicts: impl Iterator<Item = Verdict>) -> Judged {
    let mut judged = Judged {
        keys: Vec::new(),
        refused: Vec::new(),
    };
    for (position, (kid, verdict)) in verdicts.enumerate() {
        let duplicate = |key: &VerificationKey| {
            judged.keys.iter().any(|earlier| {
                earlier.thumbprint() == key.thumbprint()
                    || (earlier.kid() == key.kid() && earlier.algorithm() == key.algorithm())
            })
        };
        let fault = match verdict {
            Ok(key) if duplicate(&key) => KeyFault::Duplicate,
            Ok(key) => {
                judged.keys.push(key);
                continue;
            }
            Err(fault) => fault,
        };
        judged.refused.push(RefusedKey { position, kid, fault });
    }
    judged
}

fn shown_kid(jwk: &Map<String, Value>) -> Option<String> {
    let kid = jwk.get("kid")?.as_str()?;
    let shown = (1..=64).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic());
    shown.then(|| kid.to_owned())
}

/// Takes the entries of `keys` out of the document without reading them, so that each is judged by itself.
struct SetVisitor;

// === impl SetVisitor ===

impl<'de> Visitor<'de> for SetVisitor {
    type Value = Result<Vec<&'de RawValue>, SetFault>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWKS")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeSet::new();
        let mut keys = Err(SetFault::NoKeysMember);
        let mut duplicate = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "keys" {
                keys = read_entries(members.next_value::<&RawValue>()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
            duplicate |= !names.insert(name);
        }
        Ok(if duplicate { Err(SetFault::NotKeys) } else { keys })
    }
}

fn read_entries(keys: &RawValue) -> Result<Vec<&RawValue>, SetFault> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Option<Vec<&'de RawValue>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = elements.next_element::<&RawValue>()? {
                entries.push(entry);
            }
            Ok((entries.len() <= MAX_KEYS).then_some(entries))
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(keys.get());
    serde::Deserializer::deserialize_seq(&mut deserializer, Entries)
        .map_err(|_| SetFault::NoKeysMember)?
        .ok_or(SetFault::TooMany)
}

// === impl SetFault ===

impl SetFault {
    /// A stable reason in CamelCase, for conditions, Events and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "TooLarge",
            Self::TooMany => "TooManyKeys",
            Self::NotKeys | Self::NoKeysMember | Self::NoPemKey => "Malformed",
        }
    }
}

#[cfg(test)]
mod tests;
