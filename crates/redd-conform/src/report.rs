//! What came out: the one form that is printed, saved, and compared.

use serde::{Deserialize, Serialize};

/// The version of the saved form.
pub const SCHEMA: u32 = 1;

/// One container manager, in one configuration, judged once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`]
    pub schema: u32,
    /// Who was judged.
    pub manager: Manager,
    /// On what.
    pub host: Host,
    /// With what inside.
    pub payload: Payload,
    /// In the order of the registry.
    pub judgements: Vec<Judgement>,
}

/// Who was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// `systemd-nspawn`
    pub name: String,
    /// What it says of itself, where it was asked.
    pub version: Option<String>,
    /// Which of its configurations: `default`, `user namespace and veth`.
    pub mode: String,
}

/// On what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// `uname -r`
    pub kernel: String,
    /// `v2`, `hybrid`, `v1`
    pub cgroups: String,
    /// The service manager, where the host has one.
    pub service_manager: Option<String>,
}

/// With what inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// `PRETTY_NAME` of its os-release.
    pub os: Option<String>,
    /// `systemd 257`
    pub init: Option<String>,
}

/// One check's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// `EE3.15`
    pub check: String,
    /// What came out.
    pub verdict: Verdict,
    /// The raw line that shows it, escaped and cut; for the other verdicts, why.
    pub evidence: String,
}

/// What came out of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It cannot hold or fail here: the host or the configuration has no place for it.
    NotApplicable,
    /// It was not looked at in this run.
    NotJudged,
}
