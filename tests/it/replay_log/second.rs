//! A second log for one issuer: two installations that know nothing of each other must not both honour an assertion.

use crate::support::accounts::service_account;
use crate::support::release::{Release, Server};
use crate::support::{ControlPlane, Options, eventually};
use countersign::api::installation::Account;
use std::time::Duration;

const ISSUER: &str = "https://tokens.example";
const SOON: Duration = Duration::from_secs(20);
const REASON: &str = "replay_log_second";

async fn server(plane: &ControlPlane, release: &Release) -> Server {
    let home = &release.installation.namespace;
    let kubeconfig = plane.kubeconfig_as(home, &service_account(Account::Server)).await;
    release.start_server_at(&release.seat().of(ISSUER), &kubeconfig, &[])
}

/// Waits until a server has answered for this reason; every answer before is that it cannot decide either.
async fn answers_for(server: &Server, reason: &str) {
    eventually(SOON, reason, async || {
        let sent = server.http.post(format!("{}/token", server.url));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", "a.b.c"),
        ];
        let answer = sent.form(&form).send().await.map_err(|error| error.to_string())?;
        let told = server.process.stdout();
        if told.contains(reason) {
            Ok(())
        } else {
            Err(format!("{}: {told}", answer.status()))
        }
    })
    .await;
}

#[tokio::test]
async fn an_installation_of_the_whole_cluster_finds_an_older_log_wherever_it_is() {
    let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
    let first = Release::install(plane, "first").await;
    let older = server(plane, &first).await;
    answers_for(&older, "assertion_").await;

    let second = Release::install_everywhere(plane).await;
    let younger = server(plane, &second).await;
    answers_for(&younger, REASON).await;
    assert!(!older.process.stdout().contains(REASON), "the older one goes on");
}
