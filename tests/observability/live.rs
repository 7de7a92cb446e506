//! Both dashboards from a real Prometheus that has watched an installation under load: pictures to look at.

use crate::files::{alerts, path};
use crate::scene::Scene;
use crate::support::ports::free_port;
use crate::support::release::{LEDGER, Server};
use crate::support::workloads::{client_object, key};
use crate::support::{ControlPlane, Process, announce};
use countersign::jose::SigningKey;
use futures::future::join_all;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Seconds between scrapes.
const SCRAPE: u32 = 5;
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Writes the settings of a Prometheus that scrapes `targets`, each a job and an address.
fn settings(folder: &Path, namespace: &str, targets: &[(&str, String)]) {
    let jobs: Vec<Value> = targets
        .iter()
        .map(|(job, target)| {
            json!({
                "job_name": format!("{job}-{target}"),
                "static_configs": [{ "targets": [target], "labels": { "job": job, "namespace": namespace } }],
            })
        })
        .collect();
    let rules: Vec<Value> = alerts().into_iter().flat_map(|file| file.rules).collect();
    let rules = json!({ "groups": [{ "name": "countersign", "rules": rules }] });
    let prometheus = json!({
        "global": { "scrape_interval": format!("{SCRAPE}s"), "evaluation_interval": "5s" },
        "rule_files": ["rules.json"],
        "scrape_configs": jobs,
    });
    // Whoever reads YAML reads JSON.
    fs::write(folder.join("rules.json"), rules.to_string()).unwrap();
    fs::write(folder.join("prometheus.yml"), prometheus.to_string()).unwrap();
}

fn prometheus(folder: &Path, address: &str) -> Process {
    let config = format!("--config.file={}", folder.join("prometheus.yml").display());
    let storage = format!("--storage.tsdb.path={}", folder.join("data").display());
    let listen = format!("--web.listen-address={address}");
    Process::program(Path::new("prometheus"), [config, storage, listen]).start()
}

/// Sends one kind of request over and over, at an even pace that swells and falls.
async fn repeat(until: Instant, pause: Duration, send: impl AsyncFn(u32)) {
    let mut number = 0;
    while Instant::now() < until {
        send(number).await;
        number += 1;
        let swell = 1 + number / 40 % 4;
        tokio::time::sleep(pause / swell).await;
    }
}

async fn load(scene: &Scene, server: &Server, service_account_token: &str, until: Instant) {
    let stranger = key();
    let clients = join_all((0..4).map(|_| {
        repeat(until, Duration::from_millis(60), async |_| {
            drop(server.client_credentials(&scene.assertion()).await);
        })
    }));
    let workloads = repeat(until, Duration::from_millis(30), async |number| {
        let scope = if number.is_multiple_of(20) {
            "admin"
        } else {
            "read"
        };
        let form = [
            ("grant_type", JWT_BEARER),
            ("assertion", service_account_token),
            ("resource", LEDGER),
            ("scope", scope),
        ];
        drop(server.token(&form).await);
    });
    let strangers = repeat(until, Duration::from_millis(400), async |number| {
        let forged = scene.assertion_of(if number.is_multiple_of(3) {
            &stranger
        } else {
            &scene.key
        });
        drop(server.client_credentials(&forged).await);
        drop(server.client_credentials(&forged).await);
    });
    let readers = repeat(until, Duration::from_millis(200), async |number| {
        let mut request = server.http.get(format!("{}/jwks", server.url));
        if !number.is_multiple_of(4) {
            request = request.header("if-none-match", "*");
        }
        request.send().await.unwrap();
    });
    tokio::join!(clients, workloads, strangers, readers);
}

/// Clients, of which some are not ready; they come and go.
async fn churn(plane: &ControlPlane, namespace: &str, until: Instant) {
    repeat(until, Duration::from_secs(4), async |number| {
        let keys = match number % 3 {
            0 => json!({ "jwksURI": format!("https://127.0.0.1:1025/{number}") }),
            1 => json!({ "configMapRef": { "name": "missing", "key": "jwks.json" } }),
            _ => json!({ "jwks": { "keys": [SigningKey::public_jwk(&key())] } }),
        };
        let name = format!("c{}", number % 12);
        plane
            .apply(&client_object(namespace, &name, json!([{ "keys": keys }])))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes and draws pictures: `tests/observability/look` calls it"]
async fn dashboards_show_an_installation_under_load() {
    let minutes = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok());
    let lasting = Duration::from_mins(minutes.unwrap_or(4));
    let plane = ControlPlane::shared();
    let scene = Scene::start(plane, "look").await;
    let namespace = scene.release.namespace();
    let pod = plane.create_pod(namespace, "billing-0", "billing").await;
    let hour = Duration::from_hours(1);
    let issuer = scene.server.issuer.as_str();
    let token = plane
        .token_request(namespace, "billing", &[issuer], hour, Some(&pod))
        .await;
    let seat = scene.release.seat().of(issuer);
    let other = scene
        .release
        .start_server_at(&seat, &scene.release.server_kubeconfig(plane).await, &[]);
    other.ready(Duration::from_mins(1)).await;
    let follower = format!("127.0.0.1:{}", free_port());
    let _follower = scene.release.controller_at(plane, &follower).await;

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bare = |url: &str| url.strip_prefix("http://").unwrap().to_owned();
    let targets = [
        ("countersign-server", bare(&scene.server.health)),
        ("countersign-server", bare(&other.health)),
        ("countersign-controller", scene.controller.clone()),
        ("countersign-controller", follower),
    ];
    settings(folder.path(), &scene.release.installation.namespace, &targets);
    let address = format!("127.0.0.1:{}", free_port());
    let _prometheus = prometheus(folder.path(), &address);
    let until = Instant::now() + lasting;
    tokio::join!(
        load(&scene, &scene.server, &token, until),
        load(&scene, &other, &token, until),
        churn(plane, namespace, until),
    );

    let url = format!("http://{address}");
    let firing = reqwest::get(format!("{url}/api/v1/alerts")).await.unwrap();
    announce(format_args!("alerts: {}", firing.text().await.unwrap()));
    for board in ["servers", "controller"] {
        let picture = path("target/observability").join(format!("{board}.png"));
        fs::create_dir_all(picture.parent().unwrap()).unwrap();
        let status = Command::new(path("tests/observability/panels/run"))
            .arg(path(&format!("charts/countersign/files/dashboards/{board}.json")))
            .arg(&url)
            .arg(&picture)
            .args([
                "--range",
                &lasting.as_secs().to_string(),
                "--scrape",
                &SCRAPE.to_string(),
            ])
            .status()
            .unwrap();
        assert!(status.success(), "{board}");
    }
}
