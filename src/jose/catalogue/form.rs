//! Tokens that are not in the one form (A4, A5, A14, A15, F8), dates (B5) and duplicate members (B9).

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A4: JSON serialisation, and what only looks like a compact one. S-JOSE-08.
/// S-JOSE-01
#[rstest]
#[case::flattened(r#"{"payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AA"}"#)]
#[case::general(r#"{"payload":"e30","signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AA"}]}"#)]
#[case::two_signatures(r#"{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"},{"protected":"e30","signature":"AA"}]}"#)]
#[case::no_signatures(r#"{"payload":"e30","signatures":[]}"#)]
#[case::in_an_array(r#"["eyJhbGciOiJFUzI1NiJ9.e30.AA"]"#)]
#[case::in_quotes(r#""eyJhbGciOiJFUzI1NiJ9.e30.AA""#)]
#[case::quote("eyJhbGciOiJFUzI1NiJ9.e30.\"AA")]
#[case::brace("{eyJhbGciOiJFUzI1NiJ9.e30.AA")]
#[case::brace_at_the_end("eyJhbGciOiJFUzI1NiJ9.e30.AA}")]
#[case::two_tokens("eyJhbGciOiJFUzI1NiJ9.e30.AA,eyJhbGciOiJFUzI1NiJ9.e30.AA")]
fn a4_json_serialisation(#[case] token: &str) {
    assert_eq!(UnverifiedJws::parse(token).err(), Some(JwsFault::Character));
}

/// A5: JSON whose member names make it a compact token too, around one that is good.
/// S-JOSE-01, S-JOSE-08
#[rstest]
#[case::in_the_first_name(r#"{" {token}":0,"protected":"e30","payload":"e30","signature":"AA"}"#)]
#[case::as_a_name(r#"{"{token}":0,"payload":"e30"}"#)]
#[case::as_a_value(r#"{"payload":"{token}"}"#)]
#[case::between_dots(
    r#"{" {header}.{payload}.":0,"protected":"{header}","payload":"{payload}","signature":"{signature}"}"#
)]
#[case::commented("{token}/*{}*/")]
fn a5_polyglots(#[case] form: &str) {
    let token = with_header(key(Algorithm::Es256), &json!({}));
    let parts: Vec<_> = token.split('.').collect();
    let polyglot = form
        .replace("{token}", &token)
        .replace("{header}", parts[0])
        .replace("{payload}", parts[1])
        .replace("{signature}", parts[2]);
    assert!(polyglot.matches('.').count() >= 2, "it splits like a token");
    assert_eq!(UnverifiedJws::parse(&polyglot).err(), Some(JwsFault::Character));
    assert!(
        UnverifiedJws::parse(&token)
            .unwrap()
            .verify(&public(Algorithm::Es256))
            .is_ok()
    );
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
fn a15_not_an_object(#[values("null", "[]", "[{}]", "\"x\"", "\"{}\"", "0", "true", "", " ")] json: &str) {
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

/// A15: the same of the header and the signature, and the standard alphabet.
#[rstest]
#[case::header_padded(|parts: [&str; 3]| format!("{}=.{}.{}", parts[0], parts[1], parts[2]), JwsFault::Character)]
#[case::signature_padded(|parts: [&str; 3]| format!("{}.{}.{}==", parts[0], parts[1], parts[2]), JwsFault::Character)]
#[case::signature_wrapped(|parts: [&str; 3]| format!("{}.{}.{}\n", parts[0], parts[1], parts[2]), JwsFault::Character)]
#[case::standard_alphabet(|parts: [&str; 3]| format!("{}.{}.{}", parts[0], parts[1], parts[2].replace('-', "+").replace('_', "/")), JwsFault::Character)]
#[case::unused_bits_of_the_signature(
    |parts: [&str; 3]| {
        // Of 86 characters for 64 bytes, the last has four bits to spare.
        let (most, last) = parts[2].split_at(85);
        format!("{}.{}.{most}{}", parts[0], parts[1], char::from(last.as_bytes()[0] + 1))
    },
    JwsFault::Base64(Segment::Signature)
)]
fn a15_loose_base64_elsewhere(#[case] spell: fn([&str; 3]) -> String, #[case] expected: JwsFault) {
    // One in whose signature a letter occurs that the standard alphabet spells otherwise.
    let token = (0..200)
        .map(|number| {
            forge(
                key(Algorithm::EdDsa),
                br#"{"alg":"EdDSA"}"#,
                json!({"n": number}).to_string().as_bytes(),
            )
        })
        .find(|token| token.rsplit_once('.').unwrap().1.contains(['-', '_']))
        .unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let respelt = spell([parts[0], parts[1], parts[2]]);
    assert_ne!(respelt, token);
    assert_eq!(fault(&respelt, &public(Algorithm::EdDsa)), expected);
    assert!(
        UnverifiedJws::parse(&token)
            .unwrap()
            .verify(&public(Algorithm::EdDsa))
            .is_ok()
    );
}

/// F8: encrypted tokens are not decrypted, decompressed or iterated over.
/// S-8725-30
#[rstest]
#[case::direct(json!({"alg": "dir", "enc": "A256GCM"}))]
#[case::compressed(json!({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}))]
#[case::password(json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_147_483_647, "p2s": "AAAA"}))]
#[case::password_float(json!({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 1e300, "p2s": "AAAA"}))]
#[case::agreement(json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": {"kty": "EC"}}))]
#[case::rsa(json!({"alg": "RSA1_5", "enc": "A128CBC-HS256"}))]
fn f8_encrypted_tokens(#[case] header: Value) {
    let header = segment(&header.to_string());
    for rest in ["AAAA.AAAA.AAAA.AAAA", "...", ".AAAA.AAAA.AAAA"] {
        let token = format!("{header}.{rest}");
        let expected = if token.matches('.').count() == 4 {
            JwsFault::Encrypted
        } else {
            JwsFault::Segments
        };
        assert_eq!(UnverifiedJws::parse(&token).err(), Some(expected), "{token}");
    }
    // The same header on a token that is signed.
    assert_eq!(
        UnverifiedJws::parse(&format!("{header}.e30.AAAA")).err(),
        Some(UNKNOWN)
    );
}

/// F8: members of encryption in a token that is signed well.
#[rstest]
#[case(json!({"zip": "DEF"}), Some("zip"))]
#[case(json!({"enc": "A256GCM"}), Some("enc"))]
#[case(json!({"p2c": 2_147_483_647}), None)]
fn f8_members_of_encryption(#[case] header: Value, #[case] refused: Option<&'static str>) {
    let token = with_header(key(Algorithm::Es256), &header);
    let parsed = UnverifiedJws::parse(&token).and_then(|jws| jws.verify(&public(Algorithm::Es256)));
    let expected = refused.map(|name| JwsFault::Parameter(HeaderFault::Refused(name)));
    assert_eq!(
        parsed.err(),
        expected,
        "unknown members are ignored, and never used"
    );
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
        "{}",
        "\"\"",
        "\"NaN\"",
        "\"Infinity\"",
        "1e308",
        "9007199254740993",
        "9223372036854775807",
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

/// B5: what no double holds, and what is no JSON.
#[rstest]
fn b5_numbers_that_are_none(
    #[values(
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1_000"
    )]
    number: &str,
    #[values("exp", "nbf", "iat")] claim: &str,
) {
    let payload = format!(r#"{{"{claim}":{number}}}"#);
    let token = forge(key(Algorithm::EdDsa), br#"{"alg":"EdDSA"}"#, payload.as_bytes());
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
