//! A copy of the chart with a test's own alerts and dashboards.

use super::helm::chart;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// An alert.
pub(crate) const DOWN: &str = "
- alert: CountersignDown
  expr: absent(countersign_ready == 1)
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: 'No server is ready ({{ $value }})'
";
/// A recording rule, and an alert.
pub(crate) const SLOW: &str = "
- record: countersign:requests
  expr: sum(rate(countersign_token_requests_total[5m]))
- alert: CountersignSlow
  expr: countersign:requests > 1
";

/// A copy of the chart, which begins without alerts and dashboards.
pub(crate) struct Copy(TempDir);

// === impl Copy ===

impl Copy {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new("cp")
            .arg("-r")
            .arg(chart())
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(status.success());
        let copy = Self(folder);
        for place in ["files/alerts", "files/dashboards"] {
            fs::remove_dir_all(copy.chart().join(place)).unwrap_or_default();
            fs::create_dir_all(copy.chart().join(place)).unwrap();
        }
        copy
    }

    /// The folder of the copy.
    pub(crate) fn chart(&self) -> PathBuf {
        self.0.path().join("countersign")
    }

    /// With a file more in `files/`.
    pub(crate) fn with(self, file: &str, text: &str) -> Self {
        fs::write(self.chart().join("files").join(file), text).unwrap();
        self
    }
}
