//! How it starts and ends.

use crate::support::command::countersign;
use crate::support::dev::{Dev, SOON};
use crate::support::ports::free_port;

/// S-6749-01, D-23
#[tokio::test]
async fn what_it_cannot_serve_is_refused_at_the_start() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (dir, missing) = (folder.path().to_str().unwrap(), folder.path().join("missing"));
    let missing = missing.to_str().unwrap();
    let cluster = [
        "--service-account-issuer",
        "https://c.example",
        "--service-account-jwks",
    ];
    let no_key = folder.path().join("no-key.json");
    std::fs::write(&no_key, r#"{"keys":[]}"#).unwrap();
    let rows: [(Vec<&str>, String); 6] = [
        (
            vec![
                "--dir",
                dir,
                "--listen",
                "127.0.0.1:0",
                "--audit-log",
                "off",
                "--audit-required",
            ],
            "--audit-required needs an audit log: --audit-log is off".to_owned(),
        ),
        (
            vec!["--dir", dir, "--listen", "0.0.0.0:0"],
            "dev serves without TLS: --listen must be a loopback address".to_owned(),
        ),
        (
            vec!["--dir", dir, "--listen", "[::]:0"],
            "dev serves without TLS: --listen must be a loopback address".to_owned(),
        ),
        (
            vec!["--dir", missing],
            format!("cannot read the folder {missing}: No such file or directory (os error 2)"),
        ),
        (
            [
                &["--dir", dir, "--listen", "127.0.0.1:0"],
                &cluster[..],
                &[missing],
            ]
            .concat(),
            format!("cannot read {missing}: No such file or directory (os error 2)"),
        ),
        (
            [
                &["--dir", dir, "--listen", "127.0.0.1:0"],
                &cluster[..],
                &[no_key.to_str().unwrap()],
            ]
            .concat(),
            "the service-account key set has no usable key".to_owned(),
        ),
    ];
    for (args, expected) in rows {
        let ran = countersign(["dev"].iter().chain(&args)).await;
        assert_eq!(ran.failure(), format!("error: {expected}\n"), "{args:?}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let port = free_port();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let address = format!("127.0.0.1:{port}");
    let ran = countersign([
        "dev",
        "--dir",
        folder.path().to_str().unwrap(),
        "--listen",
        &address,
    ])
    .await;
    let expected = format!("error: cannot listen on {address}: Address already in use (os error 98)\n");
    assert_eq!(ran.failure(), expected);
}

#[tokio::test]
async fn it_says_where_it_is_and_ends_well() {
    let mut dev = Dev::start(&[]).await;
    let line = dev.process.wait_for_line("token endpoint", SOON).await;
    assert_eq!(line, format!("token endpoint   {}/token", dev.issuer));
    assert!(dev.issuer.starts_with("http://127.0.0.1:"), "{}", dev.issuer);
    dev.process.terminate();
    assert_eq!(dev.process.wait(SOON).await.code(), Some(0));
    assert!(
        !dev.process.stdout().contains("issuer  "),
        "narration among the logs"
    );
}
