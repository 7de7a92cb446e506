//! The definitions of our kinds, as the chart installs them.

use super::HEAD;
use crate::api::crds::{CrdError, oauthclients, replaysegments};

/// What comes between the name of a definition and its `spec`.
const METADATA: &str = r#"  labels:
    {{- include "countersign.labels" . | nindent 4 }}
  {{- if or .Values.crds.keep .Values.crds.annotations }}
  annotations:
    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    {{- end }}
    {{- with .Values.crds.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
"#;

/// A template for each definition, by the name of its file.
pub(super) fn templates() -> Result<[(&'static str, String); 2], CrdError> {
    let template = |definition| -> Result<String, CrdError> {
        let text = serde_saphyr::to_string(&definition)?;
        let (head, spec) = text.split_once("spec:\n").ok_or(CrdError::Missing("spec"))?;
        Ok(format!(
            "{HEAD}{{{{- if .Values.crds.enabled }}}}\n{head}{METADATA}{spec}{{{{- end }}}}\n"
        ))
    };
    Ok([
        ("oauthclients", template(oauthclients()?)?),
        ("replaysegments", template(replaysegments()?)?),
    ])
}
