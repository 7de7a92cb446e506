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
                .filter(|right| right.who == account && right.reach == reach);
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
    let condition = match right.when {
        When::Always => return Ok(item),
        When::ManagedCertificate => "eq .Values.tls.mode \"auto\"",
        When::Parts => ".Values.watchNamespaces",
    };
    Ok(format!("{{{{- if {condition} }}}}\n{item}{{{{- end }}}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_left_empty_by_its_conditions() {
        for right in RIGHTS.iter().filter(|right| right.when != When::Always) {
            let beside = |other: &&Right| {
                (other.who, other.reach, other.when) == (right.who, right.reach, When::Always)
            };
            assert!(RIGHTS.iter().any(|other| beside(&other)), "{right:?}");
        }
    }
}
