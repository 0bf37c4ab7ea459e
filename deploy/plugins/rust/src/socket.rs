//! The socket: at a place that nobody serves any more, for its owner and its group.
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::{fs, io};

use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::UnixListener;

/// Makes its folder. Fails where another process serves it, and leaves what is no socket alone.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    let failed = |error: io::Error| io::Error::other(format!("cannot listen on {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::other(format!(
            "cannot listen on {}: another process does",
            path.display()
        )));
    }
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    // Never of another mode, not even for a moment.
    let before = umask(Mode::from_raw_mode(0o117));
    let listener = UnixListener::bind(path);
    umask(before);
    listener.map_err(failed)
}
