//! JSON that two parsers could read differently, or that is none (S-JOSE-05 to -07). All of it is signed.

use super::corpus::{Malformed, because};
use crate::matrix::token::{Draft, segment, sign};
use countersign::oauth::reason::ReasonCode;
use serde_json::json;

/// What becomes of the text of a good object.
type Change = fn(&str) -> Vec<u8>;

const CHANGES: [(&str, Change); 38] = [
    ("nothing", |_| Vec::new()),
    ("null", |_| b"null".to_vec()),
    ("true", |_| b"true".to_vec()),
    ("a number", |_| b"1".to_vec()),
    ("a string", |_| b"\"x\"".to_vec()),
    ("an empty array", |_| b"[]".to_vec()),
    ("an array of it", |good| format!("[{good}]").into()),
    ("a string of it", |good| json!(good).to_string().into()),
    ("cut off", |good| good.as_bytes()[..good.len() - 1].into()),
    ("two of it", |good| format!("{good}{good}").into()),
    ("a brace behind it", |good| format!("{good}}}").into()),
    ("a comma behind it", |good| format!("{good},").into()),
    ("NUL behind it", |good| format!("{good}\0").into()),
    ("a letter before it", |good| format!("x{good}").into()),
    ("a vertical tab before it", |good| format!("\u{b}{good}").into()),
    ("a no-break space before it", |good| {
        format!("\u{a0}{good}").into()
    }),
    ("a byte order mark before it", |good| {
        format!("\u{feff}{good}").into()
    }),
    ("UTF-16LE", |good| {
        good.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }),
    ("UTF-16BE", |good| {
        good.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }),
    ("UTF-16 with its mark", |good| {
        let units = "\u{feff}".encode_utf16().chain(good.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }),
    ("UTF-32", |good| {
        good.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
    }),
    ("a byte that is not UTF-8", |good| {
        with_bytes(good, b"\"x\":\"\xff\"")
    }),
    ("Latin-1", |good| with_bytes(good, b"\"x\":\"\xe9\"")),
    ("an overlong slash", |good| {
        with_bytes(good, b"\"x\":\"\xc0\xaf\"")
    }),
    ("a surrogate in UTF-8", |good| {
        with_bytes(good, b"\"x\":\"\xed\xa0\x80\"")
    }),
    ("a lone surrogate escaped", |good| with(good, r#""x":"\ud800""#)),
    ("a control character in a string", |good| {
        with(good, "\"x\":\"\u{1}\"")
    }),
    ("a comma too many", |good| with(good, "")),
    ("a single-quoted name", |good| with(good, "'x':1")),
    ("a name without quotes", |good| with(good, "x:1")),
    ("a comment", |good| with(good, "/* x */\"x\":1")),
    ("NaN", |good| with(good, "\"x\":NaN")),
    ("a number in hexadecimal", |good| with(good, "\"x\":0x10")),
    ("a number with a zero before it", |good| with(good, "\"x\":01")),
    ("a number beyond a double", |good| with(good, "\"x\":1e400")),
    ("17 levels", |good| {
        with(good, &format!("\"x\":{}{}", "[".repeat(16), "]".repeat(16)))
    }),
    ("257 members", |good| {
        let members: Vec<String> = (0..257).map(|name| format!("\"x{name}\":0")).collect();
        with(good, &members.join(","))
    }),
    ("thousands of levels", |good| {
        with(good, &format!("\"x\":{}{}", "[".repeat(5000), "]".repeat(5000)))
    }),
];

/// Members that occur twice: what is added to the object.
const DUPLICATES: [(&str, &str); 5] = [
    ("of a nested object", r#""x":{"a":1,"a":1}"#),
    ("deep inside", r#""x":[{"y":{"a":1,"b":2,"a":3}}]"#),
    ("that mean nothing", r#""x":1,"x":1"#),
    ("one of them escaped", r#""x":1,"\u0078":2"#),
    ("one of them null", r#""x":1,"x":null"#),
];

/// The members of header and claims that are worth writing twice.
const HEADER_MEMBERS: [&str; 2] = ["alg", "kid"];
const CLAIMS: [&str; 6] = ["iss", "sub", "aud", "exp", "iat", "jti"];

pub(super) fn corpus() -> Vec<Malformed> {
    let mut corpus = Vec::new();
    for (name, change) in CHANGES {
        corpus.extend(both(name, change));
    }
    for (name, members) in DUPLICATES {
        let name = format!("duplicates {name}");
        corpus.extend(both(&name, move |good: &str| with(good, members)));
    }
    for name in HEADER_MEMBERS.into_iter().chain(CLAIMS) {
        for escaped in [false, true] {
            corpus.push(Malformed::new(
                format!("{name} twice{}", if escaped { ", once escaped" } else { "" }),
                move |draft| twice(draft, name, escaped),
            ));
        }
    }
    let reasons = &[ReasonCode::JwtHeaderJson, ReasonCode::JwtClaimsJson];
    because(reasons, corpus).collect()
}

fn both(name: &str, change: impl Fn(&str) -> Vec<u8> + Copy + 'static) -> [Malformed; 2] {
    let header = Malformed::new(format!("JSON: the header is {name}"), move |draft| {
        let header = segment(change(&draft.header.text()));
        let claims = segment(draft.claims.text());
        sign(draft.signer.key(), &format!("{header}.{claims}"))
    });
    let claims = Malformed::new(format!("JSON: the claims are {name}"), move |draft| {
        let header = segment(draft.header.text());
        let claims = segment(change(&draft.claims.text()));
        sign(draft.signer.key(), &format!("{header}.{claims}"))
    });
    [header, claims]
}

fn with(good: &str, members: &str) -> Vec<u8> {
    with_bytes(good, members.as_bytes())
}

fn with_bytes(good: &str, members: &[u8]) -> Vec<u8> {
    let open = good.strip_suffix('}').unwrap();
    [open.as_bytes(), b",", members, b"}"].concat()
}

/// The same member again with the same value: no parser could read it wrongly, and still.
fn twice(mut draft: Draft, name: &str, escaped: bool) -> String {
    let members = if HEADER_MEMBERS.contains(&name) {
        &mut draft.header
    } else {
        &mut draft.claims
    };
    let value = members.value(name).unwrap();
    let (first, rest) = name.split_at(1);
    let again = if escaped {
        format!("\"\\u00{:02x}{rest}\"", first.as_bytes()[0])
    } else {
        format!("\"{name}\"")
    };
    members.push(&again, value);
    draft.token()
}
