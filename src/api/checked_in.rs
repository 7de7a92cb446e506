//! Generated files that are checked in must be what the code generates.

use std::path::Path;

/// Compares `text` with the file at `path` of the repository; writes it there instead if
/// `COUNTERSIGN_REGENERATE` is set.
#[track_caller]
pub(super) fn assert_same(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "{path} is not what the code generates; run `COUNTERSIGN_REGENERATE=1 cargo test --lib api::`"
    );
}
