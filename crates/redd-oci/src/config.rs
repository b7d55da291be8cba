//! `config.json` as the runtime specification of the Open Container Initiative defines it, versions 1.0 to 1.2.
//!
//! A property that is not here is refused by the parser, under its name. One of type [`Unsupported`] is known, and
//! refused where it says anything.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A property that redd has nothing for.
pub(crate) type Unsupported = Option<IgnoredAny>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Config {
    pub(crate) oci_version: String,
    pub(crate) process: Option<Process>,
    pub(crate) root: Option<Root>,
    pub(crate) hostname: Option<String>,
    pub(crate) domainname: Option<String>,
    #[serde(default)]
    pub(crate) mounts: Vec<Mount>,
    pub(crate) hooks: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(default)]
    #[expect(dead_code, reason = "annotations are for others, and have to be text")]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) linux: Option<Linux>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Root {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) readonly: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Process {
    #[serde(default)]
    pub(crate) terminal: bool,
    #[expect(dead_code, reason = "the console follows the caller's terminal")]
    pub(crate) console_size: Option<IgnoredAny>,
    pub(crate) cwd: String,
    #[serde(default)]
    pub(crate) env: Vec<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    #[serde(default)]
    pub(crate) rlimits: Vec<Rlimit>,
    pub(crate) user: Option<User>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) no_new_privileges: Option<bool>,
    pub(crate) oom_score_adj: Option<i32>,
    pub(crate) apparmor_profile: Option<String>,
    pub(crate) selinux_label: Option<String>,
    pub(crate) command_line: Unsupported,
    pub(crate) scheduler: Unsupported,
    #[serde(rename = "ioPriority")]
    pub(crate) io_priority: Unsupported,
    #[serde(rename = "execCPUAffinity")]
    pub(crate) exec_cpu_affinity: Unsupported,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rlimit {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) soft: u64,
    pub(crate) hard: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct User {
    #[serde(default)]
    pub(crate) uid: u32,
    #[serde(default)]
    pub(crate) gid: u32,
    pub(crate) umask: Option<u32>,
    #[serde(default)]
    pub(crate) additional_gids: Vec<u32>,
    pub(crate) username: Unsupported,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Capabilities {
    pub(crate) bounding: Vec<String>,
    pub(crate) effective: Vec<String>,
    pub(crate) inheritable: Vec<String>,
    pub(crate) permitted: Vec<String>,
    pub(crate) ambient: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Mount {
    pub(crate) destination: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) options: Vec<String>,
    #[serde(default)]
    pub(crate) uid_mappings: Vec<IdMapping>,
    #[serde(default)]
    pub(crate) gid_mappings: Vec<IdMapping>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Linux {
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) uid_mappings: Vec<IdMapping>,
    pub(crate) gid_mappings: Vec<IdMapping>,
    pub(crate) devices: Vec<Device>,
    pub(crate) cgroups_path: Option<String>,
    pub(crate) resources: Option<Resources>,
    pub(crate) seccomp: Option<Seccomp>,
    pub(crate) rootfs_propagation: Option<String>,
    pub(crate) masked_paths: Vec<String>,
    pub(crate) readonly_paths: Vec<String>,
    pub(crate) mount_label: Option<String>,
    pub(crate) sysctl: BTreeMap<String, String>,
    pub(crate) personality: Option<Personality>,
    pub(crate) intel_rdt: Unsupported,
    pub(crate) memory_policy: Unsupported,
    pub(crate) net_devices: Unsupported,
    pub(crate) time_offsets: Unsupported,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Namespace {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) path: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdMapping {
    #[serde(rename = "containerID")]
    pub(crate) container_id: u32,
    #[serde(rename = "hostID")]
    pub(crate) host_id: u32,
    pub(crate) size: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Device {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) major: u32,
    #[serde(default)]
    pub(crate) minor: u32,
    #[expect(dead_code, reason = "a node has the mode that the host's has")]
    pub(crate) file_mode: Option<u32>,
    #[serde(default)]
    pub(crate) uid: u32,
    #[serde(default)]
    pub(crate) gid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Personality {
    pub(crate) domain: String,
    #[serde(default)]
    pub(crate) flags: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Resources {
    pub(crate) devices: Vec<DeviceRule>,
    pub(crate) memory: Option<Memory>,
    pub(crate) cpu: Option<Cpu>,
    pub(crate) pids: Option<Pids>,
    #[serde(rename = "blockIO")]
    pub(crate) block_io: Unsupported,
    pub(crate) hugepage_limits: Unsupported,
    pub(crate) network: Unsupported,
    pub(crate) rdma: Unsupported,
    pub(crate) unified: Unsupported,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceRule {
    pub(crate) allow: bool,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) major: Option<i64>,
    pub(crate) minor: Option<i64>,
    pub(crate) access: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Memory {
    pub(crate) limit: Option<i64>,
    pub(crate) reservation: Unsupported,
    pub(crate) swap: Unsupported,
    pub(crate) kernel: Unsupported,
    #[serde(rename = "kernelTCP")]
    pub(crate) kernel_tcp: Unsupported,
    pub(crate) swappiness: Unsupported,
    #[serde(rename = "disableOOMKiller")]
    pub(crate) disable_oom_killer: Option<bool>,
    pub(crate) use_hierarchy: Option<bool>,
    pub(crate) check_before_update: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Cpu {
    pub(crate) quota: Option<i64>,
    pub(crate) period: Option<u64>,
    pub(crate) cpus: Option<String>,
    pub(crate) shares: Unsupported,
    pub(crate) burst: Unsupported,
    pub(crate) realtime_runtime: Unsupported,
    pub(crate) realtime_period: Unsupported,
    pub(crate) mems: Option<String>,
    pub(crate) idle: Unsupported,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pids {
    pub(crate) limit: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Seccomp {
    pub(crate) default_action: String,
    #[expect(dead_code, reason = "a refused call has one errno, whatever the profile says")]
    pub(crate) default_errno_ret: Option<u32>,
    #[expect(dead_code, reason = "the filter knows every architecture of the machine")]
    #[serde(default)]
    pub(crate) architectures: Vec<String>,
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    pub(crate) listener_path: Unsupported,
    pub(crate) listener_metadata: Unsupported,
    #[serde(default)]
    pub(crate) syscalls: Vec<Syscalls>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Syscalls {
    pub(crate) names: Vec<String>,
    pub(crate) action: String,
    #[expect(dead_code, reason = "a refused call has one errno, whatever the profile says")]
    pub(crate) errno_ret: Option<u32>,
    #[serde(default)]
    pub(crate) args: Vec<IgnoredAny>,
}
