//! Every environment variable that redd reads, or sets for a payload.
//!
//! The constants are what code uses; `docs/environment.md` is printed from [`ALL`].

/// Which way a variable goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// redd reads it.
    Read,
    /// redd sets it for the payload.
    Set,
    /// Both.
    Both,
}

/// A variable, for documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Which way it goes.
    pub direction: Direction,
    /// What it means.
    pub meaning: &'static str,
}

macro_rules! variables {
    ($($constant:ident = $name:literal, $direction:ident, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $constant: &str = $name;
        )+

        /// All of them, in the order in which they are documented.
        pub const ALL: &[Variable] = &[$(
            Variable { name: $constant, direction: Direction::$direction, meaning: $meaning },
        )+];
    };
}

variables! {
    PATH = "PATH", Set, "Where the payload looks for programs.";
    TERM = "TERM", Both, "The caller's terminal, where the payload's console ends at one; `dumb` elsewhere.";
    COLORTERM = "COLORTERM", Both, "As `systemd-nspawn`: handed on with `TERM`.";
    NO_COLOR = "NO_COLOR", Both, "As `systemd-nspawn`: handed on with `TERM`.";
    HOME = "HOME", Set, "The home directory of the payload's user.";
    USER = "USER", Set, "The payload's user.";
    LOGNAME = "LOGNAME", Set, "The same.";
    LANG = "LANG", Set, "`C.UTF-8` for a command; not set for an init.";
    CONTAINER = "container", Set, "Who runs the payload: `redd`, or `systemd-nspawn` under that name.";
    CONTAINER_UUID = "container_uuid", Set, "The machine's id, for a tree that has none.";
    CONTAINER_TTYS = "container_ttys", Set, "Further terminals of `--ttys=`, as `pts/N`.";
    CONTAINER_HOST_ID = "container_host_id", Set, "`ID=` of the host's os-release.";
    CONTAINER_HOST_BUILD_ID = "container_host_build_id", Set, "`BUILD_ID=` of the host's os-release.";
    CONTAINER_HOST_VARIANT_ID = "container_host_variant_id", Set, "`VARIANT_ID=` of the host's os-release.";
    CONTAINER_HOST_VERSION_ID = "container_host_version_id", Set, "`VERSION_ID=` of the host's os-release.";
    NOTIFY_SOCKET = "NOTIFY_SOCKET", Both, "Where sd_notify(3) sends: redd's own messages, and those of the payload's first process.";
    WATCHDOG_USEC = "WATCHDOG_USEC", Both, "Within how many microseconds redd tells `$NOTIFY_SOCKET` that it lives; with `--watchdog=`, within how many the payload's first process should send `WATCHDOG=1` again.";
    WATCHDOG_PID = "WATCHDOG_PID", Read, "Whom `$WATCHDOG_USEC` is meant for.";
    FDSTORE = "FDSTORE", Both, "How many descriptors of the payload's first process redd's own supervisor keeps; how many that can have kept (at most 128).";
    CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY", Both, "Where credentials are: redd's own, which `--load-credential=` can name, and the payload's.";
    ENCRYPTED_CREDENTIALS_DIRECTORY = "ENCRYPTED_CREDENTIALS_DIRECTORY", Read, "Where those of redd's own credentials are that only systemd can decrypt: they are refused by name.";
    LISTEN_PID = "LISTEN_PID", Both, "Whom sockets were opened for; the payload's first process is 1.";
    LISTEN_FDS = "LISTEN_FDS", Both, "How many sockets there are, from descriptor 3 on.";
    LISTEN_FDNAMES = "LISTEN_FDNAMES", Both, "Their names; before those that the payload itself has had kept is `payload-`, which it does not see.";
    API_VFS_WRITABLE = "SYSTEMD_NSPAWN_API_VFS_WRITABLE", Read, "`1`: nothing of `/proc` and `/sys` is read-only or covered; refused with a user namespace. `network`: `/proc/sys/net` may be written although the network is the host's.";
    CONTAINER_SERVICE = "SYSTEMD_NSPAWN_CONTAINER_SERVICE", Read, "The value of `$container` and of `/run/host/container-manager`.";
    USE_CGNS = "SYSTEMD_NSPAWN_USE_CGNS", Read, "`0`: no cgroup namespace.";
    TMPFS_TMP = "SYSTEMD_NSPAWN_TMPFS_TMP", Read, "`0`: `/tmp` is the tree's.";
    CHECK_OS_RELEASE = "SYSTEMD_NSPAWN_CHECK_OS_RELEASE", Read, "`0`: boots a tree without an os-release file.";
    NETWORK_MAC = "SYSTEMD_NSPAWN_NETWORK_MAC", Read, "The address of `host0`.";
    SHARE_NS_IPC = "SYSTEMD_NSPAWN_SHARE_NS_IPC", Read, "`1`: System V objects and message queues are the host's.";
    SHARE_NS_PID = "SYSTEMD_NSPAWN_SHARE_NS_PID", Read, "`1`: processes are numbered as on the host; for a command that is its own first process, without a user namespace.";
    SHARE_NS_UTS = "SYSTEMD_NSPAWN_SHARE_NS_UTS", Read, "`1`: the host name is the host's; for a command that is its own first process.";
    SHARE_SYSTEM = "SYSTEMD_NSPAWN_SHARE_SYSTEM", Read, "`1`: all three.";
    LOCK = "SYSTEMD_NSPAWN_LOCK", Read, "`0` is not obeyed: a tree that two machines write to is no tree for long. redd says so.";
    SUPPRESS_SYNC = "SYSTEMD_SUPPRESS_SYNC", Read, "As `--suppress-sync=`.";
    SECCOMP = "SYSTEMD_SECCOMP", Read, "`0` is not obeyed: there is always a filter of system calls. redd says so.";
    LOG_SECCOMP = "SYSTEMD_LOG_SECCOMP", Read, "Not obeyed: what a filter refuses is not logged.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_variable_is_named_once() {
        let names: BTreeSet<&str> = ALL.iter().map(|variable| variable.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
