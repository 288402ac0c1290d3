//! Files with secrets must not be open to everybody on the machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Permissions that nobody but the owner may have, except that the group may read: the usual way to share
/// a key with a service (`root:ssl-cert`, mode 0640).
const LOOSE: u32 = 0o027;

/// Complains when others may read or change the file. A file that is not there is somebody else's complaint.
pub(super) fn check(path: &Path, why: &str) -> Result<(), String> {
    let Ok(metadata) = fs::metadata(path) else {
        return Ok(());
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & LOOSE == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!("{path} {why} and has mode {mode:04o}, which lets others at it: chmod 600 {path}"))
}
