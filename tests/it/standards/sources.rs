//! The tests in the sources, and the rules that they name.

use super::rules;
use crate::house::{below, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The sources, by their paths in the repository.
pub(super) struct Sources(BTreeMap<String, String>);

// === impl Sources ===

impl Sources {
    pub(super) fn read() -> Self {
        let files = ["src", "tests", "benches"].into_iter().flat_map(below);
        let read = files.map(|file| {
            let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            (path, fs::read_to_string(&file).unwrap())
        });
        Self(read.collect())
    }

    /// The rules that the attributes, the comments and the rows of cases before a test function name.
    pub(super) fn named_by(&self, test: &str) -> Result<BTreeSet<String>, String> {
        let (module, name) = test.rsplit_once("::").unwrap_or(("", test));
        let found = self.files(module).find_map(|text| before(text, name));
        let before = found.ok_or_else(|| format!("there is no test {test}"))?;
        Ok(rules::named(&before))
    }

    /// The files that may hold a module: of its own name, or the one around it.
    fn files(&self, module: &str) -> impl Iterator<Item = &str> {
        let (folder, module) = match module.strip_prefix("it::") {
            Some(module) => ("tests/it", module),
            None => ("src", module),
        };
        let path = module.replace("::", "/");
        let around = path.strip_suffix("/tests").unwrap_or(&path).to_owned();
        [path, around]
            .into_iter()
            .flat_map(move |path| [format!("{folder}/{path}.rs"), format!("{folder}/{path}/mod.rs")])
            .filter_map(|path| self.0.get(&path).map(String::as_str))
    }

    /// Every rule that is named anywhere but in this check, with the file that does.
    pub(super) fn named(&self) -> BTreeSet<(String, String)> {
        let others = self
            .0
            .iter()
            .filter(|(path, _)| !path.starts_with("tests/it/standards"));
        others
            .flat_map(|(path, text)| rules::named(text).into_iter().map(move |id| (path.clone(), id)))
            .collect()
    }
}

/// The lines before the test function `name`, up to the blank line or the end of what stands before it.
fn before(text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let place = lines.iter().position(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = line.strip_prefix("fn ").and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('('))
    })?;
    let indent = lines[place].len() - lines[place].trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    let first = lines[..place]
        .iter()
        .rposition(|line| line.trim().is_empty() || *line == end)
        .map_or(0, |last| last + 1);
    let found = lines[first..place].join("\n");
    let mut attributes = ["#[test]", "#[rstest]", "#[tokio::test"].into_iter();
    let runs = attributes.any(|attribute| found.contains(attribute)) && !found.contains("#[ignore");
    runs.then_some(found)
}

#[test]
fn what_stands_before_a_test_is_read_and_no_more() {
    let text = "    /// S-7523-01\n    #[test]\n    fn a() {\n    }\n    /// S-7523-02\n    #[rstest]\n    // S-7523-03\n    #[case::x(1)]\n    fn b(#[case] x: u8) {}\n\n    fn c() {}\n";
    let named = |name| before(text, name).map(|text| rules::named(&text).into_iter().collect::<Vec<_>>());
    assert_eq!(named("a").unwrap(), ["S-7523-01"]);
    assert_eq!(named("b").unwrap(), ["S-7523-02", "S-7523-03"]);
    assert_eq!(named("c"), None, "no test");
    assert_eq!(named("d"), None);
}
