//! What real processes show, and that nobody who sends requests can make a time series.

use super::families;
use super::scene::Scene;
use crate::support::workloads::{client_object, jwks, key};
use crate::support::{ControlPlane, announce, eventually};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// The lines of a scrape but for their values.
fn series(scrape: &str) -> BTreeSet<String> {
    let lines = scrape.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            line.rsplit_once(' ')
                .map_or(line, |(series, _)| series)
                .to_owned()
        })
        .collect()
}

/// The `# HELP` and `# TYPE` lines.
fn described(scrape: &str) -> BTreeSet<String> {
    let lines = scrape.lines().filter(|line| line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn processes_show_what_is_documented() {
    let scene = Scene::start(ControlPlane::shared(), "shown").await;
    let server = (scene.scrape_server().await, families::server());
    let controller = (scene.scrape_controller().await, families::controller());
    for (scrape, registry) in [server, controller] {
        let known = families::of(&registry);
        let expected: BTreeSet<String> = known
            .iter()
            .flat_map(|(name, family)| {
                let (kind, help) = (&family.kind, &family.help);
                [format!("# HELP {name} {help}"), format!("# TYPE {name} {kind}")]
            })
            .collect();
        assert_eq!(described(&scrape), expected);
    }
    let text = scene.scrape_server().await;
    for line in [
        "countersign_ready{component=\"server\"} 1",
        "countersign_client_index_clients 1",
        "countersign_tokens_issued_total{alg=\"ES256\"} 1",
        "countersign_token_requests_total{error=\"\",grant_type=\"client_credentials\",outcome=\"granted\"} 1",
        "countersign_token_request_duration_seconds_count{grant_type=\"client_credentials\",recorded=\"true\"} 1",
        "countersign_signing_keys{alg=\"ES256\",state=\"active\"} 1",
        "countersign_replay_keys_limit 1000000",
    ] {
        assert!(
            text.lines().any(|shown| shown == line),
            "{line} is not in\n{text}"
        );
    }
    for part in [
        "countersign_signing_key_info{alg=\"ES256\",kid=\"",
        "countersign_upstream_request_duration_seconds_count{code=\"2xx\",upstream=\"kubernetes\"} ",
    ] {
        let shown = text.lines().find(|line| line.starts_with(part));
        let count = shown
            .and_then(|line| line.rsplit_once(' '))
            .map(|(_, count)| count);
        assert!(count.is_some_and(|count| count != "0"), "{part} in\n{text}");
    }
    let beat = "countersign_controller_heartbeat_timestamp_seconds 1";
    eventually(PATIENCE, "a heartbeat", async || {
        let text = scene.scrape_server().await;
        text.lines()
            .any(|line| line.starts_with(beat))
            .then_some(())
            .ok_or(text)
    })
    .await;
}

/// Whatever is asked, and whatever clients say of themselves.
#[tokio::test]
async fn no_series_comes_from_requests_or_clients() {
    let plane = ControlPlane::shared();
    let scene = Scene::start(plane, "series").await;
    let before = (
        series(&scene.scrape_server().await),
        series(&scene.scrape_controller().await),
    );
    let namespace = scene.release.namespace();
    let other = key();
    for number in 0..8 {
        let keys = match number % 4 {
            0 => json!({ "jwksURI": format!("https://127.0.0.1:1025/{number}") }),
            1 => json!({ "jwksURI": format!("https://no-such-host-{number}.invalid/jwks") }),
            2 => json!({ "configMapRef": { "name": "missing", "key": "jwks.json" } }),
            _ => json!({ "jwks": jwks(&[&other]) }),
        };
        let identities = json!([{ "keys": keys }]);
        plane
            .apply(&client_object(namespace, &format!("c{number}"), identities))
            .await;
    }
    for number in 0..200 {
        send(&scene, number).await;
    }
    eventually(PATIENCE, "all clients known to both", async || {
        let (server, controller) = (scene.scrape_server().await, scene.scrape_controller().await);
        let counts = controller.contains("countersign_oauthclients{ready=\"Unknown\"} 0")
            && controller.contains("countersign_oauthclients{ready=\"True\"} 3")
            && server.contains("countersign_client_index_clients 9");
        counts.then_some(()).ok_or(server + &controller)
    })
    .await;
    let after = (
        series(&scene.scrape_server().await),
        series(&scene.scrape_controller().await),
    );
    assert_eq!(after.0, before.0);
    assert_eq!(after.1, before.1);
    announce(format_args!(
        "{} series of a server and {} of a controller, before and after",
        after.0.len(),
        after.1.len()
    ));
}

/// Sends a request that is unlike those of other numbers.
async fn send(scene: &Scene, number: usize) {
    let (http, url) = (&scene.server.http, &scene.server.url);
    let name = format!("x{number}");
    let assertion = match number % 5 {
        0 => scene.assertion(),
        1 => scene.assertion() + "x",
        2 => "e30.e30.e30".to_owned(),
        3 => name.repeat(10_000),
        _ => name.clone(),
    };
    let grant = match number % 3 {
        0 => "client_credentials",
        1 => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        _ => &name,
    };
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let slot = if number.is_multiple_of(2) {
        "client_assertion"
    } else {
        "assertion"
    };
    let form = [
        ("grant_type", grant),
        (
            "client_assertion_type",
            if number.is_multiple_of(7) { &name } else { kind },
        ),
        (slot, &assertion),
        ("scope", if number.is_multiple_of(11) { &name } else { "" }),
        ("resource", if number.is_multiple_of(13) { &name } else { "" }),
        (
            if number.is_multiple_of(17) {
                "client_secret"
            } else {
                "x"
            },
            &name,
        ),
        ("client_id", if number.is_multiple_of(4) { &name } else { "" }),
    ];
    let mut request = match number % 19 {
        0 => http.request(
            Method::from_bytes(name.to_uppercase().as_bytes()).unwrap(),
            format!("{url}/token"),
        ),
        1 => http.get(format!("{url}/{name}")),
        2 => http.get(format!("{url}/jwks")).header("if-none-match", "*"),
        3 => http.post(format!("{url}/token")).header("content-type", &name),
        _ => http.post(format!("{url}/token?{name}={name}")).form(&form),
    };
    request = request.header("x-request-id", &name).header("user-agent", &name);
    if number.is_multiple_of(6) {
        request = request.header("authorization", format!("{name} {name}"));
    }
    let answer = request.send().await.unwrap();
    assert!(answer.status().as_u16() < 500, "{answer:?}");
}
