//! Kinds of inits: where each is looked for, what it is known by, and how it is told to stop.
//!
//! Nothing of a payload is executed to stop it. What no signal does is written where the init itself looks for it.

use std::fmt;

use redd_spec::init::{InitChoice, InitKind};
use redd_spec::lifecycle::SignalNumber;
use serde::Serialize;

use crate::supervision::Request;

/// Where an init is looked for, in this order.
const PLACES: [&str; 3] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/sbin/init"];

/// The paths in a tree where the init that was asked for is looked for, in this order.
#[must_use]
pub fn places(choice: &InitChoice) -> Vec<String> {
    let places: &[&str] = match choice {
        InitChoice::Path(path) => return vec![path.as_path().to_string_lossy().into_owned()],
        InitChoice::Detected => &PLACES,
        InitChoice::Kind(InitKind::Systemd) => &PLACES[..2],
        InitChoice::Kind(InitKind::OpenRc) => &["/sbin/openrc-init", "/sbin/init"],
        InitChoice::Kind(InitKind::Runit) => &["/sbin/runit-init", "/sbin/init"],
        InitChoice::Kind(InitKind::Busybox) => &["/bin/busybox", "/sbin/init"],
        InitChoice::Kind(InitKind::Sysvinit | InitKind::S6 | InitKind::S6LinuxInit | InitKind::Other) => {
            &["/sbin/init"]
        }
    };
    places.iter().map(|&place| place.to_owned()).collect()
}

/// What is known of the file that is an init.
#[derive(Debug, Clone, Copy, Default)]
pub struct InitFile<'a> {
    /// The last part of the path it is called by.
    pub name: &'a str,
    /// The last part of the path behind all links.
    pub target: &'a str,
    /// Its first bytes, at most [`InitFile::HEAD_MAX`] of them; needed where no name tells.
    pub head: &'a [u8],
    /// Whether it is the same file as the tree's `/bin/busybox`.
    pub is_busybox: bool,
}

impl InitFile<'_> {
    /// How many bytes are looked at: sysvinit has less than that.
    pub const HEAD_MAX: usize = 128 * 1024;

    /// What kind of init it is, by its names; `None` where those do not tell.
    #[must_use]
    pub fn kind_by_name(&self) -> Option<InitKind> {
        [self.name, self.target].into_iter().find_map(kind_of_program)
    }

    /// What kind of init it is. A script is what it becomes: that is seen when it runs.
    #[must_use]
    pub fn kind(&self) -> InitKind {
        let says = |words: &str| contains(self.head, words.as_bytes());
        if let Some(kind) = self.kind_by_name() {
            kind
        } else if self.is_busybox {
            InitKind::Busybox
        } else if self.head.starts_with(b"#!") && says("s6-linux-init") {
            InitKind::S6LinuxInit
        } else if self.head.starts_with(b"\x7fELF") && (says("INIT_VERSION=sysvinit") || says("/dev/initctl"))
        {
            InitKind::Sysvinit
        } else {
            InitKind::Other
        }
    }
}

fn kind_of_program(name: &str) -> Option<InitKind> {
    match name {
        "systemd" => Some(InitKind::Systemd),
        "openrc-init" => Some(InitKind::OpenRc),
        "runit" | "runit-init" => Some(InitKind::Runit),
        "s6-svscan" => Some(InitKind::S6),
        "s6-linux-init" => Some(InitKind::S6LinuxInit),
        "busybox" => Some(InitKind::Busybox),
        _ => None,
    }
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

/// The version of a systemd, by the first bytes of its file: the library that it needs is named after it. One that is
/// older than that, below 231, has its version as a text of its own.
#[must_use]
pub fn systemd_version(bytes: &[u8]) -> Option<u32> {
    [&b"libsystemd-shared-"[..], b"\0systemd "].into_iter().find_map(|before| {
        let start = bytes.windows(before.len()).position(|window| window == before)? + before.len();
        let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).take(4);
        String::from_utf8(digits.copied().collect()).ok()?.parse().ok()
    })
}

/// What was seen of PID 1 while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InitSeen {
    /// The name of the program, as the kernel shows it.
    pub program: String,
    /// The signals it catches, or has blocked to read them from a descriptor: bit 0 is signal 1.
    pub heard: u64,
    /// Whether it sleeps in sigtimedwait(2), as the init of BusyBox does: the kernel does not show for which signals.
    pub is_waiting: bool,
}

impl InitSeen {
    /// Whether the kernel would not drop a signal.
    #[must_use]
    pub const fn hears(&self, signal: SignalNumber) -> bool {
        self.is_waiting || self.shows(signal)
    }

    const fn shows(&self, signal: SignalNumber) -> bool {
        self.heard >> (signal.get() - 1) & 1 == 1
    }

    /// What kind of init runs, where the file did not tell. Nothing but a systemd, or what behaves as one, listens to
    /// SIGRTMIN+3.
    #[must_use]
    pub fn kind(&self) -> InitKind {
        let listens = self.shows(SignalNumber::RTMIN_PLUS_3).then_some(InitKind::Systemd);
        kind_of_program(&self.program).or(listens).unwrap_or(InitKind::Other)
    }
}

/// What the last thing is that a payload does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It powers off.
    PowerOff,
    /// It boots again.
    Reboot,
}

/// How PID 1 is told what is wanted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// By this signal, as soon as it hears that.
    Signal(SignalNumber),
    /// By a request for a runlevel, written into sysvinit's FIFO.
    Runlevel(End),
    /// By the permissions of the files that runit looks at when it gets SIGCONT.
    RunitFiles(End),
}

impl Means {
    /// How inits of a kind are told; `None` where they know no such thing.
    #[must_use]
    pub const fn of(kind: InitKind, request: Request) -> Option<Self> {
        let signal = match (kind, request) {
            (InitKind::Sysvinit, _) => return Some(Self::Runlevel(request.end())),
            (InitKind::Runit, _) => return Some(Self::RunitFiles(request.end())),
            (InitKind::Systemd, Request::Stop) => SignalNumber::RTMIN_PLUS_3,
            (InitKind::Systemd, Request::PowerOff) => SignalNumber::RTMIN_PLUS_4,
            (InitKind::Systemd, Request::Reboot) => SignalNumber::RTMIN_PLUS_5,
            (InitKind::OpenRc | InitKind::S6LinuxInit, Request::Reboot) => SignalNumber::INT,
            (InitKind::S6LinuxInit, _) => SignalNumber::USR1,
            (InitKind::Busybox, Request::Reboot) => SignalNumber::TERM,
            (InitKind::Busybox, _) => SignalNumber::USR2,
            (InitKind::S6 | InitKind::Other, Request::Reboot) => return None,
            (InitKind::OpenRc | InitKind::S6 | InitKind::Other, _) => SignalNumber::TERM,
        };
        Some(Self::Signal(signal))
    }
}

impl fmt::Display for Means {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(formatter, "{signal}"),
            Self::Runlevel(End::PowerOff) => {
                formatter.write_str("runlevel 0, asked for through /run/initctl")
            }
            Self::Runlevel(End::Reboot) => formatter.write_str("runlevel 6, asked for through /run/initctl"),
            Self::RunitFiles(End::PowerOff) => formatter.write_str("/etc/runit/stopit, and SIGCONT"),
            Self::RunitFiles(End::Reboot) => {
                formatter.write_str("/etc/runit/stopit and /etc/runit/reboot, and SIGCONT")
            }
        }
    }
}

/// What `docs/inits.md` says of a kind beside how it is told.
const fn remarks(kind: InitKind) -> (&'static str, &'static str) {
    match kind {
        InitKind::Systemd => ("the name `systemd`", "Debian 12, 13 and sid: 252, 257, 262"),
        InitKind::Sysvinit => (
            "a program that has `INIT_VERSION=sysvinit` in it",
            "Debian 13: 3.14, with sysv-rc and with OpenRC 0.56",
        ),
        InitKind::OpenRc => ("the name `openrc-init`", "Debian 13: OpenRC 0.56"),
        InitKind::Runit => ("the name `runit-init` or `runit`", "Debian 13: 2.2.0"),
        InitKind::S6 => {
            ("the name `s6-svscan`, of the file or of the running PID 1", "Debian 13: s6 2.13.1.0")
        }
        InitKind::S6LinuxInit => (
            "the name `s6-linux-init`, or a script with that word in it",
            "the signals alone; Debian has no package",
        ),
        InitKind::Busybox => ("the name `busybox`, or the same file as `/bin/busybox`", "Debian 13: 1.37.0"),
        InitKind::Other => ("none of the above, also not when it runs", "scripts"),
    }
}

/// The table of `docs/inits.md`.
#[must_use]
pub fn table() -> String {
    let mut table = String::from(
        "| kind | known by | `redd` is stopped | power-off | reboot | tested with |\n|---|---|---|---|---|---|\n",
    );
    for kind in InitKind::ALL {
        let cell =
            |request| Means::of(kind, request).map_or_else(|| "-".to_owned(), |means| means.to_string());
        let [stop, power_off, reboot] = [Request::Stop, Request::PowerOff, Request::Reboot].map(cell);
        let (known_by, tested) = remarks(kind);
        table.push_str(&format!("| {kind} | {known_by} | {stop} | {power_off} | {reboot} | {tested} |\n"));
    }
    table
}

#[cfg(test)]
mod tests;
