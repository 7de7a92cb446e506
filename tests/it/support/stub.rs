//! A server that is not ours, and answers everything in one way.

use axum::Router;
use axum::response::IntoResponse;
use countersign::lifecycle::Tasks;
use countersign::server::limits::Limits;
use countersign::server::listener::Listener;
use std::time::Duration;
use tokio::net::TcpListener;

/// It listens until the value is dropped.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) url: String,
    tasks: Tasks,
}

// === impl Stub ===

impl Stub {
    /// Answers with the text that `answer` makes of the stub's own URL and the request's path.
    pub(crate) async fn start(
        answer: impl Fn(&str, &str) -> (u16, String) + Clone + Send + Sync + 'static,
    ) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let own = url.clone();
        let router = Router::new().fallback(move |uri: http::Uri| {
            let (status, text) = answer(&own, uri.path());
            async move { (http::StatusCode::from_u16(status).unwrap(), text).into_response() }
        });
        let tasks = Tasks::new();
        let listener = Listener {
            socket,
            tls: None,
            limits: Limits::default(),
            grace: Duration::ZERO,
            draining: tasks.draining(),
        };
        let shutdown = tasks.shutdown();
        tasks.spawn("stub", async move { listener.serve(router, shutdown).await });
        Self { url, tasks }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.tasks.shutdown().cancel();
    }
}
