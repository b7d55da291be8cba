//! Limits.

use serde::Serialize;

/// A limit on a resource that the kernel accounts per control group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit<T> {
    /// redd's default, and no complaint where the host has no such controller.
    Default,
    /// Asked for by the user.
    At(T),
    /// None, asked for by the user.
    Unlimited,
}

/// Processor time, in thousandths of one processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MilliCpus(pub u32);

/// What a limit in bytes is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryAmount {
    /// Bytes.
    Bytes(u64),
    /// Per cent of the host's memory, 1 to 100.
    Percent(u8),
}

/// One limit of setrlimit(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ResourceLimit {
    /// Which.
    pub resource: RlimitResource,
    /// Soft limit; `None` is unlimited.
    pub soft: Option<u64>,
    /// Hard limit; `None` is unlimited.
    pub hard: Option<u64>,
}

/// The resources of setrlimit(2), in the kernel's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[expect(missing_docs, reason = "the names are those of setrlimit(2)")]
pub enum RlimitResource {
    Cpu,
    Fsize,
    Data,
    Stack,
    Core,
    Rss,
    Nproc,
    Nofile,
    Memlock,
    As,
    Locks,
    Sigpending,
    Msgqueue,
    Nice,
    Rtprio,
    Rttime,
}

/// `--oom-score-adjust=`: −1000 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OomScoreAdjust(i16);

impl OomScoreAdjust {
    /// Checks the bounds.
    #[must_use]
    pub const fn new(value: i16) -> Option<Self> {
        if value >= -1000 && value <= 1000 { Some(Self(value)) } else { None }
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> i16 {
        self.0
    }
}

/// All limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// `--memory=`
    pub memory: Limit<MemoryAmount>,
    /// `--pids-max=`
    pub pids: Limit<u32>,
    /// `--cpus=`
    pub cpus: Limit<MilliCpus>,
    /// `--rlimit=`, one per resource.
    pub rlimits: Vec<ResourceLimit>,
    /// `--oom-score-adjust=`
    pub oom_score_adjust: Option<OomScoreAdjust>,
}
