use super::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

/// A claims set of one claim; none at all for "missing".
fn claims(name: &str, text: &str) -> Claims {
    let members = if text == "missing" {
        "{}".to_owned()
    } else {
        format!("{{\"{name}\":{text}}}")
    };
    Claims::new(crate::jose::parse_object(members.as_bytes()).unwrap())
}

/// S-7523-10, S-7523-12
#[rstest]
#[case("\"https://issuer.example\"", Ok("https://issuer.example"))]
#[case("\"null\"", Ok("null"))]
#[case("\" a\"", Ok(" a"))]
#[case("\"a\\\\b%2f\u{430}\"", Ok("a\\b%2f\u{430}"))]
#[case("missing", Err("missing"))]
#[case("\"\"", Err("malformed"))]
#[case("\" \"", Err("malformed"))]
#[case("\"\u{a0}\u{2003}\"", Err("malformed"))]
#[case("\"a\\u0000b\"", Err("malformed"))]
#[case("\"a\\n\"", Err("malformed"))]
#[case("\"a\\u0085\"", Err("malformed"))]
#[case("\"a\\u007f\"", Err("malformed"))]
#[case("1", Err("malformed"))]
#[case("true", Err("malformed"))]
#[case("null", Err("malformed"))]
#[case("{}", Err("malformed"))]
#[case("[\"evil\",\"good\"]", Err("malformed"))]
#[case("[\"good\"]", Err("malformed"))]
fn b10_issuers_and_subjects(#[case] text: &str, #[case] expected: Result<&str, &str>) {
    type Read = for<'c> fn(&'c Claims) -> Result<&'c str, ClaimFault>;
    let names: [(_, Read); 2] = [("iss", Claims::issuer), ("sub", Claims::subject)];
    for (claim, read) in names {
        let fault = |kind| match kind {
            "missing" => ClaimFault::Missing(claim),
            _ => ClaimFault::Malformed(claim),
        };
        assert_eq!(
            read(&claims(claim, text)),
            expected.map_err(fault),
            "{claim} {text}"
        );
    }
}

#[test]
fn names_are_bounded() {
    let longest = "x".repeat(MAX_NAME);
    let claims = |name: &str| Claims::new(json!({"iss": name, "aud": [name]}).as_object().unwrap().clone());
    assert_eq!(claims(&longest).issuer(), Ok(longest.as_str()));
    let longer = claims(&"x".repeat(MAX_NAME + 1));
    assert_eq!(longer.issuer(), Err(ClaimFault::Malformed("iss")));
    assert_eq!(longer.audience(), Err(ClaimFault::Malformed("aud")));
}

/// S-7519-16
#[test]
fn b11_unicode_is_not_normalised() {
    let composed = claims("sub", "\"\u{e9}\"");
    let decomposed = claims("sub", "\"e\u{301}\"");
    assert_ne!(composed.subject(), decomposed.subject());
}

/// S-7523-14, S-7519-15
#[rstest]
#[case("\"a\"", Ok(Audience::One("a")), Some("a"))]
#[case("[\"a\"]", Ok(Audience::Many(vec!["a"])), Some("a"))]
#[case("[\"a\",\"b\"]", Ok(Audience::Many(vec!["a", "b"])), None)]
#[case("[\"a\",\"a\"]", Ok(Audience::Many(vec!["a", "a"])), None)]
#[case("missing", Err(ClaimFault::Missing("aud")), None)]
#[case("null", Err(ClaimFault::Malformed("aud")), None)]
#[case("1", Err(ClaimFault::Malformed("aud")), None)]
#[case("true", Err(ClaimFault::Malformed("aud")), None)]
#[case("{}", Err(ClaimFault::Malformed("aud")), None)]
#[case("{\"a\":\"a\"}", Err(ClaimFault::Malformed("aud")), None)]
#[case("[]", Err(ClaimFault::Malformed("aud")), None)]
#[case("\"\"", Err(ClaimFault::Malformed("aud")), None)]
#[case("[\"\"]", Err(ClaimFault::Malformed("aud")), None)]
#[case("[\"a\",1]", Err(ClaimFault::Malformed("aud")), None)]
#[case("[\"a\",null]", Err(ClaimFault::Malformed("aud")), None)]
#[case("[[\"a\"]]", Err(ClaimFault::Malformed("aud")), None)]
fn a15_audiences(
    #[case] text: &str,
    #[case] expected: Result<Audience<'_>, ClaimFault>,
    #[case] sole: Option<&str>,
) {
    let claims = claims("aud", text);
    let audience = claims.audience();
    assert_eq!(audience, expected);
    assert_eq!(audience.as_ref().ok().and_then(Audience::sole), sole);
    if let Ok(audience) = audience {
        let values = match &audience {
            Audience::One(one) => vec![*one],
            Audience::Many(many) => many.clone(),
        };
        assert_eq!(audience.values().collect::<Vec<_>>(), values);
    }
}

/// S-7521-13, S-7519-10, S-7519-11
#[rstest]
#[case::epoch("0", Ok("1970-01-01T00:00:00Z"))]
#[case::integer("1700000000", Ok("2023-11-14T22:13:20Z"))]
#[case::fraction("1700000000.5", Ok("2023-11-14T22:13:20.5Z"))]
#[case::exponent("1.7e9", Ok("2023-11-14T22:13:20Z"))]
#[case::whole_fraction("1700000000.0", Ok("2023-11-14T22:13:20Z"))]
#[case::last_instant("253402207200", Ok("9999-12-30T22:00:00Z"))]
#[case::last_second("253402300799", Ok("9999-12-30T22:00:00.999999999Z"))]
#[case::year_10000("253402300800", Err("malformed"))]
#[case::just_after("253402300799.5", Err("malformed"))]
#[case::negative("-1", Err("malformed"))]
#[case::negative_fraction("-0.5", Err("malformed"))]
#[case::two_to_53_and_one("9007199254740993", Err("malformed"))]
#[case::two_to_63("9223372036854775808", Err("malformed"))]
#[case::minus_two_to_63("-9223372036854775808", Err("malformed"))]
#[case::largest_u64("18446744073709551615", Err("malformed"))]
#[case::two_to_64("18446744073709551616", Err("malformed"))]
#[case::ten_to_19("1e19", Err("malformed"))]
#[case::largest_double("1.7976931348623157e308", Err("malformed"))]
#[case::string("\"9999999999\"", Err("malformed"))]
#[case::boolean("true", Err("malformed"))]
#[case::null("null", Err("malformed"))]
#[case::array("[]", Err("malformed"))]
#[case::object("{}", Err("malformed"))]
#[case::absent("missing", Err("missing"))]
fn b5_dates_by_claim(#[case] text: &str, #[case] expected: Result<&str, &str>) {
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    let fault = |claim| ClaimFault::Malformed(claim);
    let optional = |claim| match expected {
        Ok(text) => Ok(Some(instant(text))),
        Err("missing") => Ok(None),
        Err(_) => Err(fault(claim)),
    };
    let required = match expected {
        Ok(text) => Ok(instant(text)),
        Err("missing") => Err(ClaimFault::Missing("exp")),
        Err(_) => Err(fault("exp")),
    };
    assert_eq!(claims("exp", text).expiry(), required);
    assert_eq!(claims("nbf", text).not_before(), optional("nbf"));
    assert_eq!(claims("iat", text).issued_at(), optional("iat"));
}

#[rstest]
#[case("missing", Ok(None))]
#[case("\"a\"", Ok(Some("a")))]
#[case("\"../\\u0000\u{202e}/\"", Ok(Some("../\0\u{202e}/")))]
#[case("\"\"", Err(ClaimFault::Malformed("jti")))]
#[case("1", Err(ClaimFault::Malformed("jti")))]
#[case("null", Err(ClaimFault::Malformed("jti")))]
#[case("[\"a\"]", Err(ClaimFault::Malformed("jti")))]
fn c10_jwt_ids(#[case] text: &str, #[case] expected: Result<Option<&str>, ClaimFault>) {
    assert_eq!(claims("jti", text).jwt_id(), expected);
}

/// D-13
#[rstest]
#[case(MAX_JWT_ID, true)]
#[case(MAX_JWT_ID + 1, false)]
#[case(10 * 1024, false)]
fn c10_jwt_ids_are_bounded(#[case] length: usize, #[case] good: bool) {
    let text = format!("\"{}\"", "x".repeat(length));
    assert_eq!(claims("jti", &text).jwt_id().is_ok(), good);
}

#[test]
fn other_claims_are_kept_as_they_are_and_not_shown() {
    let claims = claims("scope", "\"secret\"");
    assert_eq!(claims.get("scope"), Some(&json!("secret")));
    assert_eq!(claims.get("other"), None);
    assert_eq!(format!("{claims:?}"), "Claims([\"scope\"])");
}

proptest! {
    #[test]
    fn whole_seconds_are_exact(seconds in 0..253_402_207_200_i64) {
        let expected = Timestamp::from_second(seconds).unwrap();
        prop_assert_eq!(claims("exp", &seconds.to_string()).expiry(), Ok(expected));
        prop_assert_eq!(claims("exp", &format!("{seconds}.0")).expiry(), Ok(expected));
    }

    /// S-7519-11
    #[test]
    fn any_number_is_a_date_or_a_fault(number in any::<f64>()) {
        let number = serde_json::Number::from_f64(number);
        let date = number.map_or(Value::Null, Value::Number);
        let claims = Claims::new(json!({"exp": date}).as_object().unwrap().clone());
        prop_assert!(claims.expiry().is_ok_and(|date| date >= Timestamp::UNIX_EPOCH)
            || claims.expiry() == Err(ClaimFault::Malformed("exp")));
    }
}
