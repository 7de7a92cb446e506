//! The rules of our roles.

use super::{HEAD, define, names};
use crate::api::installation::Account;
use crate::api::rights::{RIGHTS, Reach, Right, When};
use serde_json::json;

/// `_rights.tpl`: a template of the rules for each account and reach, `[]` where there are none.
pub(super) fn template() -> Result<String, serde_saphyr::ser::Error> {
    let mut text = HEAD.to_owned();
    for account in Account::ALL {
        for (reach, name) in [
            (Reach::Watched, "watched"),
            (Reach::Release, "release"),
            (Reach::Cluster, "cluster"),
            (Reach::OptIn, "opt-in"),
        ] {
            let given = RIGHTS
                .iter()
                .filter(|right| right.who == account && right.reach.role() == reach);
            let rules: String = given.map(rule).collect::<Result<_, _>>()?;
            let rules = if rules.is_empty() { "[]\n" } else { &rules };
            let role = account.role();
            text.push_str(&define(&format!("rules.{role}.{name}"), rules));
        }
    }
    Ok(text)
}

/// One rule as an item of a list, in its condition; nothing if a role of Kubernetes' own gives the right.
fn rule(right: &Right) -> Result<String, serde_saphyr::ser::Error> {
    let Some(rule) = right.rule(&names::owners()) else {
        return Ok(String::new());
    };
    let item = names::templated(&serde_saphyr::to_string(&json!([rule]))?);
    let managed = (right.when == When::ManagedCertificate).then_some("eq .Values.tls.mode \"auto\"");
    let apart = right.reach.is_apart().then_some(".Values.watchNamespaces");
    let conditions = managed.into_iter().chain(apart);
    Ok(conditions.fold(item, |item, condition| {
        format!("{{{{- if {condition} }}}}\n{item}{{{{- end }}}}\n")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_left_empty_by_its_conditions() {
        let always = |right: &Right| right.when == When::Always && !right.reach.is_apart();
        for right in RIGHTS.iter().filter(|right| !always(right)) {
            let beside = |other: &Right| other.who == right.who && other.reach.role() == right.reach.role();
            assert!(
                RIGHTS.iter().any(|other| beside(other) && always(other)),
                "{right:?}"
            );
        }
    }
}
