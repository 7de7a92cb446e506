//! Decoding of `application/x-www-form-urlencoded` (RFC 6749 appendix B).

use std::borrow::Cow;
use thiserror::Error;

/// Why encoded text could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodingFault {
    /// A `%` that two hexadecimal digits do not follow.
    #[error("a '%' must be followed by two hexadecimal digits")]
    Escape,
    /// The decoded bytes are not UTF-8.
    #[error("the decoded text must be UTF-8")]
    Utf8,
    /// The decoded text has a NUL character.
    #[error("the decoded text must not contain NUL")]
    Nul,
}

/// Decodes one name or value: `+` is a space, `%XX` a byte, the rest stands for itself; the result
/// must be UTF-8 without NUL. What stands for itself altogether, as a JWT does, is not copied.
pub fn decode(encoded: &[u8]) -> Result<Cow<'_, str>, EncodingFault> {
    // No early exit: this way the compiler looks at many bytes at a time.
    let escaping = |b: &u8| matches!(b, b'+' | b'%');
    let literal = !encoded.iter().fold(false, |any, b| any | escaping(b));
    let text = if literal {
        Cow::Borrowed(std::str::from_utf8(encoded).map_err(|_| EncodingFault::Utf8)?)
    } else {
        Cow::Owned(String::from_utf8(resolve(encoded)?).map_err(|_| EncodingFault::Utf8)?)
    };
    if text.contains('\0') {
        Err(EncodingFault::Nul)
    } else {
        Ok(text)
    }
}

fn resolve(encoded: &[u8]) -> Result<Vec<u8>, EncodingFault> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(|b| hex(*b)).ok_or(EncodingFault::Escape)?;
                let low = bytes.next().and_then(|b| hex(*b)).ok_or(EncodingFault::Escape)?;
                high << 4 | low
            }
            other => *other,
        });
    }
    Ok(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// S-6749-05, S-6749-06
    #[rstest]
    #[case::appendix_b("+%25%26%2B%C2%A3%E2%82%AC", Ok(" %&+\u{a3}\u{20ac}"))]
    #[case::plain("a-b_c.d~e", Ok("a-b_c.d~e"))]
    #[case::lower_case_digits("%c2%a3", Ok("\u{a3}"))]
    #[case::truncated("%2", Err(EncodingFault::Escape))]
    #[case::no_digits("%", Err(EncodingFault::Escape))]
    #[case::not_hexadecimal("%zz", Err(EncodingFault::Escape))]
    #[case::sign("%+1", Err(EncodingFault::Escape))]
    #[case::not_utf8("%ff", Err(EncodingFault::Utf8))]
    #[case::surrogate("%ED%A0%80", Err(EncodingFault::Utf8))]
    #[case::nul("a%00b", Err(EncodingFault::Nul))]
    fn decoding(#[case] encoded: &str, #[case] expected: Result<&str, EncodingFault>) {
        assert_eq!(decode(encoded.as_bytes()).as_deref().map_err(|e| *e), expected);
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(text in "[^\\x00]{0,40}") {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            prop_assert_eq!(decode(encoded.as_bytes()), Ok(Cow::Owned(text)));
        }

        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _decoded = decode(&bytes);
        }
    }
}
