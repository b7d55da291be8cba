//! The tree that managers are judged with: a Debian, made from the mirror this system itself uses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is in it beside the essential packages.
const PACKAGES: &str =
    "systemd,systemd-sysv,dbus,libpam-systemd,login,passwd,util-linux,iproute2,procps,tzdata,udev";
const RELEASE: &str = "trixie";
/// Where it is kept where nobody says otherwise.
pub const CACHE: &str = "/var/cache/redd/check-image";

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The apt sources name none.
    #[error("no mirror of Debian among the apt sources of this system")]
    NoMirror,
    /// The program is not there, or failed.
    #[error("mmdebstrap: {0}")]
    Mmdebstrap(String),
    /// The tree could not be put in its place.
    #[error("{path}: {cause}", path = .path.display())]
    Place {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Makes the tree, where it is not there yet.
///
/// # Errors
/// It cannot be made.
pub fn make(path: &Path) -> Result<(), ImageError> {
    if path.join("usr").is_dir() {
        return Ok(());
    }
    let failed = |cause| ImageError::Place { path: path.to_owned(), cause };
    let temporary = path.with_extension("new");
    if temporary.exists() {
        fs::remove_dir_all(&temporary).map_err(failed)?;
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase", &format!("--include={PACKAGES}"), RELEASE]);
    command.arg(&temporary).arg(mirror().ok_or(ImageError::NoMirror)?);
    let output = command.output().map_err(|error| ImageError::Mmdebstrap(error.to_string()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = complaint.trim().lines().last().unwrap_or_default();
        return Err(ImageError::Mmdebstrap(format!("{}: {line}", output.status)));
    }
    fs::write(temporary.join("etc/machine-id"), "").map_err(failed)?;
    for name in ["etc/hostname", "etc/resolv.conf"] {
        // Not every release has them.
        drop(fs::remove_file(temporary.join(name)));
    }
    fs::rename(temporary, path).map_err(failed)
}

/// The mirror this system itself uses.
#[must_use]
pub fn mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    texts.filter_map(|text| mirror_in(&text)).next()
}

/// The first address whose path is that of Debian's archive, in either format of apt's sources.
fn mirror_in(sources: &str) -> Option<String> {
    let lines = sources.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(str::split_whitespace);
    let mut addresses = words.filter(|word| word.starts_with("http"));
    addresses.find(|address| address.trim_end_matches('/').ends_with("/debian")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    #[test]
    fn the_mirror_is_found_in_both_formats() {
        let expected = Some("http://mirror.example/debian".to_owned());
        assert_eq!(mirror_in("# old\ndeb http://mirror.example/debian stable main\n"), expected);
        assert_eq!(mirror_in("Types: deb\nURIs: http://mirror.example/debian\nSuites: stable\n"), expected);
        assert_eq!(mirror_in("deb http://mirror.example/debian-security stable main\n"), None);
    }
}
