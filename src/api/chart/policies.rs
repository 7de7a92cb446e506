//! What our admission policies say.

use super::{HEAD, define, names};
use crate::api::policy::manifests;
use serde_json::Value;
use std::collections::BTreeMap;

/// `_policies.tpl`: a template of the `spec` of each policy.
pub(super) fn template() -> Result<String, serde_saphyr::ser::Error> {
    let (whole, parts) = (specs(true)?, specs(false)?);
    let mut text = HEAD.to_owned();
    for (name, of_whole) in whole {
        let of_parts = parts.get(&name).unwrap_or(&of_whole);
        let body = if *of_parts == of_whole {
            of_whole
        } else {
            format!(
                "{{{{- if .Values.watchNamespaces -}}}}\n{of_parts}{{{{- else -}}}}\n{of_whole}{{{{- end }}}}\n"
            )
        };
        text.push_str(&define(&format!("policy.{name}"), &body));
    }
    Ok(text)
}

/// The `spec` of each policy by what follows the installation's name in its own.
fn specs(cluster_wide: bool) -> Result<BTreeMap<String, String>, serde_saphyr::ser::Error> {
    let installation = names::installation(cluster_wide);
    let prefix = installation.own_name("");
    let mut specs = BTreeMap::new();
    for policy in manifests(&installation) {
        let name = policy.pointer("/metadata/name").and_then(Value::as_str);
        let name = name
            .and_then(|name| {
                name.strip_prefix(&prefix)
                    .or_else(|| name.strip_prefix("countersign-"))
            })
            .unwrap_or_default();
        let name = name.split('.').next().unwrap_or_default();
        if policy.pointer("/spec/validations").is_some() {
            let spec = serde_saphyr::to_string(policy.get("spec").unwrap_or(&Value::Null))?;
            specs.insert(name.to_owned(), names::templated(&spec));
        }
    }
    Ok(specs)
}
