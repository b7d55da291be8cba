//! What a copy of this host has instead of the host's own: nobody's secrets, nobody's data, and services that do not start a
//! second time.

mod places;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use redd_spec::name::Hostname;
use redd_spec::path::PathInRoot;
use redd_spec::root::{Substitute, SubstituteKind};
use redd_spec::uuid::Uuid;

use places::{DATA, HOMES, INIT, MASKED, OPEN, PRIVATE, RUNLEVELS, SYSTEM, SYSTEMD, UNITS, WANTED};

/// The most files that are looked at below a directory. Whatever has more is no configuration.
const FILES_MAX: usize = 200_000;
/// What is mounted where this process is.
const MOUNTS: &str = "/proc/self/mountinfo";
/// How deep it is looked below `/var/lib`: what somebody may not enter is left out as a whole.
const LIBRARY_DEPTH: usize = 2;
/// The largest file of users.
const USERS_MAX: u64 = 4 << 20;

/// Whether something of the host's is in the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

/// What is wanted of a copy.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Whether people's homes are there.
    pub homes: Kept,
    /// Whether the host's services start.
    pub services: Kept,
    /// What the copy is called.
    pub hostname: Hostname,
    /// What it is known by.
    pub machine_id: Uuid,
}

/// What is known of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostCopy {
    /// What it has instead of the host's own.
    pub substitutes: Vec<Substitute>,
    /// Directories of the system that are file systems of their own, and not in a copy of the root.
    pub separate: Vec<PathBuf>,
}

/// What the copy has instead. What is left out errs on the side of too much: everything in `/etc` and `/var/lib` that not everybody
/// may read, too.
///
/// # Errors
/// Something cannot be looked at; then nobody knows what is in it.
pub fn host_copy(choice: &Choice) -> io::Result<HostCopy> {
    let mut copy = Copy::default();
    let homes = if choice.homes == Kept::No { &HOMES[..] } else { &[] };
    for path in PRIVATE.iter().chain(&DATA).chain(homes) {
        copy.hide(Path::new(path))?;
    }
    copy.hide_what_is_private(Path::new("/etc"), usize::MAX, &mut FILES_MAX.clone())?;
    copy.hide_what_is_private(Path::new("/var/lib"), LIBRARY_DEPTH, &mut FILES_MAX.clone())?;
    if choice.services == Kept::No {
        copy.hold_services_back()?;
    }
    copy.describe(choice)?;
    let mounts = fs::read_to_string(MOUNTS).map_err(|error| about(Path::new(MOUNTS), &error))?;
    Ok(HostCopy { substitutes: copy.into_list()?, separate: separate(&mounts) })
}

/// Which parts of a system are mounted, see proc(5) for `mountinfo`.
fn separate(mounts: &str) -> Vec<PathBuf> {
    let is_mounted = |path: &&str| mounts.lines().any(|line| line.split(' ').nth(4) == Some(*path));
    SYSTEM.into_iter().filter(is_mounted).map(PathBuf::from).collect()
}

/// What is known so far, by path.
#[derive(Debug, Default)]
struct Copy(BTreeMap<PathBuf, SubstituteKind>);

impl Copy {
    /// Leaves out what is at a path, and where that leads to.
    fn hide(&mut self, path: &Path) -> io::Result<()> {
        match path.canonicalize() {
            Ok(real) if real == Path::new("/") => {
                Err(io::Error::other(format!("{} is the root directory itself", path.display())))
            }
            Ok(real) => {
                let is_directory = fs::metadata(&real)?.is_dir();
                let what =
                    if is_directory { SubstituteKind::EmptyDirectory } else { SubstituteKind::Nothing };
                self.0.insert(real, what);
                Ok(())
            }
            Err(error) if is_absence(&error) => Ok(()),
            Err(error) => Err(about(path, &error)),
        }
    }

    /// Leaves out what not everybody may read; directories are left out as a whole.
    fn hide_what_is_private(&mut self, directory: &Path, depth: usize, left: &mut usize) -> io::Result<()> {
        let entries = match fs::read_dir(directory) {
            Err(error) if is_absence(&error) => return Ok(()),
            entries => entries.map_err(|error| about(directory, &error))?,
        };
        for entry in entries {
            let path = entry.map_err(|error| about(directory, &error))?.path();
            *left = left.checked_sub(1).ok_or_else(|| {
                io::Error::other(format!("{} has more than {FILES_MAX} files", directory.display()))
            })?;
            if OPEN.iter().any(|open| path == Path::new(open)) || self.0.contains_key(&path) {
                continue;
            }
            // A link is judged by what it leads to.
            let status = match fs::metadata(&path) {
                Err(error) if is_absence(&error) || is_loop(&error) => continue,
                status => status.map_err(|error| about(&path, &error))?,
            };
            let needed = if status.is_dir() { 0o005 } else { 0o004 };
            if status.mode() & needed != needed {
                self.hide(&path)?;
            } else if status.is_dir() && depth > 1 && !path.is_symlink() {
                self.hide_what_is_private(&path, depth - 1, left)?;
            }
        }
        Ok(())
    }

    /// What is enabled on the host is not enabled in the copy, but for what a console needs.
    fn hold_services_back(&mut self) -> io::Result<()> {
        let is_there = |path: &str| Path::new(path).exists();
        if is_there(INIT) && !SYSTEMD.into_iter().any(is_there) {
            let what = "its init is not systemd, and only systemd's services can be held back: --with-services starts them";
            return Err(io::Error::other(what));
        }
        for entry in fs::read_dir(UNITS).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name();
            let is_list = [".wants", ".requires", ".upholds"]
                .iter()
                .any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
            if is_list && name != WANTED {
                self.hide(&entry.path())?;
            }
        }
        for path in RUNLEVELS {
            self.hide(Path::new(path))?;
        }
        for name in MASKED {
            self.0.insert(Path::new(UNITS).join(name), SubstituteKind::Link("/dev/null".to_owned()));
        }
        Ok(())
    }

    /// Files that say who this is, and what it begins with.
    fn describe(&mut self, choice: &Choice) -> io::Result<()> {
        let mut file = |path: &str, mode, contents: String| {
            self.0.insert(real(path), SubstituteKind::File { mode, contents: contents.into_bytes() });
        };
        let machine_id = choice.machine_id.to_string().replace('-', "");
        file("/etc/machine-id", 0o444, format!("{machine_id}\n"));
        file("/etc/hostname", 0o644, format!("{}\n", choice.hostname.as_str()));
        file("/etc/fstab", 0o644, String::new());
        file("/etc/crypttab", 0o600, String::new());
        file("/etc/motd", 0o644, format!("{}\n", places::BANNER));
        file("/etc/shadow", 0o600, locked_users()?);
        let console = format!("{UNITS}/console-getty.service.d/redd-try.conf");
        file(&console, 0o644, places::AUTOLOGIN.to_owned());
        Ok(())
    }

    fn into_list(self) -> io::Result<Vec<Substitute>> {
        // What is in a directory that is left out is left out with it.
        let hidden: Vec<PathBuf> = self
            .0
            .iter()
            .filter(|(_, what)| **what == SubstituteKind::EmptyDirectory)
            .map(|(path, _)| path.clone())
            .collect();
        let is_inside =
            |path: &Path| path.ancestors().skip(1).any(|above| hidden.iter().any(|path| path == above));
        let entry = |(path, what): (PathBuf, SubstituteKind)| {
            PathInRoot::new(path).map(|path| Substitute { path, what }).map_err(io::Error::other)
        };
        let is_hiding =
            |what: &SubstituteKind| matches!(what, SubstituteKind::EmptyDirectory | SubstituteKind::Nothing);
        self.0.into_iter().filter(|(path, what)| !(is_hiding(what) && is_inside(path))).map(entry).collect()
    }
}

/// A file is replaced where it is, not the link that leads there.
fn real(path: &str) -> PathBuf {
    let path = Path::new(path);
    path.canonicalize().unwrap_or_else(|_missing| path.to_owned())
}

/// The users of the host, and nobody's password.
fn locked_users() -> io::Result<String> {
    let path = Path::new("/etc/passwd");
    let status = fs::metadata(path).map_err(|error| about(path, &error))?;
    if status.len() > USERS_MAX {
        return Err(io::Error::other("/etc/passwd is too long"));
    }
    let users = fs::read(path).map_err(|error| about(path, &error))?;
    Ok(locked(&String::from_utf8_lossy(&users)))
}

fn locked(users: &str) -> String {
    let mut shadow = String::new();
    for name in users.lines().filter_map(|line| line.split(':').next()).filter(|name| !name.is_empty()) {
        // Writing to a String cannot fail.
        writeln!(shadow, "{name}:*:::::::").unwrap_or_default();
    }
    shadow
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A link that leads to itself.
fn is_loop(error: &io::Error) -> bool {
    redd_sys::Errno::from_io_error(error) == Some(redd_sys::Errno::LOOP)
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_system_that_are_mounted_are_told() {
        let line = |path: &str| format!("22 1 8:1 / {path} rw - ext4 /dev/vda rw\n");
        let mounts = ["/", "/usr", "/usr/lib/x", "/home", "/var/lib/docker"].map(line).concat();
        assert_eq!(separate(&mounts), [Path::new("/usr")]);
        assert!(separate("").is_empty());
    }

    #[test]
    fn nobody_has_a_password() {
        let users = "root:x:0:0:root:/root:/bin/bash\nalice:$6$secret:1:1::/:\n\n+::::::\n";
        assert_eq!(locked(users), "root:*:::::::\nalice:*:::::::\n+:*:::::::\n");
    }

    #[test]
    fn what_not_everybody_may_read_is_left_out() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let make = |path: &str, mode| {
            fs::write(root.join(path), "").unwrap();
            fs::set_permissions(root.join(path), PermissionsExt::from_mode(mode)).unwrap();
        };
        for path in ["open", "closed", "open/closed", "elsewhere"] {
            fs::create_dir(root.join(path)).unwrap();
        }
        make("open/key", 0o640);
        make("open/settings", 0o644);
        make("closed/within", 0o644);
        make("elsewhere/secret", 0o600);
        symlink("../elsewhere/secret", root.join("open/link")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        for closed in ["closed", "open/closed"] {
            fs::set_permissions(root.join(closed), PermissionsExt::from_mode(0o710)).unwrap();
        }
        let mut copy = Copy::default();
        copy.hide_what_is_private(&root, usize::MAX, &mut FILES_MAX.clone()).unwrap();
        let hidden: Vec<_> =
            copy.0.keys().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
        assert_eq!(hidden, ["closed", "elsewhere/secret", "open/closed", "open/key"]);
        assert!(
            Copy::default().hide_what_is_private(&root, usize::MAX, &mut 2).is_err(),
            "too much to look at"
        );
    }

    #[test]
    fn what_is_in_a_directory_that_is_left_out_is_not_named() {
        let mut copy = Copy::default();
        copy.0.insert("/a".into(), SubstituteKind::EmptyDirectory);
        copy.0.insert("/a/b/c".into(), SubstituteKind::Nothing);
        copy.0.insert("/ab".into(), SubstituteKind::Nothing);
        let paths: Vec<_> =
            copy.into_list().unwrap().into_iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(paths, ["/a", "/ab"]);
    }
}
