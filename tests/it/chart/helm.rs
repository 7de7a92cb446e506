//! Helm as its users have it: values in, objects or a refusal out.

use crate::house::root;
use crate::support::tools::tool;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release and the namespace of every rendering that says nothing else.
pub(crate) const RELEASE: &str = "countersign";
pub(crate) const NAMESPACE: &str = "countersign-system";

/// Labels and annotations that come from Helm, not from us.
const OF_HELM: [&str; 3] = [
    "helm.sh/chart",
    "helm.sh/resource-policy",
    "app.kubernetes.io/managed-by",
];

/// The folder of the chart.
pub(crate) fn chart() -> PathBuf {
    root().join("charts/countersign")
}

/// The value files that the chart is tested with: those for users, and those in `ci/`.
pub(crate) fn value_files() -> Vec<PathBuf> {
    let mut files = vec![
        chart().join("values-minimal.yaml"),
        chart().join("values-production.yaml"),
    ];
    files.extend(ci_files());
    files
}

/// The value files in `ci/`.
pub(crate) fn ci_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(chart().join("ci"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Runs helm with an empty environment.
///
/// # Errors
/// What it wrote to its standard error, if it failed.
pub(crate) fn helm<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(tool("helm"))
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// What `helm template` prints with these arguments more.
///
/// # Errors
/// Why helm renders nothing.
pub(crate) fn template(args: &[&str]) -> Result<String, String> {
    template_of(&chart(), args)
}

/// The same of another copy of the chart.
pub(crate) fn template_of(chart: &Path, args: &[&str]) -> Result<String, String> {
    let chart = chart.to_str().unwrap();
    let fixed = ["template", RELEASE, chart, "--namespace", NAMESPACE];
    helm(fixed.iter().chain(args))
}

/// What `helm template` prints with the values of `file`.
pub(crate) fn template_with(file: &Path) -> String {
    let file = file.to_str().unwrap();
    template(&["--values", file]).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The objects of a rendering.
pub(crate) fn objects(yaml: &str) -> Vec<Value> {
    let documents: Vec<Option<Value>> =
        serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("not YAML: {error}"));
    documents.into_iter().flatten().collect()
}

/// The objects that `helm template` prints with these arguments more.
pub(crate) fn rendered(args: &[&str]) -> Vec<Value> {
    objects(&template(args).unwrap_or_else(|error| panic!("{args:?}: {error}")))
}

/// The one object of this kind and name.
#[track_caller]
pub(crate) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found: Vec<&Value> = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .collect();
    assert_eq!(found.len(), 1, "{kind} {name} among {:?}", ids(objects));
    found[0]
}

/// Every object as `kind namespace/name`.
pub(crate) fn ids(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(id).collect()
}

/// An object as `kind namespace/name`.
pub(crate) fn id(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let metadata = &object["metadata"];
    format!(
        "{} {}/{}",
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"])
    )
}

/// The arguments of the container of a Deployment.
pub(crate) fn args(deployment: &Value) -> Vec<&str> {
    let args = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    args.as_array()
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect()
}

/// The object without what Helm adds to it.
pub(crate) fn without_helm(mut object: Value) -> Value {
    for metadata in ["/metadata", "/spec/template/metadata"] {
        for part in ["labels", "annotations"] {
            let Some(metadata) = object.pointer_mut(metadata).and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(members) = metadata.get_mut(part).and_then(Value::as_object_mut) else {
                continue;
            };
            members.retain(|name, _| !OF_HELM.contains(&name.as_str()));
            if members.is_empty() {
                metadata.remove(part);
            }
        }
    }
    object
}
