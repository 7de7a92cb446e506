//! Stand-ins for what only the chart knows, and what they become in a template.

use crate::api::installation::{Account, Installation};
use crate::api::rights::OwnerNames;

const NAME: &str = "INSTALLATION-NAME";
const NAMESPACE: &str = "INSTALLATION-NAMESPACE";
const WATCHED: &str = "INSTALLATION-WATCHED";
const ROLE: &str = "OWNER-ROLE";
const DEPLOYMENT: &str = "OWNER-DEPLOYMENT";

/// An installation of stand-ins, which watches the whole cluster or parts of it.
pub(super) fn installation(cluster_wide: bool) -> Installation {
    Installation {
        name: NAME.to_owned(),
        namespace: NAMESPACE.to_owned(),
        watch_namespaces: (!cluster_wide).then(|| WATCHED.to_owned()).into_iter().collect(),
    }
}

/// The names of the owners, as stand-ins.
pub(super) fn owners() -> OwnerNames {
    OwnerNames {
        role: ROLE.to_owned(),
        deployment: DEPLOYMENT.to_owned(),
    }
}

/// `text` with templates in the place of the stand-ins, and of names that the chart may choose.
pub(super) fn templated(text: &str) -> String {
    let mut text = text.to_owned();
    for account in Account::ALL {
        let stand_in = installation(true).service_account(account);
        text = text.replace(&stand_in, &included(&format!("{}Account", account.role())));
    }
    let shared =
        "{{ include \"countersign.sharedName\" (dict \"root\" . \"name\" \"countersign-controller\") }}";
    text = text.replace(ROLE, shared);
    text = text.replace(DEPLOYMENT, &format!("{}-controller", included("fullname")));
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.strip_suffix(&format!("- {WATCHED}")) {
            Some(indent) => lines.push(format!(
                "{indent}{{{{- range .Values.watchNamespaces }}}}\n{indent}- {{{{ . | quote }}}}\n{indent}{{{{- end }}}}"
            )),
            // A namespace may look like a number.
            None if line.trim_start() == format!("- {NAMESPACE}") => {
                lines.push(line.replace(NAMESPACE, "{{ include \"countersign.namespace\" . | quote }}"));
            }
            None => lines.push(
                line.replace(NAMESPACE, &included("namespace"))
                    .replace("countersign-tls", &included("tlsSecretName")),
            ),
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn included(helper: &str) -> String {
    format!("{{{{ include \"countersign.{helper}\" . }}}}")
}
