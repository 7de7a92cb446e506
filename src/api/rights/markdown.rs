//! The rights as a page of the docs.

use super::{Account, Installation, RIGHTS, Reach, Right, What, When};
use std::fmt::Write as _;

/// `docs/rights.md`: every right, for which object, where, and why.
pub fn markdown() -> String {
    let mut page = String::from(
        "# What Countersign may do in your cluster\n\
         \n\
         Generated from the table in `src/api/rights/mod.rs`; `deploy/rbac.yaml` comes from the same table.\n\
         Each account has these rights and no other.\n",
    );
    for account in Account::ALL {
        let heading = format!(
            "\n## `{}`\n\n| may | to | where | so that |\n|---|---|---|---|\n",
            Installation::default().service_account(account)
        );
        page.push_str(&heading);
        for right in RIGHTS.iter().filter(|right| right.who == account) {
            page.push_str(&row(right));
        }
    }
    page.push_str(
        "\n- *Watched namespaces*: every namespace, or those named at installation.\n\
         - *Cluster*: if some namespaces were named at installation, nothing but the discovery documents of the\n  \
           service-account issuer; a second replay log for the same issuer is not looked for then.\n\
         - *Opted-in namespaces*: none, until a namespace's administrator binds the ClusterRole\n  \
           `countersign-key-reader` to the controller's account there.\n\
         - Kubernetes' own roles `view`, `edit` and `admin` get `countersign-view` and `countersign-edit` by\n  \
           aggregation. Neither includes the `status` of our kinds: servers believe the keys that stand there,\n  \
           and the policy `countersign-status` lets only the controller write it.\n\
         - Nor do they include the replay log. The policy `countersign-replay-log` lets only the server write it and only\n  \
           the controller delete from it, whatever RBAC gives to others.\n",
    );
    page
}

fn row(right: &Right) -> String {
    let mut to = String::new();
    match right.what {
        What::Objects {
            group,
            resource,
            names,
        } => {
            let dot = if group.is_empty() { "" } else { "." };
            write!(to, "`{resource}{dot}{group}`").unwrap_or_default();
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            if !names.is_empty() {
                write!(to, ", only {}", names.join(" and ")).unwrap_or_default();
            }
        }
        What::Owner { group, resource } => {
            write!(to, "`{resource}.{group}`, only its own").unwrap_or_default();
        }
        What::Discovery { role } => write!(to, "what `{role}` opens").unwrap_or_default(),
    }
    let place = match right.reach {
        Reach::Release => "release namespace",
        Reach::ReleaseApart => "release namespace, if only some namespaces are watched",
        Reach::Watched => "watched namespaces",
        Reach::WatchedApart => "watched namespaces, if those are only some",
        Reach::OptIn => "opted-in namespaces",
        Reach::Cluster => "cluster",
    };
    let when = match right.when {
        When::Always => "",
        When::ManagedCertificate => ", if the controller makes the certificate",
    };
    format!(
        "| {} | {to} | {place}{when} | {} |\n",
        right.verbs.join(", "),
        right.why
    )
}
