//! The chart's definitions are those of `crds/`.

use super::helm::{objects, rendered, without_helm};
use crate::house::root;
use serde_json::Value;

fn definitions(objects: &[Value]) -> Vec<&Value> {
    objects
        .iter()
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .collect()
}

#[test]
fn they_are_those_of_the_folder() {
    let rendered = rendered(&[]);
    let ours = definitions(&rendered);
    assert_eq!(ours.len(), 2);
    for definition in ours {
        let plural = definition["spec"]["names"]["plural"].as_str().unwrap();
        let file = root().join(format!("crds/{plural}.yaml"));
        let expected = objects(&std::fs::read_to_string(file).unwrap());
        let mut definition = without_helm(definition.clone());
        definition["metadata"].as_object_mut().unwrap().remove("labels");
        assert_eq!(definition, expected[0]);
    }
}

#[test]
fn they_stay_when_the_release_goes_unless_that_is_refused() {
    let policy = |set: &str| -> Vec<Value> {
        definitions(&rendered(&["--set", set]))
            .iter()
            .map(|definition| definition["metadata"]["annotations"]["helm.sh/resource-policy"].clone())
            .collect()
    };
    assert_eq!(policy("crds.keep=true"), ["keep", "keep"]);
    assert_eq!(policy("crds.keep=false"), [Value::Null, Value::Null]);
    assert!(definitions(&rendered(&["--set", "crds.enabled=false"])).is_empty());
}

#[test]
fn they_take_annotations_beside_that() {
    for definition in definitions(&rendered(&["--set", "crds.annotations.a=b"])) {
        let annotations = &definition["metadata"]["annotations"];
        assert_eq!(annotations["a"], "b");
        assert_eq!(annotations["helm.sh/resource-policy"], "keep");
    }
}
