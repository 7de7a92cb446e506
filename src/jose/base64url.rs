//! Base64url without padding, one spelling per value (RFC 7515 §2).
//!
//! Padding, white space, the standard alphabet and non-zero trailing bits are all refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes that `text` spells, or nothing if it is not canonical.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Replaces what is in `buffer` by the bytes that `text` spells.
pub(super) fn decode_into(text: &str, buffer: &mut Vec<u8>) -> Option<()> {
    buffer.clear();
    URL_SAFE_NO_PAD.decode_vec(text, buffer).ok()
}

/// The one spelling of `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the one spelling of `bytes` to `text`.
pub(super) fn encode_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// S-JOSE-03, S-JOSE-04
    #[rstest]
    #[case("", Some(&b""[..]))]
    #[case("AA", Some(&b"\0"[..]))]
    #[case("AAA", Some(&b"\0\0"[..]))]
    #[case("-_8", Some(&b"\xfb\xff"[..]))]
    #[case("AB", None)]
    #[case("AAB", None)]
    #[case("A", None)]
    #[case("AA==", None)]
    #[case("+/8", None)]
    #[case("AA\n", None)]
    #[case(" AA", None)]
    fn spellings(#[case] text: &str, #[case] bytes: Option<&[u8]>) {
        assert_eq!(decode(text).as_deref(), bytes);
        let mut buffer = b"before".to_vec();
        assert_eq!(decode_into(text, &mut buffer).map(|()| buffer.as_slice()), bytes);
        if let Some(bytes) = bytes {
            assert_eq!(encode(bytes), text);
        }
    }
}
