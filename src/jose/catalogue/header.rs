//! Headers that move trust, name keys or types (A6 to A9, A17).

use super::*;

/// A6: keys that the token brings along, also where the name of the key is not known. S-7515-02.
/// S-7515-03
#[rstest]
#[case::jwk("jwk", json!({"kty": "oct", "k": ""}))]
#[case::jwk_null("jwk", json!(null))]
#[case::jwk_string("jwk", json!("{}"))]
#[case::x5c("x5c", json!(["MII"]))]
#[case::x5c_empty("x5c", json!([]))]
#[case::zip("zip", json!("DEF"))]
#[case::enc("enc", json!("A256GCM"))]
#[case::b64("b64", json!(false))]
#[case::b64_true("b64", json!(true))]
fn a6_members_that_move_trust(#[case] name: &'static str, #[case] value: Value) {
    assert_refused_member(name, &value);
}

/// A7: addresses, which nobody calls. S-7515-03.
/// S-7515-02
#[rstest]
#[case::jku("jku", json!("https://canary.example/jwks"))]
#[case::jku_of_ours("jku", json!("https://tokens.example/jwks"))]
#[case::jku_file("jku", json!("file:///etc/passwd"))]
#[case::jku_null("jku", json!(null))]
#[case::x5u("x5u", json!("https://canary.example/x509"))]
#[case::x5u_number("x5u", json!(1))]
fn a7_addresses(#[case] name: &'static str, #[case] value: Value) {
    assert_refused_member(name, &value);
}

fn assert_refused_member(name: &'static str, value: &Value) {
    for kid in ["unknown", key(Algorithm::Es256).kid()] {
        let token = with_header(key(Algorithm::Es256), &json!({name: value, "kid": kid}));
        assert_eq!(
            fault(&token, &public(Algorithm::Es256)),
            JwsFault::Parameter(HeaderFault::Refused(name))
        );
    }
}

/// S-7515-03
#[test]
fn a6_the_own_key_of_an_attacker() {
    let attacker = SigningKey::generate(Algorithm::Es256).unwrap();
    let token = with_header(
        &attacker,
        &json!({"jwk": attacker.public_jwk(), "kid": "unknown"}),
    );
    let refused = JwsFault::Parameter(HeaderFault::Refused("jwk"));
    assert_eq!(fault(&token, &public(Algorithm::Es256)), refused);
    for thumbprint in ["x5t", "x5t#S256"] {
        let token = with_header(
            &attacker,
            &json!({"kid": key(Algorithm::Es256).kid(), thumbprint: "AA"}),
        );
        assert_eq!(fault(&token, &public(Algorithm::Es256)), JwsFault::Signature);
    }
}

/// A8: `kid` is a string to look up by, and nothing else. S-7515-04.
#[rstest]
#[case::path(json!("../../dev/null"), true)]
#[case::escaped_path(json!("..%2f..%2fkeys"), true)]
#[case::url(json!("https://canary.example/jwks#a"), true)]
#[case::command(json!("a|/bin/true"), true)]
#[case::sql(json!("' or 1=1"), true)]
#[case::slash(json!("a/b"), true)]
#[case::nul(json!("\0"), true)]
#[case::right_to_left(json!("\u{202e}"), true)]
#[case::longest(json!("k".repeat(256)), true)]
#[case::long(json!("k".repeat(257)), false)]
#[case::ten_kib(json!("k".repeat(10 * 1024)), false)]
#[case::empty(json!(""), false)]
#[case::number(json!(1), false)]
#[case::null(json!(null), false)]
#[case::object(json!({"kid": "a"}), false)]
fn a8_key_names(#[case] kid: Value, #[case] good: bool) {
    let token = with_header(key(Algorithm::Es256), &json!({"kid": kid}));
    let parsed = UnverifiedJws::parse(&token);
    if good {
        let jws = parsed.unwrap();
        assert_eq!(jws.kid(), kid.as_str());
        let keys = [public(Algorithm::Es256)];
        assert_eq!(select(&keys, jws.kid(), jws.algorithm()), Err(NoKey::Unknown));
    } else {
        assert_eq!(parsed.err(), Some(JwsFault::Parameter(HeaderFault::Kid)));
    }
}

/// A9: we implement no extension, so no `crit` is good. S-7515-01.
#[rstest]
#[case::unknown(json!({"crit": ["x"]}))]
#[case::unknown_and_present(json!({"crit": ["x"], "x": 1}))]
#[case::empty(json!({"crit": []}))]
#[case::string(json!({"crit": "x"}))]
#[case::null(json!({"crit": null}))]
#[case::registered(json!({"crit": ["alg"]}))]
#[case::twice(json!({"crit": ["x", "x"], "x": 1}))]
#[case::number(json!({"crit": [1]}))]
#[case::inherited(json!({"crit": ["__proto__", "constructor"]}))]
#[case::b64(json!({"crit": ["b64"], "b64": false}))]
#[case::object(json!({"crit": {"x": true}}))]
#[case::none_of_ours(json!({"crit": ["exp"], "exp": 1}))]
fn a9_critical_extensions(#[case] header: Value) {
    let token = with_header(key(Algorithm::Es256), &header);
    assert_eq!(
        fault(&token, &public(Algorithm::Es256)),
        JwsFault::Parameter(HeaderFault::Critical)
    );
}

/// A9: a `crit` that a second one would hide.
/// S-7515-01
#[test]
fn a9_critical_twice() {
    for header in [
        r#"{"alg":"ES256","crit":["x"],"crit":[]}"#,
        r#"{"alg":"ES256","crit":[],"\u0063rit":["x"]}"#,
    ] {
        let token = forge(key(Algorithm::Es256), header.as_bytes(), CLAIMS);
        assert_eq!(
            fault(&token, &public(Algorithm::Es256)),
            JwsFault::Header(JsonFault::Duplicate)
        );
    }
}

/// A17: every kind of token shows its type, in the one form that it is compared in.
#[rstest]
#[case("at+jwt")]
#[case("dpop+jwt")]
#[case("secevent+jwt")]
#[case("oauth-id-jag+jwt")]
#[case("txntoken+jwt")]
fn a17_types_are_told(#[case] typ: &str) {
    for written in [
        typ.to_owned(),
        typ.to_ascii_uppercase(),
        format!("application/{typ}"),
    ] {
        let token = with_header(key(Algorithm::Es256), &json!({"typ": written}));
        assert_eq!(UnverifiedJws::parse(&token).unwrap().typ(), Some(typ));
    }
}

/// S-7519-01
#[rstest]
#[case::empty(json!({"typ": ""}), HeaderFault::Typ)]
#[case::number(json!({"typ": 1}), HeaderFault::Typ)]
#[case::null(json!({"typ": null}), HeaderFault::Typ)]
#[case::array(json!({"typ": ["JWT"]}), HeaderFault::Typ)]
#[case::space(json!({"typ": "JWT "}), HeaderFault::Typ)]
#[case::parameter(json!({"typ": "jwt;a=b"}), HeaderFault::Typ)]
#[case::two_slashes(json!({"typ": "application/application/jwt"}), HeaderFault::Typ)]
#[case::no_subtype(json!({"typ": "application/"}), HeaderFault::Typ)]
#[case::long(json!({"typ": "x".repeat(MAX_TYP + 1)}), HeaderFault::Typ)]
#[case::nested(json!({"cty": "JWT"}), HeaderFault::Nested)]
#[case::nested_lower(json!({"cty": "jwt"}), HeaderFault::Nested)]
#[case::nested_long(json!({"cty": "application/jwt"}), HeaderFault::Nested)]
#[case::nested_number(json!({"cty": 1}), HeaderFault::Nested)]
fn a17_types_that_are_none(#[case] header: Value, #[case] expected: HeaderFault) {
    let token = with_header(key(Algorithm::Es256), &header);
    assert_eq!(
        fault(&token, &public(Algorithm::Es256)),
        JwsFault::Parameter(expected)
    );
}
