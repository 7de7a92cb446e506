//! Every row has a test, and `docs/failures.md` says which.

use super::rows::{ROWS, Row};
use crate::support::announce;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const INTRODUCTION: &str = "# Failures of others, as tests

Products like this one have failed in public. Each row below is such a failure, put into inputs that are tried here
each time the tests run: what must be refused is a row of a table with the exact error that is expected. The names of
the tests begin with the row. Identifiers of advisories stand here only where a primary source was read; the letters
are signatures and headers (A), claims (B), replay (C), keys (D), and HTTP, resources and secrets (F).

This file is generated from `tests/it/catalogue/rows.rs` and the names of the tests; the test
`every_row_of_the_catalogue_has_a_test` compares it, and writes it when `COUNTERSIGN_REGENERATE` is set.

| row | what failed elsewhere | what happens here | tests |
|---|---|---|---|
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The row that a name belongs to: `a1` of `a1_none`.
fn row_of(name: &str) -> Option<&str> {
    let (row, _) = name.split_once('_')?;
    let (letter, digits) = row.split_at_checked(1)?;
    let is_row = matches!(letter, "a" | "b" | "c" | "d" | "e" | "f") && digits.parse::<u8>().is_ok();
    is_row.then_some(row)
}

/// The names of the test functions in a source file.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().map(str::trim_start).filter_map(move |line| {
        is_test |= ["#[test]", "#[rstest]"].contains(&line) || line.starts_with("#[tokio::test");
        let function = line
            .strip_prefix("async fn ")
            .or_else(|| line.strip_prefix("fn "))?;
        let was_test = std::mem::take(&mut is_test);
        function.split('(').next().filter(|_| was_test)
    })
}

/// The tests of each row that has some, in alphabetical order.
fn tests_by_row() -> BTreeMap<String, Vec<String>> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests/it"), &mut files);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for name in tests_in(&text) {
            if let Some(row) = row_of(name) {
                found.entry(row.to_uppercase()).or_default().push(name.to_owned());
            }
        }
    }
    for tests in found.values_mut() {
        tests.sort();
    }
    found
}

fn line(row: &Row, tests: &[String]) -> String {
    let tests: Vec<_> = tests.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "| {} | {} | {} | {} |\n",
        row.id,
        row.failure,
        row.ours,
        tests.join(" ")
    )
}

/// The rows are failures of other products, each with an input that broke them; no row may be without a test, no
/// test may have the name of a row that is not there, and no two tests may have one name.
#[test]
fn every_row_of_the_catalogue_has_a_test() {
    let tests = tests_by_row();
    let mut document = INTRODUCTION.to_owned();
    for row in &ROWS {
        let tests = tests.get(row.id).map(Vec::as_slice).unwrap_or_default();
        assert!(!tests.is_empty(), "no test for {}: {}", row.id, row.failure);
        let twice = tests.windows(2).find(|pair| pair[0] == pair[1]);
        assert!(twice.is_none(), "two tests of one name: {twice:?}");
        document.push_str(&line(row, tests));
    }
    for (row, names) in &tests {
        assert!(
            ROWS.iter().any(|known| known.id == row),
            "{names:?} are of no row"
        );
    }
    let count: usize = tests.values().map(Vec::len).sum();
    announce(format_args!("the catalogue: {} rows, {count} tests", ROWS.len()));

    let path = root().join("docs/failures.md");
    if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
        fs::write(&path, &document).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == document,
        "docs/failures.md is not what its test makes of it: set COUNTERSIGN_REGENERATE"
    );
}

#[test]
fn a_function_is_a_test_of_a_row_by_its_name_and_attribute() {
    let text = "/// X.\n#[test]\nfn a1_x() {}\nfn a2_helper() {}\n#[rstest]\n#[case(1)]\nfn b64_x(#[case] n: u8) {}\n    #[tokio::test]\n    async fn f13_y() {}\n";
    assert_eq!(tests_in(text).collect::<Vec<_>>(), ["a1_x", "b64_x", "f13_y"]);
    let rows = ["a1_none", "f13_y", "a_word", "x1_y", "a1", "abc_d", "a1x_y"].map(row_of);
    assert_eq!(rows, [Some("a1"), Some("f13"), None, None, None, None, None]);
}
