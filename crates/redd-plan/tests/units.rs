//! Which unit of the host's systemd a machine is in, and what is done for it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use redd_plan::action::Action;
use redd_plan::cgroup::{CgroupPath, Controller};
use redd_plan::facts::{
    DelegatedUnit, DeviceClass, DeviceFacts, DeviceNumber, Grants, HostFacts, Presence, Seat, ServiceManager,
    Voice,
};
use redd_plan::{Plan, render, sample};
use redd_spec::Spec;
use redd_spec::devices::{DeviceNeed, DeviceNode};
use redd_spec::parse::unit_property;
use redd_spec::path::PathInRoot;
use redd_spec::resources::{Limit, MemoryAmount, Resources};
use redd_spec::unit::{Placement, Registration, Unit};

fn plan(spec: &Spec, host: &HostFacts) -> Plan {
    redd_plan::plan(spec, host, &sample::tree(), &sample::grants()).expect("a sample can be planned")
}

fn with(change: impl FnOnce(&mut ServiceManager)) -> HostFacts {
    let mut host = sample::systemd_host();
    change(host.service_manager.as_mut().expect("systemd runs this sample"));
    host
}

fn own(name: &str, seat: Seat) -> DelegatedUnit {
    DelegatedUnit {
        name: name.to_owned(),
        path: CgroupPath(PathBuf::from("/sys/fs/cgroup/system.slice").join(name)),
        controllers: BTreeSet::from([Controller::Memory, Controller::Pids]),
        seat,
    }
}

fn kept(resources: Resources) -> Spec {
    let unit = Unit { placement: Placement::Kept, ..Unit::default() };
    Spec { unit, resources, ..sample::boot() }
}

fn limited() -> Resources {
    Resources { memory: Limit::At(MemoryAmount::Bytes(1 << 30)), ..Resources::default() }
}

/// The steps up to the payload's cgroup, and the warnings.
fn beginning(plan: &Plan) -> String {
    let text = render::to_text(plan);
    let lines = text
        .lines()
        .filter(|line| line.contains("cgroup") || line.contains("systemd") || line.contains("in /"));
    let lines: Vec<&str> = lines.filter(|line| !line.contains("clone") && !line.contains("mount")).collect();
    lines.join("\n")
}

#[test]
fn a_boot_on_a_systemd_host() {
    insta::assert_snapshot!(beginning(&plan(&sample::boot(), &sample::systemd_host())));
}

#[test]
fn a_boot_in_the_unit_redd_was_started_in() {
    let host = with(|manager| manager.own = Some(own("redd@debian.service", Seat::Subgroup)));
    insta::assert_snapshot!(beginning(&plan(&kept(limited()), &host)));
}

/// EE7: whatever is done to cgroups is done in the one unit.
#[test]
fn no_cgroup_outside_the_unit_is_touched() {
    let kept_unit = own("redd@debian.service", Seat::Top);
    let in_scope = (
        sample::boot(),
        sample::systemd_host(),
        PathBuf::from("/sys/fs/cgroup/machine.slice/machine-debian.scope"),
    );
    let in_service =
        (kept(limited()), with(|manager| manager.own = Some(kept_unit.clone())), kept_unit.path.0.clone());
    for (spec, host, unit) in [in_scope, in_service] {
        for step in plan(&spec, &host).steps {
            let path = match &step.action {
                Action::CreateCgroup { path }
                | Action::MoveSelf { path }
                | Action::EnableControllers { path, .. }
                | Action::SetCgroupAttribute { path, .. }
                | Action::AttachDeviceProgram { path, .. }
                | Action::DelegateCgroup { path, .. }
                | Action::OpenPayloadCgroup { path } => path,
                Action::JoinLegacyCgroups { .. } => panic!("a cgroup of version 1"),
                _ => continue,
            };
            assert!(path.0.starts_with(&unit), "{}", step.action);
        }
    }
}

#[test]
fn a_second_boot_stays_in_the_scope_of_the_first_one() {
    let host = with(|manager| {
        manager.voice = Voice::Unasked;
        manager.own = Some(own("machine-debian.scope", Seat::Subgroup));
    });
    let plan = plan(&sample::boot(), &host);
    let asks = |action: &Action| matches!(action, Action::AskForScope(_) | Action::MoveSelf { .. });
    assert!(!plan.steps.iter().any(|step| asks(&step.action)), "{}", render::to_text(&plan));
    assert_eq!(plan.unit.as_deref(), Some("machine-debian.scope"));
}

#[test]
fn somebody_elses_scope_is_not_the_machines() {
    let host = with(|manager| manager.own = Some(own("session-3.scope", Seat::Top)));
    assert_eq!(plan(&sample::boot(), &host).unit.as_deref(), Some("machine-debian.scope"));
}

#[test]
fn a_systemd_that_does_not_answer_is_gone_without_in_one_line() {
    let host = with(|manager| manager.voice = Voice::Silent("no answer".to_owned()));
    let unit = Unit { registration: Registration::No, ..Unit::default() };
    let spec = Spec { unit, ..sample::boot() };
    let silent = plan(&spec, &host);
    let hosts_cgroups = plan(&spec, &sample::unified_host());
    assert_eq!(silent.unit, None);
    assert_eq!(silent.steps, hosts_cgroups.steps);
    assert_eq!(silent.warnings.len(), hosts_cgroups.warnings.len() + 1);
    assert!(silent.warnings[0].0.contains("systemd does not answer (no answer)"));
}

#[test]
fn limits_that_cannot_be_properties_are_set_beside_systemd() {
    let host = with(|manager| {
        manager.voice = Voice::Silent("no answer".to_owned());
        manager.own = Some(own("redd@debian.service", Seat::Subgroup));
    });
    insta::assert_snapshot!(beginning(&plan(&kept(limited()), &host)));
}

#[test]
fn keeping_a_unit_that_is_not_redds_alone_is_said() {
    let plan = plan(&kept(Resources::default()), &sample::systemd_host());
    assert_eq!(plan.unit, None);
    assert!(plan.warnings.iter().any(|warning| warning.0.contains("Delegate=yes")));
}

#[test]
fn what_only_systemd_can_do_is_said_where_there_is_none() {
    let asked = Unit {
        slice: "customers".parse().ok(),
        properties: vec![unit_property("MemoryMax=1G").unwrap()],
        ..Unit::default()
    };
    let plan = plan(&Spec { unit: asked, ..sample::boot() }, &sample::unified_host());
    assert_eq!(plan.warnings[0].0, "--slice and --property of no effect: no systemd runs this host");
}

#[test]
fn a_scope_is_where_its_slice_is() {
    let slices = Unit { slice: "cpu.x-customers".parse().ok(), ..Unit::default() };
    let plan = plan(&Spec { unit: slices, ..sample::boot() }, &sample::systemd_host());
    let Action::AskForScope(request) = &plan.steps[0].action else { panic!("{}", plan.steps[0].action) };
    let expected = "/sys/fs/cgroup/_cpu.x.slice/_cpu.x-customers.slice/machine-debian.scope";
    assert_eq!(request.path.0, PathBuf::from(expected));
}

#[test]
fn a_machine_is_registered_when_its_links_are_there_and_before_it_is_executed() {
    let plan = plan(&sample::boot(), &sample::systemd_host());
    let place =
        |wanted: fn(&Action) -> bool| plan.steps.iter().position(|step| wanted(&step.action)).unwrap();
    let registered = place(|action| matches!(action, Action::RegisterMachine(_)));
    assert!(place(|action| matches!(action, Action::CreateVeth(_))) < registered);
    assert!(registered < place(|action| matches!(action, Action::Execute(_))));
    let Action::RegisterMachine(entry) = &plan.steps[registered].action else { unreachable!() };
    assert_eq!(entry.links, ["ve-debian"]);
    assert!(plan.steps[registered].undo.is_some());
}

#[test]
fn without_machined_a_machine_starts_and_only_who_insists_is_refused() {
    let host = with(|manager| manager.machined = Presence::Absent);
    let registered = |registration, host: &HostFacts| {
        let unit = Unit { registration, ..Unit::default() };
        let spec = Spec { unit, ..sample::boot() };
        redd_plan::plan(&spec, host, &sample::tree(), &sample::grants())
    };
    let plan = registered(Registration::Auto, &host).unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.0.contains("no systemd-machined")));
    assert!(registered(Registration::No, &host).unwrap().warnings.is_empty());
    for host in [&host, &sample::unified_host()] {
        assert!(
            registered(Registration::Yes, host).unwrap_err().hint().unwrap().contains("systemd-container")
        );
    }
}

#[test]
fn the_unit_redd_was_started_in_may_use_the_devices_that_were_named() {
    let path = PathInRoot::new("/dev/kvm").expect("a path");
    let device = DeviceNode::new(path, DeviceNeed::Required).expect("a device of the host");
    let number = DeviceNumber { kind: DeviceClass::Character, major: 10, minor: 232 };
    let grants = Grants { devices: vec![DeviceFacts::Node(number, 0o666)], ..sample::grants() };
    let spec = Spec { devices: vec![device], ..kept(Resources::default()) };
    let host = with(|manager| manager.own = Some(own("redd@debian.service", Seat::Subgroup)));
    let plan = redd_plan::plan(&spec, &host, &sample::tree(), &grants).expect("it can be planned");
    let allowed = plan.steps.iter().any(|step| match &step.action {
        Action::SetUnitProperties { unit, properties } => {
            let texts: Vec<&str> = properties.iter().map(|property| property.text.as_str()).collect();
            unit == "redd@debian.service" && texts == ["DeviceAllow=/dev/char/10:232 rwm"]
        }
        _ => false,
    });
    assert!(allowed, "{}", render::to_text(&plan));
}
