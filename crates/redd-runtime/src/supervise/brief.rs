//! What a supervisor has to know of the plan of a boot while that runs. It is less than the plan, and can be handed over.

use std::borrow::Cow;

use redd_control::entry::Entry;
use redd_plan::action::{Action, DevicePolicy};
use redd_plan::cgroup::CgroupPath;
use redd_plan::step::Plan;
use redd_spec::name::MachineName;
use redd_spec::resources::Personality;
use redd_spec::variables;
use serde::{Deserialize, Serialize};

use super::processes::Processes;

/// Where that comes from: what is seldom asked for is looked up in the plan when it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'a> {
    /// This redd has booted the machine.
    Plan(&'a Plan),
    /// Another one has.
    Brief(&'a Brief),
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Brief {
    pub(super) name: MachineName,
    pub(super) processes: Processes,
    /// The cgroups that were made for it.
    pub(crate) cgroups: Vec<CgroupPath>,
    /// The link of the host that leads to it.
    pub(super) host_link: Option<String>,
    /// How the payload is confined.
    pub(super) entry: Entry,
    pub(super) devices: DevicePolicy,
    pub(super) device_filter: DeviceFilter,
}

/// What keeps it from other devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DeviceFilter {
    /// A program attached to this cgroup.
    Program(CgroupPath),
    /// Rules of version 1 in this one.
    Rules(CgroupPath),
    /// The filter of the container that redd runs in.
    Outside,
}

impl<'a> Known<'a> {
    pub(super) const fn name(self) -> &'a MachineName {
        match self {
            Self::Plan(plan) => &plan.name,
            Self::Brief(brief) => &brief.name,
        }
    }

    pub(super) fn processes(self) -> Processes {
        match self {
            Self::Plan(plan) => Processes::of(plan),
            Self::Brief(brief) => brief.processes.clone(),
        }
    }

    /// What was made for it, and how it is confined.
    pub(crate) fn brief(self) -> Cow<'a, Brief> {
        match self {
            Self::Plan(plan) => Cow::Owned(Brief::of(plan)),
            Self::Brief(brief) => Cow::Borrowed(brief),
        }
    }
}

impl Brief {
    /// Whose it is.
    pub(crate) const fn name(&self) -> &MachineName {
        &self.name
    }

    fn of(plan: &Plan) -> Self {
        let mut brief = Self {
            name: plan.name.clone(),
            processes: Processes::of(plan),
            cgroups: Vec::new(),
            host_link: None,
            entry: entry(plan),
            devices: plan.devices.clone(),
            device_filter: DeviceFilter::Outside,
        };
        for step in &plan.steps {
            match &step.action {
                Action::CreateCgroup { path } => brief.cgroups.push(path.clone()),
                Action::CreateVeth(pair) => brief.host_link = Some(pair.host_name.clone()),
                Action::AttachDeviceProgram { path, .. } => {
                    brief.device_filter = DeviceFilter::Program(path.clone());
                }
                Action::SetDeviceRules { path, .. } => {
                    brief.device_filter = DeviceFilter::Rules(path.clone());
                }
                _ => {}
            }
        }
        brief
    }
}

/// What of the environment is PID 1's own affair.
const OF_PID_1: [&str; 10] = [
    variables::NOTIFY_SOCKET,
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "CREDENTIALS_DIRECTORY",
    "WATCHDOG_USEC",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
];

/// How the plan confined its payload.
fn entry(plan: &Plan) -> Entry {
    let mut entry = Entry {
        bounding: 0,
        no_new_privileges: false,
        seccomp: Vec::new(),
        is_32_bit: false,
        selinux_context: None,
        environment: Vec::new(),
        cpu_affinity: None,
    };
    for step in &plan.steps {
        match &step.action {
            Action::DropBoundingCapabilities { kept } => entry.bounding = kept.bits(),
            Action::RefuseNewPrivileges => entry.no_new_privileges = true,
            Action::InstallSeccomp { program } => entry.seccomp = program.instructions().to_vec(),
            Action::SetPersonality { personality } => entry.is_32_bit = *personality == Personality::Bits32,
            Action::SetExecutionContext { context } => {
                entry.selinux_context = Some(context.as_str().to_owned());
            }
            Action::SetCpuAffinity { processors } => {
                let numbers: Vec<String> = processors.numbers().map(|number| number.to_string()).collect();
                entry.cpu_affinity = Some(numbers.join(","));
            }
            Action::Execute(execution) => {
                let texts = execution.environment.iter().map(ToString::to_string);
                let is_kept = |text: &String| !OF_PID_1.contains(&text.split('=').next().unwrap_or_default());
                entry.environment = texts.filter(is_kept).collect();
            }
            _ => {}
        }
    }
    entry
}
