//! The rules of our roles.

use super::{HEAD, define, names};
use crate::api::installation::Account;
use crate::api::rights::{Reach, rules};
use serde_json::Value;

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
            let rules = rules(account, reach);
            let role = account.role();
            let rules = names::templated(&serde_saphyr::to_string(&Value::Array(rules))?);
            text.push_str(&define(&format!("rules.{role}.{name}"), &rules));
        }
    }
    Ok(text)
}
