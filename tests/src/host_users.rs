//! A host with users of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::redd::redd;

/// Users are added to the host's files in a mount namespace of the command's own; nothing of it is seen outside.
#[derive(Debug)]
pub struct HostUsers {
    directory: tempfile::TempDir,
}

/// The user that every such host has.
pub const ALICE: (u32, u32) = (4000, 4001);

impl HostUsers {
    /// A host on which alice has a home, a password and a key for ssh.
    #[must_use]
    pub fn with_alice() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let host = Self { directory };
        for name in ["passwd", "group", "shadow"] {
            fs::copy(Path::new("/etc").join(name), host.path(name)).unwrap();
        }
        let (uid, gid) = ALICE;
        let home = host.make_home("alice", uid);
        host.add("passwd", &format!("alice:x:{uid}:{gid}:Alice:{}:/bin/sh", home.display()));
        host.add("group", &format!("alice:x:{gid}:"));
        host.add("shadow", "alice:$y$j9T$hash:19000:0:99999:7:::");
        host.write_keys("ssh-ed25519 AAAA alice@host\n");
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Adds a line to one of the files.
    pub fn add(&self, file: &str, line: &str) {
        let contents = fs::read_to_string(self.path(file)).unwrap();
        fs::write(self.path(file), format!("{}\n{line}\n", contents.trim_end())).unwrap();
    }

    /// Makes a home directory that somebody owns.
    #[must_use]
    pub fn make_home(&self, name: &str, owner: u32) -> PathBuf {
        let home = self.path(name);
        fs::create_dir(&home).unwrap();
        chown(&home, Some(owner), Some(owner + 1)).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        home
    }

    fn write_keys(&self, keys: &str) {
        let directory = self.home().join(".ssh");
        fs::create_dir(&directory).unwrap();
        fs::write(self.authorized_keys(), keys).unwrap();
        for path in [directory, self.authorized_keys()] {
            chown(&path, Some(ALICE.0), Some(ALICE.1)).unwrap();
        }
    }

    /// The home of alice.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.path("alice")
    }

    /// The keys that open alice's account.
    #[must_use]
    pub fn authorized_keys(&self) -> PathBuf {
        self.home().join(".ssh/authorized_keys")
    }

    /// redd on that host; arguments are added to what this returns.
    #[must_use]
    pub fn redd(&self) -> Command {
        let script = "for name in passwd group shadow; do mount --bind $0/$name /etc/$name || exit 1; done; exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script]).arg(self.directory.path()).arg(redd().get_program());
        command.env_remove("NOTIFY_SOCKET").env_remove("CREDENTIALS_DIRECTORY").stdin(Stdio::null());
        command
    }
}
