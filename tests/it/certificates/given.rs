//! Certificates that somebody else makes: the controller publishes whom to trust, and makes none.

use super::world::{CA, SOON, TLS, bundle, published, secrets, trusting};
use crate::support::release::Release;
use crate::support::{ControlPlane, eventually};
use kube::api::{Patch, PatchParams};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

/// An authority of somebody else.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

async fn is_published(plane: &ControlPlane, namespace: &str, expected: &str, what: &str) {
    eventually(SOON, what, async || {
        let found = bundle(plane, namespace).await;
        (found.as_deref() == Some(expected))
            .then_some(())
            .ok_or(format!("{found:?}"))
    })
    .await;
}

/// Certificates alone, as they are published: whatever writes them, lines end alike.
fn written(authorities: &[&CertifiedIssuer<'static, KeyPair>]) -> String {
    authorities
        .iter()
        .map(|one| one.pem().replace("\r\n", "\n"))
        .collect()
}

#[tokio::test]
async fn the_bundle_beside_a_given_certificate_is_published_and_followed() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "tls-given").await;
    let home = release.installation.namespace.clone();
    let (first, second) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let leaf = params.signed_by(&key, &first).unwrap();
    let given = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": home, "name": TLS},
        "stringData": {"tls.crt": leaf.pem(), "tls.key": key.serialize_pem(), "ca.crt": first.pem()},
    });
    plane.apply(&given).await;
    let server = release.start_server_of_secret(plane).await;
    let controller = release
        .controller_with(plane, &["--serving-certificate", "given"])
        .await;
    let trusted = published(plane, release.namespace()).await;
    assert_eq!(trusted, written(&[&first]));
    eventually(SOON, "TLS that verifies", async || {
        let answer = trusting(&trusted)
            .get(format!("{}/jwks", server.url))
            .send()
            .await;
        answer.map(drop).map_err(|error| format!("{error:?}"))
    })
    .await;

    let change = async |text: String| {
        let patch = Patch::Merge(json!({"stringData": {"ca.crt": text}}));
        secrets(plane, &home)
            .patch(TLS, &PatchParams::default(), &patch)
            .await
            .unwrap();
    };
    change(format!("{}{}", first.pem(), second.pem())).await;
    is_published(
        plane,
        release.namespace(),
        &written(&[&first, &second]),
        "both authorities",
    )
    .await;
    change("nothing".to_owned()).await;
    eventually(SOON, "the bad bundle to be seen", async || {
        controller
            .stdout()
            .contains("the last good one stays")
            .then_some(())
    })
    .await;
    is_published(
        plane,
        &home,
        &written(&[&first, &second]),
        "both authorities, still",
    )
    .await;
    // A private key beside the certificates is nobody's business.
    change(format!("{}{}", second.key().serialize_pem(), second.pem())).await;
    is_published(
        plane,
        release.namespace(),
        &written(&[&second]),
        "the other authority alone",
    )
    .await;
    assert!(
        secrets(plane, &home).get_opt(CA).await.unwrap().is_none(),
        "no authority is made"
    );
    let log = controller.stdout();
    assert!(key.serialize_pem().lines().all(|line| !log.contains(line)));
}

#[tokio::test]
async fn a_bundle_in_a_file_is_published_and_read_again() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "tls-file").await;
    let (first, second) = (authority(), authority());
    let file = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(file.path(), first.pem()).unwrap();
    let flags = [
        "--serving-certificate",
        "given",
        "--ca-bundle",
        file.path().to_str().unwrap(),
    ];
    let _controller = release.controller_with(plane, &flags).await;
    is_published(
        plane,
        release.namespace(),
        &written(&[&first]),
        "the bundle of the file",
    )
    .await;
    std::fs::write(file.path(), second.pem()).unwrap();
    is_published(
        plane,
        release.namespace(),
        &written(&[&second]),
        "the changed bundle",
    )
    .await;
}
