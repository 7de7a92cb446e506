//! The templates as texts: no surprise in them, and nothing that is not there.

use super::documented::{at, defaults};
use super::helm::chart;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Functions whose results differ from one rendering to the next, or from one cluster to the next.
const FORBIDDEN: [&str; 14] = [
    "lookup",
    "now",
    "date",
    "ago",
    "env",
    "expandenv",
    "uuidv4",
    "derivePassword",
    "genPrivateKey",
    "genCA",
    "genSelfSignedCert",
    "genSignedCert",
    "getHostByName",
    "shuffle",
];

/// Every template, with its path.
fn templates() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![chart().join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 25);
    found
}

/// What stands between the braces of a template.
fn actions(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{")
        .skip(1)
        .map(|rest| rest.split_once("}}").unwrap().0)
}

/// The words of an action that are not in quotes.
fn words(action: &str) -> Vec<String> {
    let bare: String = action.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    bare.split(|c: char| !(c.is_alphanumeric() || "._$".contains(c)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_rendering_depends_on_the_values_alone() {
    for (path, text) in templates() {
        for action in actions(&text).filter(|action| !action.trim_start_matches(['-', ' ']).starts_with("/*"))
        {
            for word in words(action) {
                let forbidden = FORBIDDEN.contains(&word.as_str()) || word.starts_with("rand");
                assert!(!forbidden, "{}: {word} in {action}", path.display());
            }
        }
    }
}

#[test]
fn no_template_speaks_of_a_value_that_does_not_exist() {
    let defaults = defaults();
    let mut seen = BTreeSet::new();
    for (path, text) in templates() {
        for action in actions(&text) {
            for word in words(action) {
                if let Some((_, value)) = word.split_once(".Values.") {
                    let value = value.trim_end_matches('.');
                    assert!(
                        at(&defaults, value).is_some(),
                        "{}: {value} in {action}",
                        path.display()
                    );
                    seen.insert(value.to_owned());
                }
            }
        }
    }
    assert!(seen.len() > 50, "{seen:?}");
}

#[test]
fn every_named_template_is_defined_once_and_used() {
    let templates = templates();
    let all: String = templates.iter().map(|(_, text)| text.as_str()).collect();
    let mut defined = BTreeSet::new();
    for name in all
        .split("define \"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
    {
        assert!(defined.insert(name), "{name} is defined twice");
    }
    let used: BTreeSet<&str> = all
        .split("include \"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    // The rules of a component and the policies are included by names that are put together.
    let put_together =
        |name: &&&str| name.starts_with("countersign.rules.") || name.starts_with("countersign.policy.");
    let unused: Vec<&&str> = defined
        .difference(&used)
        .filter(|name| !put_together(name))
        .collect();
    assert_eq!(unused, [&""; 0]);
    let undefined: Vec<&&str> = used.difference(&defined).collect();
    assert_eq!(undefined, [&""; 0]);
}
