//! The chart's README: a head, and a table of the values for each section.

use super::documented::{Row, rows};
use super::helm::chart;
use std::fmt::Write as _;
use std::fs;

const HEAD: &str = include_str!("readme/head.md");

fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut section = String::new();
    for row in rows() {
        if row.section != section {
            writeln!(
                text,
                "\n## {}\n\n| value | | default |\n|---|---|---|",
                row.section
            )
            .unwrap();
        }
        text.push_str(&line(&row));
        section = row.section;
    }
    text
}

fn line(row: &Row) -> String {
    let escaped = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | `{}` |\n",
        row.path,
        escaped(&row.description),
        escaped(&row.default.to_string())
    )
}

#[test]
fn it_is_what_values_yaml_says() {
    let file = chart().join("README.md");
    if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
        fs::write(&file, text()).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == text(),
        "the chart's README is not what values.yaml says; run \
         `COUNTERSIGN_REGENERATE=1 cargo test --test it chart::readme`"
    );
}

#[test]
fn its_links_lead_somewhere() {
    for link in HEAD
        .split("](")
        .skip(1)
        .map(|rest| rest.split_once(')').unwrap().0)
    {
        assert!(chart().join(link).exists(), "{link}");
    }
}
