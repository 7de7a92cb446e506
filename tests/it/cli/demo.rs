//! `countersign demo`: the first thing that anybody sees.

use crate::support::Process;
use crate::support::command::countersign_with;
use std::time::{Duration, Instant};

/// How long a newcomer waits for the first token.
const FIRST_TOKEN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn the_demonstration_holds_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let ran = countersign_with(["demo"], &[("TMPDIR", folder.path().as_os_str())]).await;
    let told = ran.data();
    for line in [
        "An authorization server: listens at http://127.0.0.1:",
        "kind: OAuthClient",
        "✓ it is registered",
        "✓ 200: a bearer token for 600 s, scope \"read write\"",
        "✓ 400: invalid_client: ",
        "✓ 400: invalid_grant: ",
        "✓ sub \"payments/billing-worker\", aud \"https://ledger.internal\", scope \"read write\", pod \"billing-worker-7d9f\"",
        "All held.",
    ] {
        assert!(told.contains(line), "{line:?} is missing from:\n{told}");
    }
    assert_eq!(told.matches('✓').count(), 9, "{told}");
    assert!(!told.contains('✗'), "{told}");
    assert_eq!(ran.stderr, "");
    assert!(
        !told.contains("eyJ") && !told.contains("PRIVATE"),
        "a secret in:\n{told}"
    );
    let left: Vec<_> = folder.path().read_dir().unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_first_token_comes_within_seconds() {
    let began = Instant::now();
    let mut demo = Process::countersign(["demo"]).start();
    demo.wait_for_line("200: a bearer token", FIRST_TOKEN).await;
    assert!(began.elapsed() < FIRST_TOKEN, "{:?}", began.elapsed());
    assert!(demo.wait(FIRST_TOKEN).await.success());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let nowhere = std::path::Path::new("/nowhere-at-all");
    let ran = countersign_with(["demo"], &[("TMPDIR", nowhere.as_os_str())]).await;
    assert!(
        ran.failure()
            .contains("cannot make /nowhere-at-all/countersign-demo-"),
        "{ran:?}"
    );
}
