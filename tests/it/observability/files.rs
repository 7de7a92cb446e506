//! The files of alerts and dashboards.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of alerts: the rules of one alert, and the recording rules that they need.
pub(crate) struct AlertFile {
    /// The name of the alert.
    pub(crate) name: String,
    /// The rules, in order.
    pub(crate) rules: Vec<Value>,
}

/// A dashboard.
pub(crate) struct Dashboard {
    /// The name of its file.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) json: Value,
}

/// A path of the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The names of the files with this extension in a folder of the repository, without it, in order.
pub(crate) fn stems(folder: &str, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut stems: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    stems.sort();
    stems
}

/// Every file of alerts.
pub(crate) fn alerts() -> Vec<AlertFile> {
    let folder = "charts/countersign/files/alerts";
    let read = |name: String| {
        let text = fs::read_to_string(path(folder).join(format!("{name}.yaml"))).unwrap();
        let rules = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        AlertFile { name, rules }
    };
    stems(folder, "yaml").into_iter().map(read).collect()
}

/// Every dashboard.
pub(crate) fn dashboards() -> Vec<Dashboard> {
    let folder = "charts/countersign/files/dashboards";
    let read = |name: String| {
        let text = fs::read_to_string(path(folder).join(format!("{name}.json"))).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Dashboard { name, json }
    };
    stems(folder, "json").into_iter().map(read).collect()
}

// === impl Dashboard ===

impl Dashboard {
    /// The panels, but for rows.
    pub(crate) fn panels(&self) -> impl Iterator<Item = &Value> {
        let panels = self.json["panels"].as_array().unwrap().iter();
        panels.filter(|panel| panel["type"] != "row")
    }

    /// The expressions of its panels, with the variables replaced by values that Grafana may give them.
    pub(crate) fn expressions(&self) -> Vec<String> {
        let targets = self
            .panels()
            .flat_map(|panel| panel["targets"].as_array().unwrap());
        targets
            .map(|target| {
                let expression = target["expr"].as_str().unwrap();
                expression
                    .replace("$__rate_interval", "1m")
                    .replace("$__range", "1h")
                    .replace("$namespace", ".*")
                    .replace("$job", ".*")
            })
            .collect()
    }
}
