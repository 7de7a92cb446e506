//! What is printed parses to the same, and what parses is printed as it was.

use super::client::AudiencePolicy;
use super::duration::parse_duration;
use super::ids::{ClientId, ServiceAccountId, is_dns_label, is_dns_subdomain};
use super::issuer::Issuer;
use super::resource::ResourceId;
use super::scope::Scopes;
use proptest::prelude::*;
use rstest::rstest;
use std::collections::BTreeSet;

/// Any text, often one that is nearly good.
fn texts(nearly: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![nearly, "\\PC{0,40}"]
}

proptest! {
    #[test]
    fn client_ids(text in texts("[a-z0-9.-]{1,12}/[a-z0-9.-]{1,12}")) {
        if let Ok(id) = text.parse::<ClientId>() {
            prop_assert_eq!(id.to_string(), text.as_str());
            prop_assert_eq!(id.as_str(), text.as_str());
            prop_assert_eq!(format!("{}/{}", id.namespace(), id.name()), text);
            prop_assert_eq!(ClientId::new(id.namespace(), id.name()), Ok(id));
        }
    }

    #[test]
    fn service_accounts(text in texts("system:serviceaccount:[a-z0-9.:-]{1,20}")) {
        if let Ok(id) = ServiceAccountId::from_user_name(&text) {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn names_are_those_of_rfc_1123(text in texts("[a-z0-9A.-]{0,70}")) {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let label = |label: &str| {
            let (first, last) = (label.bytes().next(), label.bytes().last());
            label.len() < 64 && first.is_some_and(inner) && last.is_some_and(inner)
                && label.bytes().all(|b| inner(b) || b == b'-')
        };
        prop_assert_eq!(is_dns_label(&text), label(&text));
        prop_assert_eq!(is_dns_subdomain(&text), text.split('.').all(label));
    }

    #[test]
    fn issuers(text in texts("https?://[a-z.]{1,8}(:[0-9]{1,4})?(/[a-z0-9._~%-]{0,6}){0,3}"), path in "/[a-z]{1,8}") {
        if let Ok(issuer) = Issuer::parse(&text) {
            prop_assert_eq!(issuer.to_string(), text.as_str());
            prop_assert_eq!(issuer.as_str(), text.as_str());
            prop_assert!(text.starts_with("https:") && !text.contains(['?', '#', '@']));
            prop_assert!(!issuer.path().ends_with('/'));
            prop_assert_eq!(issuer.endpoint(&path), format!("{}{path}", text.trim_end_matches('/')));
            prop_assert_eq!(Issuer::parse_loopback(&text), Ok(issuer));
        }
    }

    #[test]
    fn resources(text in texts("(https|urn):(//)?[a-z.]{1,8}(/[!-~]{0,6}){0,3}")) {
        if let Ok(resource) = text.parse::<ResourceId>() {
            prop_assert_eq!(resource.to_string(), text.as_str());
            prop_assert!(!text.contains('#') && text.bytes().all(|b| b.is_ascii_graphic()));
        }
    }

    #[test]
    fn scopes(text in texts("[!-~ ]{0,12}")) {
        let tokens: BTreeSet<_> = text.split(' ').collect();
        match text.parse::<Scopes>() {
            Ok(scopes) => {
                prop_assert_eq!(scopes.iter().collect::<BTreeSet<_>>(), tokens);
                prop_assert_eq!(scopes.to_string().parse(), Ok(scopes));
            }
            Err(_) => prop_assert!(tokens.contains("") || !text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\')),
        }
    }

    #[test]
    fn the_scopes_of_both_are_those_of_each(
        (left, right) in (proptest::collection::btree_set("[a-d]", 0..4), proptest::collection::btree_set("[a-d]", 0..4)),
    ) {
        let of = |tokens: &BTreeSet<String>| Scopes::from_tokens(tokens.iter().cloned()).unwrap();
        let (a, b) = (of(&left), of(&right));
        let both = a.intersection(&b);
        prop_assert!(both.is_subset(&a) && both.is_subset(&b));
        prop_assert_eq!(both, of(&left.intersection(&right).cloned().collect()));
        prop_assert_eq!(a.is_subset(&b), left.is_subset(&right));
        prop_assert_eq!(a.is_empty(), left.is_empty());
    }

    #[test]
    fn durations_are_the_sum_of_their_parts(
        parts in proptest::collection::vec((0..100_000_i64, prop::sample::select(vec![('h', 3600), ('m', 60), ('s', 1)])), 1..4),
    ) {
        let text = parts.iter().map(|(number, (unit, _))| format!("{number}{unit}")).collect::<Vec<_>>().concat();
        let seconds: i64 = parts.iter().map(|(number, (_, length))| number.strict_mul(*length)).sum();
        prop_assert_eq!(parse_duration(&text).map(|duration| duration.as_secs()), Ok(seconds));
    }
}

#[rstest]
#[case(AudiencePolicy::Compat, "Compat")]
#[case(AudiencePolicy::Standard, "Standard")]
#[case(AudiencePolicy::Strict, "Strict")]
#[case(AudiencePolicy::Fapi, "Fapi")]
fn audience_policies(#[case] policy: AudiencePolicy, #[case] name: &str) {
    assert_eq!(policy.to_string(), name);
    assert_eq!(name.parse(), Ok(policy));
    assert!(name.to_lowercase().parse::<AudiencePolicy>().is_err());
}

/// The longest names, and one character more.
#[test]
fn names_are_bounded() {
    let label = "a".repeat(63);
    assert!(is_dns_label(&label) && !is_dns_label(&format!("{label}a")));
    let longest = [label.as_str(), &label, &label, &"a".repeat(61)].join(".");
    assert_eq!(longest.len(), 253);
    assert!(is_dns_subdomain(&longest) && !is_dns_subdomain(&format!("{longest}a")));
}
