//! Service-account tokens: bound to a pod, for us alone, they are credentials; no other is.

use super::{Good, Kind};
use crate::matrix::token::{Draft, Signer, sign};
use crate::matrix::world::{CLUSTER, NOW, SERVICE_ACCOUNT};
use crate::support::endpoint::{ISSUER, TOKEN_ENDPOINT};
use countersign::jose::{Algorithm, SigningKey};
use countersign::oauth::reason::ReasonCode::{
    Audience, ClaimMissing, ClientUnknown, IssuerUnknown, KeyUnknown, Signature, WorkloadClaim,
    WorkloadNotBound,
};
use serde_json::{Value, json};

pub(super) fn kinds() -> Vec<Kind> {
    let mut kinds = vec![
        of_cluster("bound to a pod", Good::Everywhere, |draft| draft),
        of_cluster("bound to a pod, typ JWT", Good::Everywhere, |draft| {
            draft.header("typ", json!("JWT"))
        }),
        of_cluster(
            "without jti, as old API servers make them",
            Good::Everywhere,
            |draft| draft.without("jti"),
        ),
        of_cluster("before nodes were named in it", Good::Everywhere, |draft| {
            binding(
                draft,
                &json!({ "pod": { "name": "billing-0", "uid": "9c1e44aa" } }),
            )
        }),
        of_cluster("bound to a secret", Good::Nowhere(&[WorkloadNotBound]), |draft| {
            binding(draft, &json!({ "secret": { "name": "s", "uid": "1" } }))
        }),
        of_cluster("bound to a node", Good::Nowhere(&[WorkloadNotBound]), |draft| {
            binding(draft, &json!({ "node": { "name": "n1", "uid": "1" } }))
        }),
        of_cluster(
            "bound to a webhook",
            Good::Nowhere(&[WorkloadNotBound]),
            |draft| {
                let webhook = json!({ "name": "w", "uid": "1" });
                binding(draft, &json!({ "validatingwebhookconfiguration": webhook }))
            },
        ),
        of_cluster("bound to nothing", Good::Nowhere(&[WorkloadNotBound]), |draft| {
            binding(draft, &json!({}))
        }),
        of_cluster(
            "bound to a pod and a secret",
            Good::Nowhere(&[WorkloadNotBound]),
            |draft| {
                let pod = json!({ "name": "billing-0", "uid": "9c1e44aa" });
                binding(
                    draft,
                    &json!({ "pod": pod, "secret": { "name": "s", "uid": "1" } }),
                )
            },
        ),
        of_cluster("for no audience", Good::Nowhere(&[ClaimMissing]), |draft| {
            draft.without("aud")
        }),
        of_cluster(
            "legacy, from a Secret",
            // Its issuer has the form of a client.
            Good::Nowhere(&[ClientUnknown]),
            |mut draft| {
                for claim in ["aud", "exp", "nbf", "iat", "jti", "kubernetes.io"] {
                    draft.claims.remove(claim);
                }
                let prefix = "kubernetes.io/serviceaccount";
                draft
                    .claim("iss", json!("kubernetes/serviceaccount"))
                    .claim(&format!("{prefix}/namespace"), json!("payments"))
                    .claim(&format!("{prefix}/secret.name"), json!("billing-token-x2b"))
                    .claim(&format!("{prefix}/service-account.name"), json!("billing"))
                    .claim(&format!("{prefix}/service-account.uid"), json!("b0c4e7a2"))
            },
        ),
        of_cluster("of a user", Good::Nowhere(&[WorkloadClaim]), |draft| {
            draft.without("kubernetes.io")
        }),
    ];
    for audience in [
        json!([CLUSTER]),
        json!(["https://kubernetes.default.svc"]),
        json!(["https://kubernetes.default.svc.cluster.local", "k3s"]),
        json!([ISSUER, CLUSTER]),
        json!([TOKEN_ENDPOINT]),
        json!(["api"]),
        json!(["sts.amazonaws.com"]),
        json!([SERVICE_ACCOUNT]),
    ] {
        kinds.push(of_cluster(
            &format!("for {audience}"),
            Good::Nowhere(&[Audience]),
            move |draft| draft.claim("aud", &audience),
        ));
    }
    kinds.extend(other_clusters());
    kinds
}

fn of_cluster(name: &str, good: Good, change: impl Fn(Draft) -> Draft + 'static) -> Kind {
    Kind::new(format!("service account: {name}"), good, move || {
        change(Draft::good(Signer::Cluster)).token()
    })
}

/// A token whose `kubernetes.io` has `members` beside namespace and service account.
fn binding(draft: Draft, members: &Value) -> Draft {
    let mut claim = json!({
        "namespace": "payments",
        "serviceaccount": { "name": "billing", "uid": "b0c4e7a2" },
        "warnafter": NOW + 3000,
    });
    for (name, value) in members.as_object().unwrap() {
        claim[name] = value.clone();
    }
    draft.claim("kubernetes.io", claim)
}

/// The same account of other clusters, some of which call themselves like ours.
fn other_clusters() -> Vec<Kind> {
    let elsewhere = |name: &str, issuer: &'static str, kid: Option<&'static str>, good| {
        Kind::new(
            format!("service account of another cluster: {name}"),
            good,
            move || {
                let key = SigningKey::generate(Algorithm::Es256).unwrap();
                let kid = kid.unwrap_or(key.kid());
                let draft = Draft::good(Signer::Cluster).claim("iss", json!(issuer));
                let draft = draft.header("alg", json!("ES256")).header("kid", json!(kid));
                sign(&key, &draft.input())
            },
        )
    };
    let ours = Signer::Cluster.key().kid();
    vec![
        elsewhere(
            "of its own name",
            "https://other.example",
            None,
            Good::Nowhere(&[IssuerUnknown]),
        ),
        elsewhere(
            "with our kid",
            "https://other.example",
            Some(ours),
            Good::Nowhere(&[IssuerUnknown]),
        ),
        elsewhere("with our name", CLUSTER, None, Good::Nowhere(&[KeyUnknown])),
        elsewhere(
            "with our name and kid",
            CLUSTER,
            Some(ours),
            Good::Nowhere(&[KeyUnknown]),
        ),
        Kind::new(
            "service account of another cluster: with our name, kid and algorithm",
            Good::Nowhere(&[Signature]),
            || {
                let key = SigningKey::generate(Algorithm::Rs256).unwrap();
                sign(&key, &Draft::good(Signer::Cluster).input())
            },
        ),
    ]
}
