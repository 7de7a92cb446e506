//! `docs/standards.md` is true: each rule has its row, and each row tests that exist and name the rule, or a
//! reason why there is none.

mod rules;
mod sources;
mod table;

use crate::support::announce;
use sources::Sources;
use std::collections::BTreeSet;
use table::{Evidence, Row};

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "docs/standards.md:\n{}", problems.join("\n"));
}

#[test]
fn every_rule_has_a_row_with_tests_or_with_a_reason() {
    let (rows, mut problems) = table::read();
    let mut missing: BTreeSet<String> = rules::all().into_iter().collect();
    for row in &rows {
        if !missing.remove(&row.id) {
            problems.push(format!("{}: there is no such rule, or it has two rows", row.id));
        }
    }
    problems.extend(missing.iter().map(|id| format!("{id}: there is no row")));
    assert_none(&problems);

    let (rules, decisions): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.id.starts_with("S-"));
    for (what, rows) in [("rules", rules), ("decisions", decisions)] {
        let reasons = rows.iter().filter(|row| matches!(row.evidence, Evidence::Reason));
        let reasons = reasons.count();
        announce(format_args!(
            "{} {what}: {} with tests, {reasons} with a reason",
            rows.len(),
            rows.len() - reasons
        ));
    }
}

#[test]
fn every_listed_test_exists_and_names_its_rule() {
    let (rows, mut problems) = table::read();
    let sources = Sources::read();
    let mut tests = BTreeSet::new();
    for row in &rows {
        let Evidence::Tests(listed) = &row.evidence else {
            continue;
        };
        for test in listed {
            tests.insert(test.as_str());
            match sources.named_by(test) {
                Err(problem) => problems.push(format!("{}: {problem}", row.id)),
                Ok(named) if !named.contains(&row.id) => {
                    problems.push(format!("{}: {test} does not name it", row.id));
                }
                Ok(_) => {}
            }
        }
    }
    assert_none(&problems);
    announce(format_args!("{} tests stand for them", tests.len()));
}

#[test]
fn every_rule_that_the_code_names_has_a_row() {
    let (rows, _) = table::read();
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let named = Sources::read().named();
    assert!(!named.is_empty(), "no rule is named anywhere");
    let problems: Vec<String> = named
        .iter()
        .filter(|(_, id)| !known.contains(id.as_str()))
        .map(|(file, id)| format!("{id}: named in {file}, but there is no row"))
        .collect();
    assert_none(&problems);
}
