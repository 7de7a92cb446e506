//! A file: lines are added to its end, and to a new one's after a rotation.

use super::service::{SOON, Service, lines};
use countersign::server::audit::{AuditLog, Destination, Form};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn service(path: &Path) -> Service {
    Service::new(|registry| {
        AuditLog::open(&Destination::File(path.to_owned()), Form::Json, false, registry).unwrap()
    })
}

async fn granted(service: &Service) {
    assert_eq!(service.post(service.form()).await.0, 200);
    assert!(service.audit.flush(SOON).await);
}

#[tokio::test]
async fn every_line_is_there_once_whatever_becomes_of_the_file() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (path, old) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
    let service = service(&path);
    let read = |path: &Path| lines(&fs::read_to_string(path).unwrap()).len();
    granted(&service).await;
    granted(&service).await;
    assert_eq!(read(&path), 2);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

    fs::rename(&path, &old).unwrap();
    granted(&service).await;
    assert_eq!((read(&path), read(&old)), (1, 2), "moved away");

    fs::rename(&path, &old).unwrap();
    fs::write(&path, "").unwrap();
    granted(&service).await;
    assert_eq!(
        (read(&path), read(&old)),
        (1, 1),
        "moved away, and another in its place"
    );

    fs::write(&path, "").unwrap();
    granted(&service).await;
    assert_eq!(read(&path), 1, "cut to nothing");

    fs::remove_file(&path).unwrap();
    granted(&service).await;
    assert_eq!(read(&path), 1, "deleted");
    assert!(service.failures() < 1.0);
}

#[tokio::test]
async fn a_server_that_starts_again_goes_on_in_the_same_file() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("audit.log");
    for _ in 0..2 {
        granted(&service(&path)).await;
    }
    let lines = lines(&fs::read_to_string(&path).unwrap());
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0]["event_id"], lines[1]["event_id"]);
}

#[test]
fn a_path_that_cannot_be_written_is_named_at_the_start() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("missing/audit.log");
    let registry = prometheus::Registry::new();
    let error = AuditLog::open(&Destination::File(path.clone()), Form::Json, false, &registry).unwrap_err();
    let expected = format!("cannot write the audit log to {}", path.display());
    assert_eq!(error.to_string(), expected);
}
