//! Textual encoding of keys (RFC 7468): blocks between BEGIN and END lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block: what its BEGIN line says, and its bytes, unless it is not terminated or not base64.
pub(super) struct Block<'t> {
    pub(super) label: &'t str,
    pub(super) content: Option<Zeroizing<Vec<u8>>>,
}

/// The blocks of `text` in order. Text outside of blocks is ignored (RFC 7468 §2).
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut lines = text.lines().map(str::trim).peekable();
    std::iter::from_fn(move || {
        let label = lines.by_ref().find_map(|line| boundary(line, "-----BEGIN "))?;
        let mut body = Zeroizing::new(String::new());
        // A BEGIN line before the END line starts the next block: the damage stays within this one.
        while let Some(line) = lines.next_if(|line| boundary(line, "-----BEGIN ").is_none()) {
            if let Some(end) = boundary(line, "-----END ") {
                let content = (end == label)
                    .then(|| STANDARD.decode(body.as_bytes()).ok())
                    .flatten()
                    .map(Zeroizing::new);
                return Some(Block { label, content });
            }
            body.push_str(line);
        }
        Some(Block { label, content: None })
    })
}

/// The label of a boundary line.
fn boundary<'t>(line: &'t str, start: &str) -> Option<&'t str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GOOD: &str = "-----BEGIN A-----\nAQI=\n-----END A-----\n";

    #[rstest]
    #[case::none("", &[])]
    #[case::text("hello", &[])]
    #[case::one(GOOD, &[("A", Some(&[1, 2][..]))])]
    #[case::carriage_returns("-----BEGIN A-----\r\nAQ\r\nI=\r\n-----END A-----\r\n", &[("A", Some(&[1, 2][..]))])]
    #[case::indented("  -----BEGIN A-----\n  AQI=\n  -----END A-----", &[("A", Some(&[1, 2][..]))])]
    #[case::not_terminated("-----BEGIN A-----\nAQI=\n", &[("A", None)])]
    #[case::other_end("-----BEGIN A-----\nAQI=\n-----END B-----\n", &[("A", None)])]
    #[case::not_base64("-----BEGIN A-----\nA?I=\n-----END A-----\n", &[("A", None)])]
    #[case::damage_stays(
        "-----BEGIN B-----\nAQI=\n-----BEGIN A-----\nAQI=\n-----END A-----\n",
        &[("B", None), ("A", Some(&[1, 2][..]))]
    )]
    fn blocks_in_text(#[case] text: &str, #[case] expected: &[(&str, Option<&[u8]>)]) {
        let found = blocks(text).collect::<Vec<_>>();
        let found = found
            .iter()
            .map(|block| (block.label, block.content.as_ref().map(|bytes| bytes.as_slice())))
            .collect::<Vec<_>>();
        assert_eq!(found, expected);
    }
}
