//! Plans of what a payload may do: each choice is a step, and what cannot be kept is refused by name.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use redd_plan::action::{Action, EntryKind};
use redd_plan::facts::{
    BindFacts, DeviceClass, DeviceFacts, DeviceNumber, FileKind, Grants, HostFacts, InitLimits,
};
use redd_plan::{Plan, PlanError, render, sample};
use redd_spec::Spec;
use redd_spec::api::{ApiAccess, ApiFileSystems, TemporaryDirectory};
use redd_spec::capability::{CapabilitySet, Privileges, SystemCallRule};
use redd_spec::ids::{HostId, UserNamespace};
use redd_spec::namespaces::{SharedNamespaces, Sharing};
use redd_spec::network::{MacAddress, Network};
use redd_spec::parse;
use redd_spec::payload::{Command, CommandInit, Payload};
use redd_spec::resources::{LimitDefaults, Resources, RlimitResource};
use redd_spec::root::OsReleaseCheck;

fn plan_with(spec: &Spec, host: &HostFacts, grants: &Grants) -> Result<Plan, PlanError> {
    let ids = (spec.users != UserNamespace::Host).then_some(sample::grants().ids).flatten();
    redd_plan::plan(spec, host, &sample::tree(), &Grants { ids, ..grants.clone() })
}

fn plan(spec: &Spec) -> Result<Plan, PlanError> {
    plan_with(spec, &sample::unified_host(), &sample::grants())
}

fn text(spec: &Spec) -> String {
    render::to_text(&plan(spec).unwrap())
}

/// A command that is its own first process, without a user namespace.
fn first_process() -> Spec {
    let Payload::Command(command) = sample::command().payload else { panic!("the sample is a command") };
    let command = Command { init: CommandInit::Command, ..command };
    Spec { payload: Payload::Command(command), users: UserNamespace::Host, ..sample::command() }
}

fn with(privileges: Privileges) -> Spec {
    Spec { privileges, ..sample::command() }
}

#[test]
fn ambient_capabilities_are_for_commands_and_within_bounds() {
    let ambient = |names: &[&str]| Privileges { ambient: CapabilitySet::of(names), ..Privileges::default() };
    assert!(text(&with(ambient(&["CAP_NET_RAW"]))).contains("inheritable and ambient CAP_NET_RAW"));
    let beyond = plan(&with(ambient(&["CAP_SYS_TIME"]))).unwrap_err();
    assert!(beyond.to_string().contains("CAP_SYS_TIME"), "{beyond}");
    let raised = Privileges { added: CapabilitySet::of(&["CAP_SYS_TIME"]), ..ambient(&["CAP_SYS_TIME"]) };
    assert!(plan(&with(raised)).is_ok());
    let boot = Spec { privileges: ambient(&["CAP_NET_RAW"]), ..sample::boot() };
    assert_eq!(plan(&boot).unwrap_err(), PlanError::AmbientForInit);
}

#[test]
fn families_are_restricted_only_where_no_call_hides_them() {
    let address_families = parse::restrict_address_families(Default::default(), "AF_UNIX").unwrap();
    let allow = |word: &str| vec![SystemCallRule::Allow(word.to_owned())];
    let restricted =
        |system_calls| with(Privileges { address_families, system_calls, ..Privileges::default() });
    assert!(plan(&restricted(Vec::new())).is_ok());
    assert!(plan(&restricted(allow("@network-io"))).is_ok());
    let error = plan(&restricted(allow("io_uring_setup"))).unwrap_err();
    assert_eq!(error, PlanError::UnseenSockets { call: "io_uring_setup" });
    let unrestricted = Privileges { system_calls: allow("io_uring_setup"), ..Privileges::default() };
    assert!(plan(&with(unrestricted)).is_ok());
}

#[test]
fn contexts_are_for_hosts_with_selinux() {
    let context = parse::selinux_context("u:r:t:s0").ok();
    let mut privileges = Privileges::default();
    privileges.selinux.process = context.clone();
    privileges.selinux.api_file_systems = context;
    let spec = with(privileges);
    let error = plan(&spec).unwrap_err().to_string();
    assert!(error.contains("--selinux-context= needs SELinux"), "{error}");
    let host = HostFacts { selinux: true.into(), ..sample::unified_host() };
    let text = render::to_text(&plan_with(&spec, &host, &sample::grants()).unwrap());
    assert!(text.contains("execute with SELinux context u:r:t:s0"), "{text}");
    for mount in ["tmpfs (", "devpts ("] {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(mount)).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("context=u:r:t:s0")), "{text}");
    }
    assert!(text.lines().filter(|line| line.contains("proc (")).all(|line| !line.contains("context=")));
}

#[test]
fn limits_of_the_hosts_first_process_are_taken_over_where_asked_for() {
    let resources = Resources { limit_defaults: LimitDefaults::HostInit, ..Resources::default() };
    let spec = Spec { resources, ..sample::boot() };
    let init_limits = Some(InitLimits { processes: (Some(7), Some(8)), signals: (Some(9), None) });
    let host = HostFacts { init_limits, ..sample::unified_host() };
    let plan = plan_with(&spec, &host, &sample::grants()).unwrap();
    let limits = plan.steps.iter().find_map(|step| match &step.action {
        Action::SetResourceLimits { limits, .. } => Some(limits),
        _ => None,
    });
    let of = |resource| {
        let limit = limits.unwrap().iter().find(|limit| limit.resource == resource).unwrap();
        (limit.soft, limit.hard)
    };
    assert_eq!(of(RlimitResource::Nproc), (Some(7), Some(8)));
    assert_eq!(of(RlimitResource::Sigpending), (Some(9), None));
    assert_eq!(of(RlimitResource::Nofile), (Some(1024), Some(524_288)));
}

const FUSE: DeviceNumber = DeviceNumber { kind: DeviceClass::Character, major: 10, minor: 229 };

#[test]
fn a_device_is_a_node_with_its_directories_and_a_rule() {
    let devices = vec![parse::device("/dev/one/two").unwrap()];
    let spec = Spec { devices, ..sample::boot() };
    let granted = |facts| Grants { devices: vec![facts], ..sample::grants() };
    let host = sample::unified_host();
    let plan = plan_with(&spec, &host, &granted(DeviceFacts::Node(FUSE, 0o600))).unwrap();
    let entries = plan.steps.iter().find_map(|step| match &step.action {
        Action::StageFileSystem { slot: redd_plan::descriptor::Slot::Devices, entries, .. } => Some(entries),
        _ => None,
    });
    let entry = |path: &str| entries.unwrap().iter().find(|entry| entry.path == path);
    let node = entry("one/two").unwrap();
    assert_eq!((node.mode, &node.kind), (0o600, &EntryKind::Character { major: 10, minor: 229 }));
    assert_eq!(entry("one").unwrap().kind, EntryKind::Directory);
    assert_eq!(entry("char/10:229").unwrap().kind, EntryKind::Link("../one/two".to_owned()));
    assert!(rules(&plan) > rules(&self::plan(&sample::boot()).unwrap()));

    let absent = plan_with(&spec, &host, &granted(DeviceFacts::Absent)).unwrap_err();
    assert_eq!(absent, PlanError::NoDevice { path: "/dev/one/two".into() });
    let other = plan_with(&spec, &host, &granted(DeviceFacts::NoDevice)).unwrap_err();
    assert_eq!(other, PlanError::NotADevice { path: "/dev/one/two".into() });
}

/// The length of the device filter.
fn rules(plan: &Plan) -> usize {
    let length = |step: &redd_plan::Step| match &step.action {
        Action::AttachDeviceProgram { program, .. } => Some(program.instructions().len()),
        _ => None,
    };
    plan.steps.iter().find_map(length).unwrap()
}

#[test]
fn a_bound_device_is_allowed_and_whose_it_is_is_said() {
    let mounts = vec![parse::bind("/dev/fuse", redd_spec::root::Access::ReadWrite).unwrap()];
    let binds = vec![BindFacts {
        kind: FileKind::Other,
        device: Some(FUSE),
        source_owner: HostId(0),
        destination_owner: None,
    }];
    let grants = Grants { binds, ..sample::grants() };
    let host = sample::unified_host();
    let without = rules(&plan(&sample::boot()).unwrap());
    for (users, is_warned) in [(UserNamespace::Pick, true), (UserNamespace::Host, false)] {
        let spec = Spec { mounts: mounts.clone(), users, ..sample::boot() };
        let plan = plan_with(&spec, &host, &grants).unwrap();
        assert!(rules(&plan) > without);
        assert_eq!(plan.warnings.iter().any(|warning| warning.0.contains("--device=")), is_warned);
    }
}

#[test]
fn an_init_has_processes_and_a_name_of_its_own() {
    let shared = |pid, uts| SharedNamespaces { pid, uts, ..SharedNamespaces::default() };
    for namespaces in [shared(Sharing::Shared, Sharing::Private), shared(Sharing::Private, Sharing::Shared)] {
        for spec in [sample::boot(), sample::command()] {
            let spec = Spec { namespaces, users: UserNamespace::Host, ..spec };
            assert!(matches!(plan(&spec), Err(PlanError::InitInSharedNamespace { .. })));
        }
        let text = text(&Spec { namespaces, ..first_process() });
        assert_eq!(text.contains("set host name"), !namespaces.uts.is_shared());
        assert_eq!(text.contains("new pid"), !namespaces.pid.is_shared(), "{text}");
    }
    let namespaces = shared(Sharing::Shared, Sharing::Private);
    let spec = Spec { namespaces, users: UserNamespace::Pick, ..first_process() };
    assert_eq!(plan(&spec).unwrap_err(), PlanError::SharedProcessesWithUserNamespace);
}

#[test]
fn queues_of_the_host_are_not_mounted_in_a_user_namespace() {
    let namespaces = SharedNamespaces { ipc: Sharing::Shared, ..SharedNamespaces::default() };
    for (users, has_queues) in [(UserNamespace::Pick, false), (UserNamespace::Host, true)] {
        let text = text(&Spec { namespaces, users, ..sample::boot() });
        assert_eq!(text.contains("mount mqueue"), has_queues);
    }
}

#[test]
fn shared_cgroups_are_read_only_but_for_the_payloads_own() {
    let namespaces = SharedNamespaces { cgroup: Sharing::Shared, ..SharedNamespaces::default() };
    let text = text(&Spec { namespaces, ..sample::boot() });
    let own = "/sys/fs/cgroup/user.slice/redd-debian/payload";
    assert!(text.contains("stage cgroups (ro,nosuid,nodev,noexec)"), "{text}");
    assert!(text.contains("stage payload-cgroups (nosuid,nodev,noexec)"), "{text}");
    assert!(text.contains(&format!("attach staged payload-cgroups to {own}")), "{text}");
    assert!(!text.contains("new mount, cgroup") && !text.contains("mount cgroup2"), "{text}");
}

#[test]
fn proc_and_sys_are_as_writable_as_asked_for() {
    let api = |access| ApiFileSystems { access, ..ApiFileSystems::default() };
    let spec = |access| Spec {
        api: api(access),
        network: Network::Host,
        users: UserNamespace::Host,
        ..sample::boot()
    };
    let has = |access, wanted: &str| text(&spec(access)).contains(wanted);
    let (protected, network) = ("bind /proc/sys to /proc/sys (ro", "bind /proc/sys/net to /proc/sys/net (rw");
    assert!(has(ApiAccess::ReadOnly, protected) && !has(ApiAccess::ReadOnly, network));
    assert!(has(ApiAccess::NetworkWritable, protected) && has(ApiAccess::NetworkWritable, network));
    assert!(!has(ApiAccess::Writable, protected) && !has(ApiAccess::Writable, "make /proc/kcore"));
    assert!(
        has(ApiAccess::Writable, "stage sys (nosuid") && has(ApiAccess::NetworkWritable, "stage sys (ro")
    );
    let mapped = Spec { api: api(ApiAccess::Writable), ..sample::boot() };
    assert_eq!(plan(&mapped).unwrap_err(), PlanError::WritableApiWithUserNamespace);
}

#[test]
fn the_trees_tmp_and_names_are_as_asked_for() {
    let api = ApiFileSystems { temporary: TemporaryDirectory::Tree, ..ApiFileSystems::default() };
    assert!(!text(&Spec { api, ..sample::boot() }).contains("on /tmp"));
    let mut spec = sample::boot();
    spec.identity.manager = parse::manager_name("mine").unwrap();
    spec.identity.link_address = Some(MacAddress([2, 0, 0, 0, 0, 5]));
    assert!(text(&spec).contains("host0 (02:00:00:00:00:05)"));
    let plan = plan(&spec).unwrap();
    let Some(Action::Execute(execution)) = plan.steps.last().map(|step| &step.action) else { panic!() };
    assert!(execution.environment.iter().any(|variable| variable.as_bytes() == b"container=mine"));
}

#[test]
fn a_tree_without_os_release_is_booted_where_nobody_looks() {
    let tree = redd_plan::facts::TreeFacts { os_release: None, ..sample::tree() };
    let plan = |check| {
        let mut spec = sample::boot();
        spec.root.os_release = check;
        redd_plan::plan(&spec, &sample::unified_host(), &tree, &sample::grants())
    };
    assert!(matches!(plan(OsReleaseCheck::Required), Err(PlanError::NoOsRelease { .. })));
    assert!(plan(OsReleaseCheck::Unchecked).is_ok());
}
