//! Tokens that are not in the one form (A4, A5, A14, A15), dates (B5) and duplicate members (B9).

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A4 and A5: JSON serialisation, alone or made to look like a compact one. S-JOSE-08.
/// S-JOSE-01
#[rstest]
#[case::flattened(r#"{"payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AA"}"#)]
#[case::general(r#"{"payload":"e30","signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AA"}]}"#)]
#[case::no_signatures(r#"{"payload":"e30","signatures":[]}"#)]
#[case::polyglot(
    r#"{" eyJhbGciOiJFUzI1NiJ9.e30.":0,"protected":"eyJhbGciOiJFUzI1NiJ9","payload":"e30","signature":"AA"}"#
)]
#[case::quote("eyJhbGciOiJFUzI1NiJ9.e30.\"AA")]
#[case::brace("{eyJhbGciOiJFUzI1NiJ9.e30.AA")]
fn a4_a5_json_serialisation(#[case] token: &str) {
    assert_eq!(UnverifiedJws::parse(token).err(), Some(JwsFault::Character));
}

/// A14: length is looked at first.
#[rstest]
#[case::dots(".".repeat(10 << 20))]
#[case::segments("a.".repeat(1_000_000))]
#[case::one_too_many(".".repeat(MAX_TOKEN + 1))]
fn a14_many_dots(#[case] token: String) {
    assert_eq!(UnverifiedJws::parse(&token).err(), Some(JwsFault::TooLong));
}

/// S-JOSE-02
#[test]
fn a14_as_many_dots_as_fit() {
    let token = ".".repeat(MAX_TOKEN);
    assert_eq!(UnverifiedJws::parse(&token).err(), Some(JwsFault::Segments));
}

/// A15: JSON that is no object.
/// S-JOSE-07
#[rstest]
fn a15_not_an_object(#[values("null", "[]", "\"x\"", "0", "true", "")] json: &str) {
    let header = forge(key(Algorithm::EdDsa), json.as_bytes(), CLAIMS);
    assert_eq!(
        fault(&header, &public(Algorithm::EdDsa)),
        JwsFault::Header(JsonFault::NotObject)
    );
    let payload = forge(key(Algorithm::EdDsa), br#"{"alg":"EdDSA"}"#, json.as_bytes());
    assert_eq!(
        fault(&payload, &public(Algorithm::EdDsa)),
        JwsFault::Claims(JsonFault::NotObject)
    );
}

/// A15: base64 that a loose decoder takes.
/// S-JOSE-03
#[rstest]
#[case::padded(|input: &str| STANDARD.encode(input), JwsFault::Character)]
#[case::spaced(|input: &str| format!("{} ", segment(input)), JwsFault::Character)]
#[case::wrapped(|input: &str| format!("{}\r\n", segment(input)), JwsFault::Character)]
#[case::unused_bits(|input: &str| segment(input).replace("fQ", "fR"), JwsFault::Base64(Segment::Payload))]
fn a15_loose_base64(#[case] encode: fn(&str) -> String, #[case] expected: JwsFault) {
    let claims = encode(r#"{"iss":"abc"}"#);
    assert_ne!(
        claims,
        segment(r#"{"iss":"abc"}"#),
        "the case must differ from the good spelling"
    );
    let token = format!("{}.{claims}.AAAA", segment(r#"{"alg":"EdDSA"}"#));
    assert_eq!(fault(&token, &public(Algorithm::EdDsa)), expected);
}

/// B5: dates that others took for absent; each is in a token that verifies.
/// S-7519-10
#[rstest]
fn b5_dates(
    #[values(
        "\"9999999999\"",
        "1e19",
        "-1",
        "true",
        "null",
        "[]",
        "9223372036854775808",
        "18446744073709551616"
    )]
    date: &str,
) {
    let payload = format!(r#"{{"exp":{date},"nbf":{date},"iat":{date}}}"#);
    let token = forge(key(Algorithm::EdDsa), br#"{"alg":"EdDSA"}"#, payload.as_bytes());
    let claims = UnverifiedJws::parse(&token)
        .unwrap()
        .verify(&public(Algorithm::EdDsa))
        .unwrap();
    assert_eq!(claims.expiry(), Err(ClaimFault::Malformed("exp")));
    assert_eq!(claims.not_before(), Err(ClaimFault::Malformed("nbf")));
    assert_eq!(claims.issued_at(), Err(ClaimFault::Malformed("iat")));
}

#[test]
fn b5_a_number_beyond_a_double() {
    let token = forge(key(Algorithm::EdDsa), br#"{"alg":"EdDSA"}"#, br#"{"exp":1e400}"#);
    assert_eq!(
        fault(&token, &public(Algorithm::EdDsa)),
        JwsFault::Claims(JsonFault::Syntax)
    );
}

/// B9: a member that occurs twice, signed or not. S-JOSE-06.
#[rstest]
#[case::alg(
    r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
    r"{}",
    JwsFault::Header(JsonFault::Duplicate)
)]
#[case::alg_none(
    r#"{"alg":"EdDSA","\u0061lg":"none"}"#,
    r"{}",
    JwsFault::Header(JsonFault::Duplicate)
)]
#[case::unknown(
    r#"{"alg":"EdDSA","x":1,"x":1}"#,
    r"{}",
    JwsFault::Header(JsonFault::Duplicate)
)]
#[case::aud(
    r#"{"alg":"EdDSA"}"#,
    r#"{"aud":"a","aud":"b"}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::aud_escaped(
    r#"{"alg":"EdDSA"}"#,
    r#"{"aud":"a","\u0061ud":"b"}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::exp(
    r#"{"alg":"EdDSA"}"#,
    r#"{"exp":1,"exp":2}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::sub(
    r#"{"alg":"EdDSA"}"#,
    r#"{"sub":"a","sub":"a"}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::jti(
    r#"{"alg":"EdDSA"}"#,
    r#"{"jti":"a","jti":"b"}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::nested(
    r#"{"alg":"EdDSA"}"#,
    r#"{"kubernetes.io":{"pod":{"uid":"a","uid":"b"}}}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
#[case::in_an_array(
    r#"{"alg":"EdDSA"}"#,
    r#"{"act":[{"sub":"a","sub":"b"}]}"#,
    JwsFault::Claims(JsonFault::Duplicate)
)]
fn b9_duplicates(#[case] header: &str, #[case] payload: &str, #[case] expected: JwsFault) {
    let token = forge(key(Algorithm::EdDsa), header.as_bytes(), payload.as_bytes());
    assert_eq!(fault(&token, &public(Algorithm::EdDsa)), expected);
}
