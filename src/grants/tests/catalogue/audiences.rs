//! Audiences that are not us (B3), or not us alone (B4).

use super::*;
use crate::core::client::AudiencePolicy;

const POLICIES: [AudiencePolicy; 4] = [
    AudiencePolicy::Compat,
    AudiencePolicy::Standard,
    AudiencePolicy::Strict,
    AudiencePolicy::Fapi,
];

fn under(policy: AudiencePolicy) -> World {
    let mut client = everybody_as_client();
    client.assertion.audience = policy;
    trusting(client, ci())
}

/// B3: no `aud`, an empty one, and one of a type that it cannot have, under every policy.
/// S-7523-14
#[rstest]
#[case::absent(json!("REMOVED"), missing("aud"))]
#[case::null(json!(null), malformed("aud"))]
#[case::empty(json!(""), malformed("aud"))]
#[case::blank(json!(" "), malformed("aud"))]
#[case::no_value(json!([]), malformed("aud"))]
#[case::empty_value(json!([""]), malformed("aud"))]
#[case::ours_and_empty(json!([ISSUER, ""]), malformed("aud"))]
#[case::ours_and_null(json!([ISSUER, null]), malformed("aud"))]
#[case::ours_and_a_number(json!([ISSUER, 1]), malformed("aud"))]
#[case::nested(json!([[ISSUER]]), malformed("aud"))]
#[case::number(json!(1), malformed("aud"))]
#[case::yes(json!(true), malformed("aud"))]
#[case::object(json!({ISSUER: true}), malformed("aud"))]
fn b3_no_audience(
    #[case] aud: Value,
    #[case] expected: AssertionFault,
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
) {
    for policy in POLICIES {
        let token = sign(json!({ "aud": aud }));
        assert_eq!(under(policy).fault_in_both_slots(&token), expected, "{policy:?}");
    }
}

/// B3: somebody else, however similar, under every policy.
/// S-7523-15
#[rstest]
fn b3_another_audience(
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
    #[values(
        "https://other.example",
        "https://tokens.example/",
        "https://tokens.example.evil",
        "https://tokens.example:443",
        "https://TOKENS.example",
        "HTTPS://tokens.example",
        "http://tokens.example",
        "tokens.example",
        "https://tokens.exampl",
        " https://tokens.example",
        "https://tokens.example ",
        "https://tokens.example#",
        "https://tokens.example/token/",
        "https://tokens.example/tokens",
        "https://user@tokens.example",
        "*",
        "https://*",
        "null",
        "undefined",
        CLIENT,
        "https://tokens.example,https://other.example",
        "https://tokens.example https://other.example"
    )]
    aud: &str,
) {
    for policy in POLICIES {
        for aud in [json!(aud), json!([aud])] {
            let fault = under(policy).fault_in_both_slots(&sign(json!({ "aud": aud })));
            assert_eq!(fault, AssertionFault::Audience, "{policy:?}");
        }
    }
}

/// B4: a token that the API server takes as well, or a sister of ours, is not for us; neither is one that is
/// for several, whose other holders could bring it here.
/// D-04
#[rstest]
#[case::api_server(json!([CLUSTER]))]
#[case::api_server_by_its_short_name(json!("https://kubernetes.default.svc"))]
#[case::api_server_and_us(json!([ISSUER, "https://kubernetes.default.svc"]))]
#[case::us_and_the_clusters_issuer(json!([CLUSTER, ISSUER]))]
#[case::sister(json!("https://tokens.staging.example"))]
#[case::sister_and_us(json!([ISSUER, "https://tokens.staging.example"]))]
#[case::us_and_a_resource(json!([LEDGER, ISSUER]))]
#[case::endpoint(json!(ENDPOINT))]
#[case::issuer_and_endpoint(json!([ISSUER, ENDPOINT]))]
#[case::us_twice(json!([ISSUER, ISSUER]))]
fn b4_issued_tokens_are_for_us_alone(#[case] aud: Value, #[values(BY_CLUSTER, BY_ISSUER)] sign: Sign) {
    for policy in POLICIES {
        let fault = under(policy).fault_in_both_slots(&sign(json!({ "aud": aud })));
        assert_eq!(fault, AssertionFault::Audience, "{policy:?}");
    }
}

/// B4: what a client signs itself, by the policy that it chose: which policies take it in `client_assertion`,
/// and which as `assertion`, counted from the laxest.
/// S-7523bis-20, D-04
#[rstest]
#[case::us(json!(ISSUER), 4, 4)]
#[case::us_in_an_array(json!([ISSUER]), 3, 3)]
#[case::endpoint(json!(ENDPOINT), 2, 2)]
#[case::issuer_and_endpoint(json!([ISSUER, ENDPOINT]), 2, 2)]
#[case::sister_and_us(json!([ISSUER, "https://tokens.staging.example"]), 0, 1)]
#[case::api_server_and_us(json!([ISSUER, "https://kubernetes.default.svc"]), 0, 0)]
#[case::api_server_in_full_and_us(json!([ISSUER, CLUSTER]), 0, 0)]
#[case::sister(json!("https://tokens.staging.example"), 0, 0)]
#[case::api_server(json!(CLUSTER), 0, 0)]
fn b4_shared_audiences_of_self_signed_tokens(
    #[case] aud: Value,
    #[case] authenticate: usize,
    #[case] grant: usize,
) {
    let token = signed(json!({ "aud": aud }));
    for (position, policy) in POLICIES.into_iter().enumerate() {
        let world = under(policy);
        let accepted = |form: &[(&str, &str)]| world.grant(form).is_ok();
        assert_eq!(
            accepted(&client_credentials(&token)),
            position < authenticate,
            "{policy:?}"
        );
        assert_eq!(accepted(&bearer(&token)), position < grant, "{policy:?}");
    }
}
