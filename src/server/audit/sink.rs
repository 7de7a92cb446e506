//! What lines are written to.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Who may read a file that is made here: its owner and group.
const MODE: u32 = 0o640;

/// What lines are written to.
pub(super) enum Sink {
    /// Standard output. No line of the logs comes between the lines of a batch.
    Stdout,
    /// A file.
    File(Kept),
    /// Anything else.
    Other(Box<dyn Write + Send>),
}

/// A file that is opened again when its path leads elsewhere, as after a rotation.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    file: File,
    /// Its device and inode.
    identity: (u64, u64),
}

// === impl Sink ===

impl Sink {
    /// The file at `path`, made if there is none.
    pub(super) fn file(path: PathBuf) -> io::Result<Self> {
        let (file, identity) = open(&path)?;
        Ok(Self::File(Kept { path, file, identity }))
    }

    /// Makes sure that what is written next gets where it belongs; whether that is another place than before.
    pub(super) fn renew(&mut self) -> io::Result<bool> {
        let Self::File(kept) = self else {
            return Ok(false);
        };
        match std::fs::metadata(&kept.path) {
            Ok(found) if identity(&found) == kept.identity => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        (kept.file, kept.identity) = open(&kept.path)?;
        Ok(true)
    }

    /// Writes until everything is written or something fails: how many bytes were, and what failed.
    pub(super) fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        match self {
            Self::Stdout => write(&mut io::stdout().lock(), bytes),
            Self::File(kept) => write(&mut kept.file, bytes),
            Self::Other(writer) => write(writer, bytes),
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("Stdout"),
            Self::File(kept) => kept.fmt(f),
            Self::Other(_) => f.debug_struct("Other").finish_non_exhaustive(),
        }
    }
}

fn write(writer: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0_usize;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match writer.write(rest) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(more) => written = written.saturating_add(more),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, writer.flush())
}

fn open(path: &Path) -> io::Result<(File, (u64, u64))> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(MODE)
        .open(path)?;
    let identity = identity(&file.metadata()?);
    Ok((file, identity))
}

fn identity(found: &std::fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}
