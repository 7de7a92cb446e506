//! Every value changes something: no value is there in vain.

use super::copy::{Copy, DOWN, SLOW};
use super::documented::{at, rows};
use super::helm::{ci_files, template_of};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// The values without the one at `path`.
fn without(values: &Value, path: &str) -> Value {
    let mut values = values.clone();
    let (around, key) = path.rsplit_once('.').unwrap_or(("", path));
    let around = if around.is_empty() {
        Some(&mut values)
    } else {
        values.pointer_mut(&format!("/{}", around.replace('.', "/")))
    };
    around.unwrap().as_object_mut().unwrap().remove(key).unwrap();
    values
}

fn rendered(chart: &Path, values: &Value) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), values.to_string()).unwrap();
    template_of(chart, &["--values", file.path().to_str().unwrap()])
}

/// Renders with the values of each file in `ci/`, and again without each of them: the two must differ.
#[test]
fn every_value_changes_what_is_rendered() {
    let copy = Copy::new()
        .with("alerts/CountersignDown.yaml", DOWN)
        .with("alerts/CountersignSlow.yaml", SLOW)
        .with("dashboards/tokens.json", "{}");
    let chart = copy.chart();
    let paths: Vec<String> = rows().into_iter().map(|row| row.path).collect();
    let mut work = Vec::new();
    for file in ci_files() {
        let values: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let whole = rendered(&chart, &values).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for path in paths.iter().filter(|path| at(&values, path).is_some()) {
            work.push((file.clone(), path.clone(), values.clone(), whole.clone()));
        }
    }
    let seen: BTreeSet<&String> = work.iter().map(|(_, path, ..)| path).collect();
    let unseen: Vec<&String> = paths.iter().filter(|path| !seen.contains(path)).collect();
    assert_eq!(unseen, [&""; 0], "values that no file of ci/ sets");

    let without_effect = Mutex::new(Vec::new());
    let (shown, chart) = (&without_effect, &chart);
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for share in work.chunks(work.len().div_ceil(workers)) {
            scope.spawn(move || {
                for (file, path, values, whole) in share {
                    if rendered(chart, &without(values, path)).is_ok_and(|changed| changed == *whole) {
                        shown
                            .lock()
                            .unwrap()
                            .push(format!("{path} in {}", file.display()));
                    }
                }
            });
        }
    });
    assert_eq!(without_effect.into_inner().unwrap(), [""; 0]);
}
