//! The manifests of an installation that lack one verb of one rule.

use countersign::api::installation::{Account, Installation};
use countersign::api::rights::{RIGHTS, Reach, Right, What, manifests};
use serde_json::{Value, json};
use std::fmt;

/// One verb of one right; of one name, where the right is about names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub(super) right: &'static Right,
    /// Which rule of its role the right is.
    position: usize,
    pub(super) word: &'static str,
    pub(super) name: Option<&'static str>,
}

/// Every verb that any right gives.
pub(super) fn verbs() -> Vec<Verb> {
    let mut verbs = Vec::new();
    // The installations of these tests watch a namespace each: they have no right in the whole cluster.
    let everywhere =
        |right: &Right| right.reach == Reach::Cluster && !matches!(right.what, What::Discovery { .. });
    for (index, right) in RIGHTS.iter().enumerate().filter(|(_, right)| !everywhere(right)) {
        let before = RIGHTS[..index].iter();
        let position = before
            .filter(|other| (other.who, other.reach.role()) == (right.who, right.reach.role()))
            .count();
        let names: Vec<Option<&'static str>> = match right.what {
            What::Objects { names: [], .. } | What::Owner { .. } | What::Discovery { .. } => vec![None],
            What::Objects { names, .. } => names.iter().copied().map(Some).collect(),
        };
        for name in names {
            verbs.extend(right.verbs.iter().map(|&word| Verb {
                right,
                position,
                word,
                name,
            }));
        }
    }
    verbs
}

/// The manifests without `verb`, as YAML.
pub(super) fn without(verb: &Verb, installation: &Installation) -> String {
    let whole = manifests(installation);
    let mut objects = whole.clone();
    match verb.right.what {
        What::Objects { .. } | What::Owner { .. } => objects.iter_mut().for_each(|object| {
            if is_role(object, verb.right, installation) {
                take(&mut object["rules"], verb);
            }
        }),
        What::Discovery { role } => objects.retain(|object| {
            object["roleRef"]["name"] != role
                || object["subjects"][0]["name"] != installation.service_account(verb.right.who)
        }),
    }
    assert_ne!(whole, objects, "{verb}: nothing was taken away");
    yaml(&objects)
}

/// Objects as a stream: JSON is YAML.
pub(super) fn yaml(objects: &[Value]) -> String {
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    documents.join("\n---\n")
}

fn is_role(object: &Value, right: &Right, installation: &Installation) -> bool {
    let account = installation.service_account(right.who);
    let (kind, name) = match right.reach {
        Reach::Release | Reach::ReleaseApart => ("Role", account),
        Reach::Watched | Reach::WatchedApart => ("ClusterRole", installation.shared_name(right.who.role())),
        Reach::OptIn => ("ClusterRole", installation.key_reader_role()),
        Reach::Cluster => ("ClusterRole", installation.cluster_role(right.who)),
    };
    object["kind"] == kind && object["metadata"]["name"] == name.as_str()
}

fn take(rules: &mut Value, verb: &Verb) {
    let rules = rules.as_array_mut().unwrap();
    let whole = rules.remove(verb.position);
    assert_eq!(whole["verbs"], json!(verb.right.verbs), "{verb}: another rule");
    let left: Vec<_> = verb
        .right
        .verbs
        .iter()
        .filter(|other| **other != verb.word)
        .collect();
    let mut reduced = whole.clone();
    reduced["verbs"] = json!(left);
    if let Some(name) = verb.name {
        reduced["resourceNames"] = json!([name]);
        let mut others = whole;
        let names = others["resourceNames"].as_array_mut().unwrap();
        names.retain(|other| other != name);
        // A rule without names would be about all of them.
        if !names.is_empty() {
            rules.push(others);
        }
    }
    if !left.is_empty() {
        rules.push(reduced);
    }
}

// === impl Verb ===

impl Verb {
    /// As the table of expectations names it.
    pub(super) fn key(&self) -> (Account, &'static str, Option<&'static str>, &'static str) {
        let resource = match self.right.what {
            What::Objects { resource, .. } | What::Owner { resource, .. } => resource,
            What::Discovery { role } => role,
        };
        (self.right.who, resource, self.name, self.word)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, resource, name, verb) = self.key();
        write!(f, "{}: {verb} {resource}", account.role())?;
        match name {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}
