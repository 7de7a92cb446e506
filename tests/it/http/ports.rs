//! The second port: health and metrics, and no way to a token.

use countersign::lifecycle::Tasks;
use countersign::metrics::process::{self, Component};
use countersign::readiness::Readiness;
use countersign::server::serve::serve_health;
use http::Method;
use prometheus::Registry;
use tokio::net::TcpListener;

#[tokio::test]
async fn f13_the_second_port_tells_of_health_and_gives_no_token() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (tasks, readiness, registry) = (Tasks::new(), Readiness::new(), Registry::new());
    process::register(&registry, Component::Server, &readiness).unwrap();
    let waiting = readiness.block("the signing keys");
    serve_health(&tasks, socket, readiness, registry);
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(
        get("/readyz").await,
        (503, "waiting for: the signing keys\n".to_owned())
    );
    drop(waiting);
    assert_eq!(get("/readyz").await, (200, "ok\n".to_owned()));
    let (status, metrics) = get("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("# TYPE process_"), "{metrics}");

    let http = reqwest::Client::new();
    for path in [
        "/token",
        "/jwks",
        "/.well-known/oauth-authorization-server",
        "/",
        "/metrics/x",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = http.request(method, format!("{url}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
        }
    }
    tasks.shutdown().cancel();
}
