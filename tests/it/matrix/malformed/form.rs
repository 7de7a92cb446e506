//! Strings that are no compact JWS, and base64 that a loose decoder takes (S-JOSE-01 to -04, -08).

use super::corpus::{Malformed, because};
use crate::matrix::token::{Draft, segment, sign};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign::oauth::reason::ReasonCode;
use serde_json::json;

/// From a text to a segment of a JWT.
type Spelling = fn(&str) -> String;

pub(super) fn corpus() -> Vec<Malformed> {
    let mut corpus: Vec<Malformed> = around().chain(segments()).chain(serialised()).collect();
    corpus.extend(loose());
    for (place, name) in ["header", "claims", "signature"].into_iter().enumerate() {
        corpus.push(Malformed::new(
            format!("unused bits set in the {name}"),
            move |draft| unused_bits(&draft, place),
        ));
    }
    corpus.push(Malformed::new("one byte too long", |draft| {
        padded(&draft, 16 * 1024 + 1)
    }));
    corpus.push(Malformed::new("twice as long as allowed", |draft| {
        padded(&draft, 32 * 1024)
    }));
    let reasons = &[
        ReasonCode::JwtCharacters,
        ReasonCode::JwtSegments,
        ReasonCode::JwtEncrypted,
        ReasonCode::JwtBase64,
        ReasonCode::JwtHeaderJson,
        ReasonCode::JwtClaimsJson,
        ReasonCode::JwtUnsigned,
        ReasonCode::JwtTooLong,
        // Where what is in the wrong place has the right form.
        ReasonCode::JwtAlgorithm,
        ReasonCode::Signature,
    ];
    because(reasons, corpus).collect()
}

/// Something before or after a good token.
fn around() -> impl Iterator<Item = Malformed> {
    let texts = [
        ("a space before", " ", ""),
        ("a space after", "", " "),
        ("a line feed after", "", "\n"),
        ("CR LF after", "", "\r\n"),
        ("a tab before", "\t", ""),
        ("a no-break space after", "", "\u{a0}"),
        ("a zero-width space before", "\u{200b}", ""),
        ("a byte order mark before", "\u{feff}", ""),
        ("in quotes", "\"", "\""),
        ("in braces", "{", "}"),
        ("in brackets", "[\"", "\"]"),
        ("an authorization scheme before", "Bearer ", ""),
        ("an escape after", "", "%00"),
        ("a slash after", "", "/"),
        ("a plus after", "", "+"),
        ("padding after", "", "="),
        ("a tilde after", "", "~"),
        ("a letter beyond ASCII after", "", "é"),
        ("a fullwidth digit after", "", "\u{ff11}"),
        ("a letter after", "", "A"),
        ("a dot before", ".", ""),
        ("a dot after", "", "."),
        ("a fourth segment", "", ".AAAA"),
        ("a fifth segment", "", ".AAAA.AAAA"),
        ("a sixth segment", "", ".AAAA.AAAA.AAAA"),
    ];
    texts.into_iter().map(|(name, before, after)| {
        Malformed::new(name, move |draft| format!("{before}{}{after}", draft.token()))
    })
}

/// Segments missing, empty, or in another order.
fn segments() -> impl Iterator<Item = Malformed> {
    let orders: [(&str, &str); 16] = [
        ("a dot", "."),
        ("two dots", ".."),
        ("four dots", "...."),
        ("the header", "h"),
        ("the claims", "c"),
        ("no signature", "h.c"),
        ("an empty signature", "h.c."),
        ("an empty header", ".c.s"),
        ("empty claims", "h..s"),
        ("claims only", ".c."),
        ("detached", "h.."),
        ("claims first", "c.h.s"),
        ("signature first", "s.h.c"),
        ("two signatures", "h.c.s.s"),
        ("JWE", "h.c.s.c.s"),
        ("two tokens", "h.c.s,h.c.s"),
    ];
    orders.into_iter().map(|(name, order)| {
        Malformed::new(format!("segments: {name}"), move |draft| {
            let token = draft.token();
            let parts: Vec<&str> = token.split('.').collect();
            let spell = |letter| match letter {
                'h' => parts[0].to_owned(),
                'c' => parts[1].to_owned(),
                's' => parts[2].to_owned(),
                other => other.to_string(),
            };
            order.chars().map(spell).collect()
        })
    })
}

/// The JSON serialisations of RFC 7515 §7.2.
fn serialised() -> impl Iterator<Item = Malformed> {
    let flattened = Malformed::new("flattened JSON", |draft| {
        let token = draft.token();
        let parts: Vec<&str> = token.split('.').collect();
        json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string()
    });
    let general = Malformed::new("general JSON", |draft| {
        let token = draft.token();
        let parts: Vec<&str> = token.split('.').collect();
        let signature = json!({ "protected": parts[0], "signature": parts[2] });
        json!({ "payload": parts[1], "signatures": [signature] }).to_string()
    });
    let polyglot = Malformed::new("compact and JSON at once", |draft| {
        format!(r#"{{"{}":0}}"#, draft.token())
    });
    [flattened, general, polyglot].into_iter()
}

/// Signed as they are: only the spelling is wrong.
fn loose() -> Vec<Malformed> {
    let spellings: [(&str, Spelling); 5] = [
        ("padded", |text| {
            URL_SAFE.encode(format!("{text}{}", pad(text, 1)))
        }),
        ("in the standard alphabet", |text| {
            // "?" three times in a row is spelt with the last character of the alphabet.
            let spelt = STANDARD.encode(text.replace('}', ",\"???\":\"???>>>\"}"));
            spelt.trim_end_matches('=').to_owned()
        }),
        ("with a line feed inside", |text| {
            let spelt = segment(text);
            format!("{}\n{}", spelt.split_at(8).0, spelt.split_at(8).1)
        }),
        ("with a space inside", |text| {
            let spelt = segment(text);
            format!("{} {}", spelt.split_at(8).0, spelt.split_at(8).1)
        }),
        ("in hexadecimal", |text| {
            let digits = text.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
            digits
                .map(|digit| char::from_digit(digit.into(), 16).unwrap())
                .collect()
        }),
    ];
    let places = spellings.into_iter().flat_map(|(name, spell)| {
        let header = Malformed::new(format!("the header {name}"), move |draft| {
            let input = format!("{}.{}", spell(&draft.header.text()), segment(draft.claims.text()));
            sign(draft.signer.key(), &input)
        });
        let claims = Malformed::new(format!("the claims {name}"), move |draft| {
            let input = format!("{}.{}", segment(draft.header.text()), spell(&draft.claims.text()));
            sign(draft.signer.key(), &input)
        });
        [header, claims]
    });
    places.collect()
}

/// Spaces behind `text`, so that its length modulo 3 is `rest`.
fn pad(text: &str, rest: usize) -> String {
    " ".repeat((3 + rest - text.len() % 3) % 3)
}

/// A second spelling of the same bytes: the last character has bits that mean nothing.
fn unused_bits(draft: &Draft, place: usize) -> String {
    let text = [draft.header.text(), draft.claims.text()].map(|text| {
        let spaces = pad(&text, 1);
        text + &spaces
    });
    let mut parts = text.map(segment).to_vec();
    let spoil = |part: &mut String| {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = part.pop().unwrap();
        let value = ALPHABET.find(last).unwrap();
        part.push(ALPHABET.as_bytes()[value + 1].into());
    };
    if place < 2 {
        spoil(&mut parts[place]);
    }
    let mut token = sign(draft.signer.key(), &parts.join("."));
    if place == 2 {
        spoil(&mut token);
    }
    token
}

/// Good but for its length.
fn padded(draft: &Draft, length: usize) -> String {
    let shortest = draft.clone().claim("padding", "\"\"").token().len();
    let padding = |extra: usize| json!("p".repeat((length - shortest) * 3 / 4 + extra));
    let lengths = (0..4).map(|extra| draft.clone().claim("padding", padding(extra)).token());
    lengths.into_iter().find(|token| token.len() >= length).unwrap()
}
