//! kubeconform, strictly, with the schemas of the real API server: no network, and kinds of our own included.

mod schemas;

use super::admitted::is_foreign;
use super::docs::shown;
use super::helm::{objects, rendered, template_with, value_files};
use crate::house::root;
use crate::support::ControlPlane;
use crate::support::tools::tool;
use schemas::Schemas;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tokio::sync::OnceCell;

/// The schemas of the control plane that the tests share.
async fn shared() -> &'static Schemas {
    static SCHEMAS: OnceCell<Schemas> = OnceCell::const_new();
    SCHEMAS
        .get_or_init(async || {
            let plane = ControlPlane::shared();
            plane.install_kinds().await;
            Schemas::of(plane).await
        })
        .await
}

/// Judges each object. Kinds without a schema are a failure.
fn conforms(schemas: &Schemas, objects: &[Value]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, object) in objects.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.json")), object.to_string()).unwrap();
    }
    let output = Command::new(tool("kubeconform"))
        .args(["-strict", "-verbose", "-schema-location", &schemas.location()])
        .arg(folder.path())
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let valid = said.lines().filter(|line| line.ends_with(" is valid")).count();
    if output.status.success() && valid == objects.len() {
        Ok(())
    } else {
        Err(said)
    }
}

fn of_this_cluster(mut objects: Vec<Value>) -> Vec<Value> {
    objects.retain(|object| !is_foreign(object));
    objects
}

/// Everything that the chart and the folders of plain YAML have conforms to the schemas of this control plane.
pub(crate) fn everything_conforms(schemas: &Schemas) {
    conforms(schemas, &of_this_cluster(rendered(&[]))).unwrap();
    for file in value_files() {
        let objects = of_this_cluster(objects(&template_with(&file)));
        conforms(schemas, &objects).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    for file in [
        "deploy/rbac.yaml",
        "deploy/policies.yaml",
        "examples/first-token/payments.yaml",
    ] {
        conforms(schemas, &of_file(&root().join(file))).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    conforms(schemas, &shown()).unwrap_or_else(|error| panic!("a page: {error}"));
}

fn of_file(path: &Path) -> Vec<Value> {
    objects(&std::fs::read_to_string(path).unwrap())
}

#[tokio::test]
async fn every_object_conforms() {
    everything_conforms(shared().await);
}

#[tokio::test]
async fn what_does_not_conform_is_found() {
    let schemas = shared().await;
    let rows = [
        (
            r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"portz":[]}}"#,
            "'portz' not allowed",
        ),
        (
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":1}}"#,
            "want string",
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":"2"}}"#,
            "want integer",
        ),
        (
            r#"{"apiVersion":"countersign.dev/v1alpha1","kind":"OAuthClient","metadata":{"name":"a"},"spec":{"grant":{}}}"#,
            "'grant' not allowed",
        ),
        (
            r#"{"apiVersion":"example.com/v1","kind":"Shelf","metadata":{"name":"a"}}"#,
            "could not find schema",
        ),
    ];
    for (object, expected) in rows {
        let error = conforms(schemas, &[serde_json::from_str(object).unwrap()]).expect_err(object);
        assert!(error.contains(expected), "{object}: {error}");
    }
}
