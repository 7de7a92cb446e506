use super::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

fn nested(depth: usize) -> Vec<u8> {
    let inner = depth.strict_sub(1);
    format!("{{\"a\":{}1{}}}", "[".repeat(inner), "]".repeat(inner)).into_bytes()
}

fn wide(members: usize) -> Vec<u8> {
    let members = (0..members).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// S-JOSE-07
#[rstest]
#[case::empty(b"{}")]
#[case::space(b" \t\r\n{ } \n")]
#[case::same_name_elsewhere(br#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#)]
#[case::escapes(br#"{"\u0061":"\ud83d\ude00"}"#)]
#[case::large_integer(br#"{"a":18446744073709551616}"#)]
#[case::names_that_look_alike("{\"\u{e9}\":1,\"e\u{301}\":2}".as_bytes())]
#[case::deepest(&nested(MAX_DEPTH))]
#[case::widest(&wide(MAX_MEMBERS))]
fn accepted(#[case] bytes: &[u8]) {
    let object = parse_object(bytes).unwrap();
    assert_eq!(
        Value::Object(object),
        serde_json::from_slice::<Value>(bytes).unwrap()
    );
}

/// S-JOSE-05, S-JOSE-06, S-JOSE-07
#[rstest]
#[case::nothing(b"", JsonFault::NotObject)]
#[case::null(b"null", JsonFault::NotObject)]
#[case::array(b"[]", JsonFault::NotObject)]
#[case::string(b"\"x\"", JsonFault::NotObject)]
#[case::number(b"0", JsonFault::NotObject)]
#[case::byte_order_mark(b"\xef\xbb\xbf{}", JsonFault::ByteOrderMark)]
#[case::utf16(b"\xff\xfe{\0}\0", JsonFault::NotUtf8)]
#[case::utf16_without_mark(b"{\0}\0", JsonFault::Syntax)]
#[case::latin1(b"{\"a\":\"\xe9\"}", JsonFault::NotUtf8)]
#[case::overlong(b"{\"a\":\"\xc0\x80\"}", JsonFault::NotUtf8)]
#[case::surrogate_in_utf8(b"{\"a\":\"\xed\xa0\x80\"}", JsonFault::NotUtf8)]
#[case::lone_high_surrogate(br#"{"a":"\ud800"}"#, JsonFault::Syntax)]
#[case::lone_low_surrogate(br#"{"a":"\udc00"}"#, JsonFault::Syntax)]
#[case::surrogate_in_name(br#"{"\ud800":1}"#, JsonFault::Syntax)]
#[case::twice(br#"{"a":1,"a":1}"#, JsonFault::Duplicate)]
#[case::twice_escaped(br#"{"aud":1,"\u0061ud":1}"#, JsonFault::Duplicate)]
#[case::twice_in_object(br#"{"cnf":{"jkt":1,"jkt":2}}"#, JsonFault::Duplicate)]
#[case::twice_in_array(br#"{"a":[[{"b":1,"\u0062":2}]]}"#, JsonFault::Duplicate)]
#[case::twice_empty_name(br#"{"":1,"":2}"#, JsonFault::Duplicate)]
#[case::second_object(b"{}{}", JsonFault::TrailingData)]
#[case::comma_after(b"{},", JsonFault::TrailingData)]
#[case::nul_after(b"{}\0", JsonFault::TrailingData)]
#[case::not_closed(br#"{"a":1"#, JsonFault::Syntax)]
#[case::last_comma(br#"{"a":1,}"#, JsonFault::Syntax)]
#[case::single_quotes(b"{'a':1}", JsonFault::Syntax)]
#[case::name_without_quotes(b"{a:1}", JsonFault::Syntax)]
#[case::comment(b"{/**/}", JsonFault::Syntax)]
#[case::nan(br#"{"a":NaN}"#, JsonFault::Syntax)]
#[case::infinity(br#"{"a":Infinity}"#, JsonFault::Syntax)]
#[case::overflow(br#"{"a":1e400}"#, JsonFault::Syntax)]
#[case::negative_overflow(br#"{"a":-1e400}"#, JsonFault::Syntax)]
#[case::leading_zero(br#"{"a":01}"#, JsonFault::Syntax)]
#[case::plus(br#"{"a":+1}"#, JsonFault::Syntax)]
#[case::control_character(b"{\"a\":\"\n\"}", JsonFault::Syntax)]
#[case::too_deep(&nested(MAX_DEPTH.strict_add(1)), JsonFault::TooDeep)]
#[case::far_too_deep(&nested(200), JsonFault::TooDeep)]
#[case::too_wide(&wide(MAX_MEMBERS.strict_add(1)), JsonFault::TooManyMembers)]
fn refused(#[case] bytes: &[u8], #[case] fault: JsonFault) {
    assert_eq!(parse_object(bytes), Err(fault));
}

/// A JSON value, and how to write a name so that only a parser sees that it is the same.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i32>().prop_map(Value::from),
        "[a-z\u{e9}\"\\\\]{0,6}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _parsed = parse_object(&bytes);
    }

    #[test]
    fn what_was_written_is_read(value in values()) {
        let text = json!({"a": value}).to_string();
        prop_assert_eq!(parse_object(text.as_bytes()).map(Value::Object), Ok(json!({"a": value})));
    }

    /// S-JOSE-06
    #[test]
    fn a_second_member_is_refused_anywhere(
        value in values(),
        name in "[a-z]{1,4}",
        path in proptest::collection::vec(any::<bool>(), 0..8),
        escape in any::<bool>(),
    ) {
        let first = name.chars().next().unwrap();
        let spelling = if escape { format!("\\u{:04x}{}", u32::from(first), name.strip_prefix(first).unwrap()) } else { name.clone() };
        let mut text = format!("{{\"{name}\":{value},\"{spelling}\":{value}}}");
        for in_array in path {
            text = if in_array { format!("[{text}]") } else { format!("{{\"x\":{text}}}") };
        }
        let text = format!("{{\"first\":0,\"then\":{text}}}");
        prop_assert_eq!(parse_object(text.as_bytes()), Err(JsonFault::Duplicate));
    }
}
