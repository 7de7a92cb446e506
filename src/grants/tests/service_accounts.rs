//! Projected service-account tokens, in both slots.

use super::world::*;
use crate::grants::service_account::WorkloadFault;
use crate::grants::{AssertionFault, LocalIssuer};
use crate::jose::{ClaimFault, NoKey};
use crate::oauth::request::JWT_BEARER_GRANT;
use rstest::rstest;
use serde_json::{Value, json};

/// S-7521-04, S-7521-06, S-7523-13, S-7523-15, S-7523-17, S-8725-21, S-8725-22, D-03, D-04, D-08, D-09,
/// D-22, D-23
#[rstest]
#[case::api_server_audience(json!({"aud": [CLUSTER]}), AssertionFault::Audience)]
#[case::endpoint_audience(json!({"aud": [ENDPOINT]}), AssertionFault::Audience)]
#[case::several_audiences(json!({"aud": [ISSUER, CLUSTER]}), AssertionFault::Audience)]
#[case::no_audience(json!({"aud": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("aud")))]
#[case::expired(json!({"exp": NOW - 30}), AssertionFault::Expired)]
#[case::no_expiry(json!({"exp": "REMOVED"}), AssertionFault::Claim(ClaimFault::Missing("exp")))]
#[case::not_yet(json!({"nbf": NOW + 31}), AssertionFault::NotYetValid)]
#[case::extended_for_a_year(json!({"exp": NOW + 31_536_000}), AssertionFault::Lifetime(3600))]
#[case::no_iat(json!({"iat": "REMOVED"}), AssertionFault::NoIssuedAt)]
#[case::not_a_service_account(json!({"sub": "alice"}), AssertionFault::Workload(WorkloadFault::Subject))]
#[case::three_parts(json!({"sub": "system:serviceaccount:payments:billing:x"}), AssertionFault::Workload(WorkloadFault::Subject))]
#[case::no_kubernetes_claim(json!({"kubernetes.io": "REMOVED"}), AssertionFault::Workload(WorkloadFault::KubernetesClaim))]
#[case::other_namespace(kubernetes(json!({"namespace": "shop"})), AssertionFault::Workload(WorkloadFault::Contradiction))]
#[case::other_name(
    kubernetes(json!({"serviceaccount": {"name": "x", "uid": "u"}})),
    AssertionFault::Workload(WorkloadFault::Contradiction)
)]
#[case::no_uid(
    kubernetes(json!({"serviceaccount": {"name": "billing"}})),
    AssertionFault::Workload(WorkloadFault::KubernetesClaim)
)]
#[case::unbound(kubernetes(json!({"pod": "REMOVED"})), AssertionFault::Workload(WorkloadFault::NotBoundToPod))]
#[case::bound_to_a_secret(
    kubernetes(json!({"pod": "REMOVED", "secret": {"name": "s", "uid": "u"}})),
    AssertionFault::Workload(WorkloadFault::NotBoundToPod)
)]
#[case::bound_to_both(
    kubernetes(json!({"secret": {"name": "s", "uid": "u"}})),
    AssertionFault::Workload(WorkloadFault::NotBoundToPod)
)]
#[case::past_warnafter(kubernetes(json!({"warnafter": NOW - 1})), AssertionFault::Workload(WorkloadFault::PastWarnAfter))]
#[case::malformed_warnafter(
    kubernetes(json!({"warnafter": "soon"})),
    AssertionFault::Workload(WorkloadFault::KubernetesClaim)
)]
#[case::same_name_elsewhere(
    json!({
        "sub": "system:serviceaccount:shop:billing",
        "kubernetes.io": {
            "namespace": "shop",
            "serviceaccount": {"name": "billing", "uid": "u"},
            "pod": {"name": "p", "uid": "u"}
        }
    }),
    AssertionFault::ClientNotChosen
)]
fn refused(#[case] changes: Value, #[case] expected: AssertionFault) {
    assert_eq!(World::new().fault_in_both_slots(&pod_token(changes)), expected);
}

/// S-7521-11, S-7523-20, D-05, D-22
#[rstest]
#[case::as_the_kubelet_gets_it(json!({}))]
#[case::without_jti(json!({"jti": "REMOVED"}))]
#[case::audience_as_a_string(json!({"aud": ISSUER}))]
#[case::before_warnafter(kubernetes(json!({"warnafter": NOW})))]
fn accepted_in_both_slots_as_often_as_it_comes(#[case] changes: Value) {
    let world = World::new();
    let token = pod_token(changes);
    for form in [
        client_credentials(&token).to_vec(),
        vec![("grant_type", JWT_BEARER_GRANT), ("assertion", &token)],
    ] {
        let grant = world.grant(&form).unwrap();
        assert_eq!(grant.terms().client.as_str(), CLIENT);
        assert_eq!(grant.terms().workload.as_ref().unwrap().pod_uid, "pod-uid");
        assert_eq!(grant.uses(), [], "the kubelet reuses it: it is never recorded");
    }
}

/// S-8725-10
#[test]
fn only_the_clusters_own_key_speaks_for_it() {
    let claims = claims(good_pod_token(), json!({}));
    let world = World::new();
    for key in [&*KEY, &*OTHER_KEY] {
        let forged = key.sign_jws(None, &claims).unwrap();
        assert_eq!(
            world.fault_in_both_slots(&forged),
            AssertionFault::Key(NoKey::Unknown)
        );
    }
    for typ in ["client-authentication+jwt", "authorization-grant+jwt", "at+jwt"] {
        let typed = CLUSTER_KEY.sign_jws(Some(typ), &claims).unwrap();
        assert!(world.grant(&client_credentials(&typed)).is_err(), "{typ}");
    }
}

/// S-7517-05, D-10
#[test]
fn keys_that_were_not_read_for_an_hour_are_a_failure_of_ours() {
    let world = World::new();
    world.index.set_local_issuer(LocalIssuer {
        issuer: CLUSTER.to_owned(),
        keys: vec![CLUSTER_KEY.verification_key().unwrap()],
        read_at: at(NOW - 3_600),
    });
    assert_eq!(
        world.fault_in_both_slots(&pod_token(json!({}))),
        AssertionFault::IssuerUnavailable
    );
}

/// D-18
#[test]
fn client_id_chooses_among_the_clients_of_a_service_account_and_nothing_else() {
    let world = World::new();
    let token = pod_token(json!({}));
    let ask = |hint: Option<&str>| {
        let mut form = vec![("grant_type", JWT_BEARER_GRANT), ("assertion", &token)];
        form.extend(hint.map(|hint| ("client_id", hint)));
        world
            .grant(&form)
            .map(|grant| grant.terms().client.to_string())
            .map_err(|refusal| refusal.error.as_str())
    };
    assert_eq!(ask(None).as_deref(), Ok(CLIENT), "the only one");
    world.index.put(client("payments/reports"));
    world.index.put(client("shop/billing"));
    assert_eq!(
        ask(None).as_deref(),
        Err(&"invalid_grant"),
        "two, and none is named"
    );
    assert_eq!(ask(Some("payments/reports")).as_deref(), Ok("payments/reports"));
    for other in ["shop/billing", "payments/nobody", "billing", "payments/reports "] {
        assert_eq!(ask(Some(other)).as_deref(), Err(&"invalid_grant"), "{other}");
    }
}
