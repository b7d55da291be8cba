//! Limits.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A limit on a resource that the kernel accounts per control group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit<T> {
    /// redd's default, and no complaint where the host has no such controller.
    #[default]
    Default,
    /// Asked for by the user.
    At(T),
    /// None, asked for by the user.
    Unlimited,
}

/// Processor time, in thousandths of one processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilliCpus(pub u32);

/// What a limit in bytes is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryAmount {
    /// Bytes.
    Bytes(u64),
    /// Per cent of the host's memory, 1 to 100.
    Percent(u8),
}

/// How much of something is got where others want it too: 1 to 10000, and 100 is everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Weight(u16);

impl Weight {
    /// What everybody has.
    pub const DEFAULT: Self = Self(100);

    /// Checks the bounds.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value >= 1 && value <= 10_000 { Some(Self(value)) } else { None }
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// What is counted of the traffic with a block device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// Bytes that are read.
    ReadBandwidth,
    /// Bytes that are written.
    WriteBandwidth,
    /// Reads.
    ReadOperations,
    /// Writes.
    WriteOperations,
}

impl Traffic {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ReadBandwidth, Self::WriteBandwidth, Self::ReadOperations, Self::WriteOperations];

    /// The option that limits it.
    #[must_use]
    pub const fn long_option(self) -> &'static str {
        match self {
            Self::ReadBandwidth => "--io-read-bandwidth",
            Self::WriteBandwidth => "--io-write-bandwidth",
            Self::ReadOperations => "--io-read-iops",
            Self::WriteOperations => "--io-write-iops",
        }
    }

    /// The same without its dashes.
    #[must_use]
    pub fn option(self) -> &'static str {
        self.long_option().trim_start_matches('-')
    }
}

/// A limit of the traffic with one block device, in each second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficLimit {
    /// The node of the device on the host.
    pub device: PathBuf,
    /// What is counted.
    pub traffic: Traffic,
    /// How much; `None` is no limit.
    pub per_second: Option<u64>,
}

/// One limit of setrlimit(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLimit {
    /// Which.
    pub resource: RlimitResource,
    /// Soft limit; `None` is unlimited.
    pub soft: Option<u64>,
    /// Hard limit; `None` is unlimited.
    pub hard: Option<u64>,
}

/// The resources of setrlimit(2), in the kernel's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Their names, in the kernel's order.
pub const RLIMIT_NAMES: [(&str, RlimitResource); 16] = [
    ("CPU", RlimitResource::Cpu),
    ("FSIZE", RlimitResource::Fsize),
    ("DATA", RlimitResource::Data),
    ("STACK", RlimitResource::Stack),
    ("CORE", RlimitResource::Core),
    ("RSS", RlimitResource::Rss),
    ("NPROC", RlimitResource::Nproc),
    ("NOFILE", RlimitResource::Nofile),
    ("MEMLOCK", RlimitResource::Memlock),
    ("AS", RlimitResource::As),
    ("LOCKS", RlimitResource::Locks),
    ("SIGPENDING", RlimitResource::Sigpending),
    ("MSGQUEUE", RlimitResource::Msgqueue),
    ("NICE", RlimitResource::Nice),
    ("RTPRIO", RlimitResource::Rtprio),
    ("RTTIME", RlimitResource::Rttime),
];

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

/// Limits of setrlimit(2) that the user did not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitDefaults {
    /// What the kernel gives its first process, and no limit on what it counts for each user.
    #[default]
    Kernel,
    /// The same, but processes and queued signals are limited as they are for the host's first process.
    HostInit,
}

/// Processors by their numbers, at least one (`--cpu-affinity=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CpuSet(BTreeSet<u16>);

impl CpuSet {
    /// The highest number that sched_setaffinity(2) is asked for.
    pub const NUMBER_MAX: u16 = 1023;

    /// Checks the numbers.
    #[must_use]
    pub fn new(numbers: BTreeSet<u16>) -> Option<Self> {
        let fits = numbers.last().is_some_and(|&last| last <= Self::NUMBER_MAX);
        fits.then_some(Self(numbers))
    }

    /// The numbers, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u16> {
        self.0.iter().copied()
    }
}

/// The machine that uname(2) tells the payload of (`--personality=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Personality {
    /// The one it is.
    Native,
    /// Its 32-bit relative.
    Bits32,
}

/// All limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// `--memory=`
    pub memory: Limit<MemoryAmount>,
    /// `--pids-max=`
    pub pids: Limit<u32>,
    /// `--cpus=`
    pub cpus: Limit<MilliCpus>,
    /// `--memory-high=`
    pub memory_high: Limit<MemoryAmount>,
    /// `--swap=`
    pub swap: Limit<MemoryAmount>,
    /// `--cpu-weight=`
    pub cpu_weight: Option<Weight>,
    /// `--io-weight=`
    pub io_weight: Option<Weight>,
    /// `--io-read-bandwidth=` and its like, one per device and kind of traffic.
    pub traffic: Vec<TrafficLimit>,
    /// `--rlimit=`, one per resource.
    pub rlimits: Vec<ResourceLimit>,
    /// What holds for the other resources.
    pub limit_defaults: LimitDefaults,
    /// `--oom-score-adjust=`
    pub oom_score_adjust: Option<OomScoreAdjust>,
    /// `--cpu-affinity=`
    pub cpu_affinity: Option<CpuSet>,
    /// `--personality=`
    pub personality: Option<Personality>,
}
