//! Scripts in a tree that has nothing but busybox, and directories of the host to show there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Leftovers, Run, redd, run, unique_name};

/// Directories of the host, removed at the end.
#[derive(Debug)]
pub struct Place(tempfile::TempDir);

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// On a disk, not in memory.
    ///
    /// # Panics
    /// There is no room.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::tempdir_in("/var/tmp").unwrap())
    }

    /// Of something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A directory with owner and mode, and a file of the same name and owner in it.
    #[must_use]
    pub fn directory(&self, name: &str, owner: u32, mode: u32) -> String {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        let file = path.join(path.file_name().unwrap());
        fs::write(&file, name).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&path, &file] {
            chown(path, Some(owner), Some(owner)).unwrap();
        }
        path.display().to_string()
    }

    /// Who owns something in it.
    #[must_use]
    pub fn owner(&self, name: &str) -> u32 {
        fs::symlink_metadata(self.path(name)).unwrap().uid()
    }
}

/// A mount namespace beside that of the tests, so that what one test mounts is in no other one's way. It ends with this value.
#[derive(Debug)]
pub struct MountNamespace(Child);

impl Default for MountNamespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MountNamespace {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl MountNamespace {
    /// Makes one.
    ///
    /// # Panics
    /// There can be none.
    #[must_use]
    pub fn new() -> Self {
        let mut holder = Command::new("unshare");
        holder.args(["--mount", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let holder = holder.spawn().unwrap();
        let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/mnt")).unwrap();
        // It is there when the program in it is: until then the process has the mounts of the tests.
        while namespace(&holder.id().to_string()) == namespace("self") {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        Self(holder)
    }

    /// A program in it.
    #[must_use]
    pub fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--target", &self.0.id().to_string()]).arg(program).stdin(Stdio::null());
        command.env_remove("NOTIFY_SOCKET").env_remove("CREDENTIALS_DIRECTORY");
        command
    }

    /// redd in it.
    #[must_use]
    pub fn redd(&self) -> Command {
        self.command(redd().get_program())
    }

    /// Runs a program in it that has to succeed.
    ///
    /// # Panics
    /// It does not.
    pub fn run(&self, program: &str, words: &[&str]) {
        let output = self.command(OsStr::new(program)).args(words).output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {output:?}");
    }

    /// Where something of it is seen from the namespace of the tests.
    #[must_use]
    pub fn from_outside(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.0.id()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }
}

/// Runs a script in a small tree; nothing of the machine is left.
#[must_use]
pub fn script(tree: &Path, options: &[&str], script: &str) -> Run {
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    let tree = tree.display().to_string();
    let words = ["run", "-P", "-M", &name, "--network-veth=no"];
    let command = [tree.as_str(), "/usr/bin/busybox", "sh", "-c", script];
    let run = run([&words[..], options, &command].concat());
    leftovers.assert_none();
    run
}

/// What a script prints that has to succeed.
#[must_use]
pub fn seen(tree: &Path, options: &[&str], text: &str) -> String {
    let text = format!("export PATH=/usr/bin; for a in busybox; do {text}; done");
    let text = APPLETS
        .iter()
        .fold(text, |text, applet| text.replace(&format!("{applet} "), &format!("busybox {applet} ")));
    let run = script(tree, options, &text);
    assert_eq!(run.status, 0, "{options:?}: {run:?}");
    run.output
}

/// A small tree has busybox, and no links to it.
const APPLETS: [&str; 7] = ["stat", "touch", "chown", "mkdir", "grep", "cat", "rm"];
