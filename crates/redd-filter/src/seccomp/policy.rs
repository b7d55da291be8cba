//! Which system calls are allowed.

use std::cmp::Ordering;

use super::compiler::{self, SeccompProgram};
use super::table::{GROUPS, OTHER_ARCHITECTURES, SYSTEM_CALLS};

/// A kind of machine, with all ABIs its kernel may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86-64 and i386. x32 is always refused: nothing uses it, and it is one more way in (R19).
    X86_64,
    /// AArch64. 32-bit ARM is refused.
    Aarch64,
}

impl Machine {
    /// The one this is compiled for.
    pub const THIS: Self = if cfg!(target_arch = "aarch64") { Self::Aarch64 } else { Self::X86_64 };
}

/// Whether i386 programs may use `socketcall`, whose arguments no filter can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socketcall {
    /// They may: the payload is a 32-bit system whose libc knows nothing else.
    Allowed,
    /// They may not: it would be a way around the rules for sockets.
    Refused,
}

/// Which address families socket(2) may be called with, bit N for number N. What is refused is `EAFNOSUPPORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// These alone.
    Only(u64),
    /// Every one but these.
    AllBut(u64),
}

impl Families {
    /// Every one but AF_VSOCK, which no namespace confines (A32).
    pub const DEFAULT: Self = Self::AllBut(1 << compiler::AF_VSOCK);

    /// The same without these, bit N for number N.
    #[must_use]
    pub const fn but(self, families: u64) -> Self {
        match self {
            Self::Only(list) => Self::Only(list & !families),
            Self::AllBut(list) => Self::AllBut(list | families),
        }
    }

    /// Whether sockets of a family may be made.
    #[must_use]
    pub fn allow(self, family: u32) -> bool {
        let is_listed = |list: u64| family < u64::BITS && list >> family & 1 == 1;
        match self {
            Self::Only(list) => is_listed(list),
            Self::AllBut(list) => !is_listed(list),
        }
    }
}

/// What becomes of calls that wait for storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncCalls {
    /// They reach the kernel.
    Kept,
    /// They succeed at once and do nothing; files are not opened for synchronous writing (`EINVAL`).
    Suppressed,
}

/// The group of every name.
const EVERY_NAME: &str = "@known";

/// Whose list the user's rules change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseList {
    /// redd's own.
    Redd,
    /// What both redd and systemd-nspawn allow.
    Nspawn,
}

/// A name of a system call or of a group, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyscallSelector(&'static str);

/// Every system call that is known, in the order of their names.
pub fn system_call_names() -> impl Iterator<Item = &'static str> {
    SYSTEM_CALLS.iter().map(|(name, _)| *name)
}

/// There is no such system call or group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no system call or group {word:?}{}", suggestion.map_or_else(String::new, |name| format!(", only {name:?}")))]
pub struct UnknownSyscall {
    word: String,
    suggestion: Option<&'static str>,
}

impl SyscallSelector {
    /// Looks the word up; groups start with `@`.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn parse(word: &str) -> Result<Self, UnknownSyscall> {
        let known = || GROUPS.iter().map(|(name, _)| *name).chain(SYSTEM_CALLS.iter().map(|(name, _)| *name));
        let names = || known().chain(OTHER_ARCHITECTURES.iter().copied()).chain([EVERY_NAME]);
        if let Some(name) = names().find(|&name| name == word) {
            return Ok(Self(name));
        }
        let suggestion = names().find(|name| differ_by_one(name, word));
        Err(UnknownSyscall { word: word.chars().take(64).collect(), suggestion })
    }
}

/// Whether one character was added, left out or mistyped.
fn differ_by_one(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let prefix = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    let rest = |text: &str, from: usize| text.as_bytes().get(from..).map(<[u8]>::to_vec);
    let tail = if short.len() == long.len() { prefix + 1 } else { prefix };
    rest(short, tail) == rest(long, prefix + 1)
}

/// What a payload may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeccompPolicy {
    /// The machine.
    pub machine: Machine,
    /// The payload's capabilities, bit N for number N: some calls are of no use without one.
    pub capabilities: u64,
    /// Added to the default list.
    pub allow: Vec<SyscallSelector>,
    /// Taken from it; this wins.
    pub deny: Vec<SyscallSelector>,
    /// For i386 programs.
    pub socketcall: Socketcall,
    /// For every socket.
    pub families: Families,
    /// For programs that sync.
    pub sync: SyncCalls,
    /// What the two lists above change.
    pub base: BaseList,
}

/// Groups that are allowed by default.
const GROUPS_ALLOWED: [&str; 16] = [
    "@aio",
    "@basic-io",
    "@chown",
    "@default",
    "@file-system",
    "@io-event",
    "@ipc",
    "@mount",
    "@network-io",
    "@process",
    "@resources",
    "@sandbox",
    "@setuid",
    "@signal",
    "@sync",
    "@timer",
];

/// What is allowed by default beside the groups.
const NAMES_ALLOWED: [&str; 67] = [
    "brk",
    "cachestat",
    "capget",
    "capset",
    "copy_file_range",
    "fadvise64",
    "fadvise64_64",
    "file_getattr",
    "file_setattr",
    "flock",
    "futex_requeue",
    "futex_wait",
    "futex_wake",
    "get_mempolicy",
    "getcpu",
    "getpriority",
    "getrandom",
    "ioctl",
    "ioprio_get",
    "kcmp",
    "lsm_get_self_attr",
    "lsm_list_modules",
    "lsm_set_self_attr",
    "madvise",
    "map_shadow_stack",
    "mincore",
    "mprotect",
    "mremap",
    "name_to_handle_at",
    "oldolduname",
    "olduname",
    "open_tree_attr",
    "personality",
    "process_mrelease",
    "readahead",
    "readdir",
    "remap_file_pages",
    "rseq",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getattr",
    "sched_getparam",
    "sched_getscheduler",
    "sched_rr_get_interval",
    "sched_rr_get_interval_time64",
    "sched_yield",
    "sendfile",
    "sendfile64",
    "setdomainname",
    "setfsgid",
    "setfsgid32",
    "setfsuid",
    "setfsuid32",
    "sethostname",
    "setpgid",
    "setsid",
    "splice",
    "sysinfo",
    "tee",
    "umask",
    "uname",
    "uretprobe",
    "userfaultfd",
    "vmsplice",
    "mseal",
    "futex_waitv",
];

/// What is allowed with a capability, by its number.
const NAMES_WITH_CAPABILITY: [(u32, &[&str]); 10] = [
    (14, &["@memlock"]),
    (16, &["@module"]),
    (17, &["@raw-io"]),
    (19, &["pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace"]),
    (20, &["acct"]),
    (22, &["reboot"]),
    (25, &["@clock"]),
    (26, &["vhangup"]),
    (34, &["syslog"]),
    (39, &["bpf"]),
];

/// What redd allows and systemd-nspawn does not: newer than its list, or in a group that it leaves out.
const NAMES_BEYOND_NSPAWN: [&str; 7] = [
    "futex_requeue",
    "futex_wait",
    "futex_wake",
    "lsm_set_self_attr",
    "map_shadow_stack",
    "pidfd_getfd",
    "process_mrelease",
];

/// What no group allows, be it asked for, only its own name. Operations that io_uring queues pass every filter by, and
/// `socketcall` hides from it what kind of socket is made.
const NAMES_REFUSED: [&str; 4] = ["io_uring_enter", "io_uring_register", "io_uring_setup", "socketcall"];

impl SeccompPolicy {
    /// The default list.
    #[must_use]
    pub const fn new(machine: Machine, capabilities: u64) -> Self {
        Self {
            machine,
            capabilities,
            allow: Vec::new(),
            deny: Vec::new(),
            socketcall: Socketcall::Refused,
            families: Families::DEFAULT,
            sync: SyncCalls::Kept,
            base: BaseList::Redd,
        }
    }

    /// The program that keeps to this policy.
    #[must_use]
    pub fn compile(&self) -> SeccompProgram {
        compiler::compile(self, &self.allowed())
    }

    /// A way for payloads to make sockets whose family no filter sees, where this policy allows one.
    #[must_use]
    pub fn unseen_sockets(&self) -> Option<&'static str> {
        let allowed = self.allowed();
        ["io_uring_setup", "socketcall"]
            .into_iter()
            .find(|&name| row_of(name).is_some_and(|row| allowed[row]))
    }

    /// For each row of the table, whether it is allowed.
    pub(super) fn allowed(&self) -> Rows {
        let mut allowed = ALLOWED;
        let mut set = |name: &str, value| set_all(&mut allowed, name, value);
        for (capability, names) in NAMES_WITH_CAPABILITY {
            let has_it = self.capabilities >> capability & 1 == 1;
            names.iter().for_each(|name| set(name, has_it));
        }
        if self.base == BaseList::Nspawn {
            NAMES_BEYOND_NSPAWN.iter().for_each(|name| set(name, false));
        }
        self.allow.iter().for_each(|selector| set(selector.0, true));
        for name in NAMES_REFUSED {
            let is_needed = name == "socketcall" && self.socketcall == Socketcall::Allowed;
            set(name, is_needed || self.allow.iter().any(|selector| selector.0 == name));
        }
        self.deny.iter().for_each(|selector| set(selector.0, false));
        allowed
    }
}

/// A verdict for each row of the table.
pub(super) type Rows = [bool; SYSTEM_CALLS.len()];

/// The groups and names of every policy, looked up when redd is compiled instead of at each start.
const ALLOWED: Rows = {
    let mut rows = [false; SYSTEM_CALLS.len()];
    set_each(&mut rows, &GROUPS_ALLOWED);
    set_each(&mut rows, &NAMES_ALLOWED);
    rows
};

const fn set_each(rows: &mut Rows, names: &[&str]) {
    let mut at = 0;
    while at < names.len() {
        set_all(rows, names[at], true);
        at += 1;
    }
}

/// The row of a name; groups and names of other architectures have none.
pub(super) const fn row_of(name: &str) -> Option<usize> {
    let (mut first, mut end) = (0, SYSTEM_CALLS.len());
    while first < end {
        let middle = usize::midpoint(first, end);
        match compare(SYSTEM_CALLS[middle].0, name) {
            Ordering::Less => first = middle + 1,
            Ordering::Greater => end = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// Sets every row of a name or group.
const fn set_all(rows: &mut Rows, name: &str, value: bool) {
    if let Some(row) = row_of(name) {
        rows[row] = value;
        return;
    }
    if let Ordering::Equal = compare(name, EVERY_NAME) {
        *rows = [value; SYSTEM_CALLS.len()];
        return;
    }
    let mut group = 0;
    while group < GROUPS.len() {
        if let (group_name, members) = GROUPS[group]
            && let Ordering::Equal = compare(group_name, name)
        {
            let mut member = 0;
            while member < members.len() {
                set_all(rows, members[member], value);
                member += 1;
            }
        }
        group += 1;
    }
}

/// The order of the tables: by bytes.
const fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return if one[at] < other[at] { Ordering::Less } else { Ordering::Greater };
        }
        at += 1;
    }
    match (one.len() - at, other.len() - at) {
        (0, 0) => Ordering::Equal,
        (0, _) => Ordering::Less,
        _ => Ordering::Greater,
    }
}
