//! What real processes show, before the linter of Prometheus.

use crate::promtool;
use crate::scene::Scene;
use crate::support::ControlPlane;
use std::path::Path;

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_a_scrape() {
    let scene = Scene::start(ControlPlane::shared(), "lint").await;
    for scrape in [scene.scrape_server().await, scene.scrape_controller().await] {
        assert!(scrape.contains("countersign_ready"), "{scrape}");
        promtool::run(Path::new("."), &["check", "metrics"], &scrape);
    }
}
