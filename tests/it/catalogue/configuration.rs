//! A process that is not told what it needs does not start (F13, B3).

use crate::support::command::countersign;
use crate::support::ports::free_port;

/// Each command with everything that it needs.
fn complete(folder: &str) -> [(&'static str, Vec<(&'static str, String)>); 2] {
    let server = vec![
        ("--issuer", "https://tokens.example".to_owned()),
        ("--resource", "https://ledger.internal".to_owned()),
        ("--tls-cert", format!("{folder}/tls.crt")),
        ("--tls-key", format!("{folder}/tls.key")),
    ];
    [("server", server), ("dev", vec![("--dir", folder.to_owned())])]
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.path().join("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(folder.path().join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    folder
}

async fn start(command: &str, args: &[(&str, String)]) -> crate::support::command::Ran {
    let listen = [("--listen", format!("127.0.0.1:{}", free_port()))];
    let words = args
        .iter()
        .chain(&listen)
        .flat_map(|(name, value)| [(*name).to_owned(), value.clone()]);
    countersign(std::iter::once(command.to_owned()).chain(words)).await
}

/// F13: one thing after the other left out, and nothing is assumed in its place.
#[tokio::test]
async fn f13_nothing_that_is_needed_has_a_default() {
    let folder = folder();
    for (command, args) in complete(folder.path().to_str().unwrap()) {
        for left_out in 0..args.len() {
            let mut fewer = args.clone();
            let (name, _) = fewer.remove(left_out);
            let ran = start(command, &fewer).await;
            assert!(ran.usage().contains(name), "{command} without {name}: {ran:?}");
        }
    }
}

/// F13: what is there and no good ends the process with a sentence, before it listens.
#[tokio::test]
async fn f13_what_is_no_good_ends_the_process() {
    let folder = folder();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    let (empty, missing) = (format!("{path}/empty"), format!("{path}/missing"));
    let rows: [(&str, &str, &str); 8] = [
        ("--tls-cert", &missing, "cannot serve TLS"),
        ("--tls-cert", &empty, "cannot serve TLS"),
        ("--tls-key", &missing, "cannot serve TLS"),
        ("--tls-key", &empty, "cannot serve TLS"),
        ("--kubeconfig", &missing, ""),
        ("--kubeconfig", &empty, ""),
        ("--listen", "nowhere", "--listen"),
        ("--resource", "no-uri", "--resource"),
    ];
    let [(command, good), _] = complete(path);
    for (name, value, told) in rows {
        let mut args = good.clone();
        args.retain(|(known, _)| *known != name);
        args.push((name, value.to_owned()));
        let words = args
            .iter()
            .flat_map(|(name, value)| [(*name).to_owned(), value.clone()]);
        let ran = countersign(std::iter::once(command.to_owned()).chain(words)).await;
        assert!(ran.code == 1 || ran.code == 2, "{name} {value}: {ran:?}");
        assert!(
            ran.stderr.contains("error: ") && ran.stderr.contains(told),
            "{name} {value}: {ran:?}"
        );
    }
}

/// B3: an issuer that would leave the audience open is no issuer.
/// S-7523bis-03
#[tokio::test]
async fn b3_a_server_without_an_issuer_does_not_start() {
    let folder = folder();
    let [(command, good), _] = complete(folder.path().to_str().unwrap());
    for issuer in [
        "",
        " ",
        "*",
        "https://",
        "https://*/?",
        "tokens.example",
        "http://tokens.example",
        "http://127.0.0.1",
        "https://tokens.example?",
        "https://tokens.example#",
        "https://user@tokens.example",
        "https://tokens.example,https://other.example?",
        "urn:example:issuer",
        "null",
    ] {
        let mut args = good.clone();
        args[0].1 = issuer.to_owned();
        let ran = start(command, &args).await;
        assert!(ran.failure().contains("the issuer must"), "{issuer:?}: {ran:?}");
    }
}
