//! The objects that an installation needs beside its workloads, as YAML.
//!
//! The output is the same for the same installation, byte for byte: `deploy/` holds it for the default one.

use crate::api::{installation::Installation, policy, rights};
use serde_json::Value;

/// Service accounts, roles and bindings.
pub fn rbac_yaml(installation: &Installation) -> Result<String, serde_saphyr::ser::Error> {
    stream(&rights::manifests(installation))
}

/// Admission policies.
pub fn policies_yaml(installation: &Installation) -> Result<String, serde_saphyr::ser::Error> {
    stream(&policy::manifests(installation))
}

/// Objects as one YAML stream.
pub(super) fn stream(objects: &[Value]) -> Result<String, serde_saphyr::ser::Error> {
    let mut text = String::new();
    for object in objects {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&serde_saphyr::to_string(object)?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::checked_in::assert_same;

    #[test]
    fn the_checked_in_manifests_are_the_generated_ones() {
        let default = Installation::default();
        assert_same("deploy/rbac.yaml", &rbac_yaml(&default).unwrap());
        assert_same("deploy/policies.yaml", &policies_yaml(&default).unwrap());
    }
}
