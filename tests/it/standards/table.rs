//! The tables of `docs/standards.md`.

use crate::house::root;
use std::fs;

/// What stands for a rule.
pub(super) enum Evidence {
    /// Tests, as `cargo test` prints their names; those of this binary after `it::`.
    Tests(Vec<String>),
    /// A reason why there is none.
    Reason,
}

/// The row of one rule or decision.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) evidence: Evidence,
}

/// The rows, and what is wrong with those that are none.
pub(super) fn read() -> (Vec<Row>, Vec<String>) {
    let text = fs::read_to_string(root().join("docs/standards.md")).unwrap();
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let line = line.trim();
        if !(line.starts_with("| S-") || line.starts_with("| D-")) {
            continue;
        }
        match row(line) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(format!("{problem}: {line}")),
        }
    }
    (rows, problems)
}

fn row(line: &str) -> Result<Row, String> {
    let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    let line = line.ok_or("a row starts and ends with a bar")?;
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let (id, says, evidence) = match cells[..] {
        [id, says, evidence] if id.starts_with("S-") => (id, says, evidence),
        [id, says, place, evidence] if id.starts_with("D-") => {
            exists(place)?;
            (id, says, evidence)
        }
        _ => return Err("a rule has three cells, a decision four".to_owned()),
    };
    if says.split(' ').count() < 3 {
        return Err("the row does not say what the rule is".to_owned());
    }
    Ok(Row {
        id: id.to_owned(),
        evidence: read_evidence(evidence)?,
    })
}

fn read_evidence(cell: &str) -> Result<Evidence, String> {
    if let Some(reason) = cell.strip_prefix("None: ") {
        let sentence = reason.ends_with('.') && reason.split(' ').count() > 2;
        return sentence
            .then_some(Evidence::Reason)
            .ok_or_else(|| "the reason is no sentence".to_owned());
    }
    let tests: Result<Vec<String>, String> = cell.split(", ").map(quoted).collect();
    let tests = tests.map_err(|_| "the last cell has neither tests nor a reason")?;
    if tests.iter().all(|test| test.contains("::")) {
        Ok(Evidence::Tests(tests))
    } else {
        Err("a test is named with its modules".to_owned())
    }
}

/// The places in the code that a decision names are there.
fn exists(cell: &str) -> Result<(), String> {
    for place in cell.split(", ") {
        let place = quoted(place)?;
        if !root().join(&place).exists() {
            return Err(format!("there is no {place}"));
        }
    }
    Ok(())
}

fn quoted(text: &str) -> Result<String, String> {
    let inner = text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'))
        .filter(|inner| !inner.is_empty() && !inner.contains('`'));
    inner
        .map(str::to_owned)
        .ok_or_else(|| format!("not a name in backticks: {text}"))
}
