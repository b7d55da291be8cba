//! The clauses of the Container Interface, as constants that code, tests and documents cite.

use std::fmt;

use serde::Serialize;

macro_rules! clauses {
    ($($id:ident $title:literal;)*) => {
        /// One clause of the Container Interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[expect(missing_docs, reason = "the title of each clause says what it is")]
        pub enum Clause { $($id,)* }

        impl Clause {
            /// Every clause, in the order of the interface.
            pub const ALL: &[Self] = &[$(Self::$id,)*];

            /// The stable id: `EE3`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// What the clause asks for, in one line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$id => $title,)* }
            }
        }
    };
}

clauses! {
    EE1 "the host name is set before PID 1 starts";
    EE2 "/proc and /sys are mounted; /sys and /proc/sys are read-only";
    EE3 "/dev is a private tmpfs with the standard nodes, a console, and a device filter";
    EE4 "udev stays off inside, because /sys is read-only";
    EE5 "one getty on /dev/console, none on virtual terminals";
    EE6 "the cgroup hierarchy is visible whole, in a cgroup namespace";
    EE7 "the container's cgroup is a delegated unit of the host's systemd";
    EV1 "$container names the implementation";
    EV2 "$container_uuid is unique and stable";
    EV3 "$container_ttys lists further ptys";
    EV4 "$container_host_* tell of the host";
    EV5 "$CREDENTIALS_DIRECTORY is read-only and never swapped";
    AI1 "/etc/localtime follows the host by a relative link";
    AI2 "the payload's journal is linked into the host's";
    AI3 "SIGRTMIN+3 is an orderly stop, sent once PID 1 handles it";
    AI4 "sockets of the manager's service are passed to PID 1";
    AI5 "hands off the cgroups outside the own unit";
    AI6 "readiness comes from PID 1 and is passed on";
    NET1 "the link inside is host0";
    NET2 "the link outside is ve-NAME";
    NET3 "both ends have stable MAC addresses";
    RH0 "/run/host is there, and read-only";
    RH1 "/run/host/incoming/";
    RH2 "/run/host/inaccessible/ has six nodes of mode 0000";
    RH3 "/run/host/notify is the notify socket";
    RH4 "/run/host/os-release is the host's";
    RH5 "/run/host/container-manager names the manager";
    RH6 "/run/host/container-uuid holds the uuid";
    RH7 "/run/host/credentials/ holds the credentials";
    RH8 "/run/host/unix-export/ is writable inside and read-only outside";
    RH9 "/run/host/unix-export/ssh is reachable from the host";
    RH10 "/run/host/userdb/ holds records of bound users";
    RH11 "/run/host/home/ holds homes of bound users";
    NO1 "CAP_MKNOD is kept";
    NO2 "CAP_SYS_ADMIN is kept";
    NO3 "/dev/kmsg is not the console";
    NO4 "no pretended virtual terminals";
    NO5 "no pretended devices";
    NO6 "no part of the cgroup tree alone";
    NO7 "/sys is not writable";
    NO8 "no audit capabilities";
    UP1 "a payload without CAP_SYS_ADMIN and CAP_MKNOD boots when asked for";
    UP2 "user namespaces whose ids nobody shares";
    UN1 "the payload's mounts are shared among themselves, cut off from the host";
    UN2 "its own boot id, and kernel messages that are not the host's";
    UN3 "signals, descriptors, umask and working directory are as a boot loader leaves them";
    UN4 "`systemctl exit N`, power-off and reboot reach the caller";
    UN5 "other inits stop by their own means";
    FW1 "container= is found in /proc/1/environ and /run/systemd/container";
    FW2 "the same image boots elsewhere unchanged";
}

impl Clause {
    /// Why no step of any plan serves this clause, where none does.
    #[must_use]
    pub const fn without_step(self) -> Option<&'static str> {
        match self {
            Self::UN4 => Some("kept by the supervisor, after the last step"),
            Self::UN5 => Some("the stop signal is chosen with --kill-signal=; inits are not told apart yet"),
            _ => None,
        }
    }

    /// Why no check of `redd check` judges this clause, where none does.
    #[must_use]
    pub const fn without_check(self) -> Option<&'static str> {
        match self {
            Self::UN5 => Some("payloads are judged by what their systemd does; other inits are not booted"),
            _ => None,
        }
    }

    /// Why no test covers this clause, where none does.
    #[must_use]
    pub const fn without_test(self) -> Option<&'static str> {
        match self {
            Self::UN5 => Some("inits are not told apart yet"),
            _ => None,
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.id())
    }
}
