//! What plans look like, and what holds for every plan.

use redd_plan::action::Action;
use redd_plan::{Clause, Side, render, sample};
use redd_spec::Spec;
use redd_spec::capability::CapabilitySet;
use redd_spec::nesting::Nesting;
use redd_spec::root::{Persistence, Root};

#[test]
fn a_boot_with_every_default() {
    let plan = redd_plan::plan(&sample::boot(), &sample::unified_host(), &sample::tree(), &sample::grants());
    insta::assert_snapshot!(render::to_text(&plan.unwrap()));
}

#[test]
fn a_command_on_a_hybrid_host() {
    let plan =
        redd_plan::plan(&sample::command(), &sample::hybrid_host(), &sample::tree(), &sample::grants());
    insta::assert_snapshot!(render::to_text(&plan.unwrap()));
}

#[test]
fn every_step_has_words() {
    for plan in sample::plans() {
        assert!(!render::to_text(&plan).contains("unnamed step"));
    }
}

#[test]
fn a_host_with_too_few_inotify_instances_is_named_before_a_boot_that_takes_the_hosts() {
    use redd_plan::facts::{Grants, InotifyFacts};
    let names_it = |machines, ids| {
        let inotify = Some(InotifyFacts { limit: 128, machines });
        let host = redd_plan::facts::HostFacts { inotify, ..sample::unified_host() };
        let grants = Grants { ids, ..sample::grants() };
        let plan = redd_plan::plan(&sample::boot(), &host, &sample::tree(), &grants).unwrap();
        plan.warnings.iter().any(|warning| warning.0.contains("max_user_instances is 128"))
    };
    assert!(!names_it(24, None));
    assert!(names_it(25, None));
    assert!(!names_it(25, sample::grants().ids), "a machine with its own ids has its own budget");
}

/// EV3: the first pty of a new devpts is the console's, where there is one.
#[test]
fn further_terminals_are_named_to_pid_1_and_handed_to_the_supervisor() {
    use redd_spec::console::ConsoleMode;
    for (console, names) in [(ConsoleMode::Passive, "pts/1 pts/2"), (ConsoleMode::Pipe, "pts/0 pts/1")] {
        let spec = redd_spec::Spec { console, ..sample::with_terminals() };
        let plan = redd_plan::plan(&spec, &sample::unified_host(), &sample::tree(), &sample::grants());
        let plan = plan.unwrap();
        let Action::Execute(execution) = &plan.steps.last().unwrap().action else { unreachable!() };
        let expected = format!("container_ttys={names}");
        assert!(execution.environment.iter().any(|variable| variable.as_bytes() == expected.as_bytes()));
        let numbers: Vec<String> = plan.supervision.terminals.iter().map(ToString::to_string).collect();
        assert_eq!(numbers.join(" "), names);
        let text = render::to_text(&plan);
        assert!(text.contains(&format!("allocate {}", numbers.join(", "))), "{text}");
    }
}

/// Its user namespace is the payload's root's, so that the kernel counts what it takes for that one.
#[test]
fn a_host_that_may_not_limit_somebody_elses_child_leaves_it_to_the_child() {
    let sides = |capabilities| {
        let host = redd_plan::facts::HostFacts { capabilities, ..sample::unified_host() };
        let plan = redd_plan::plan(&sample::boot(), &host, &sample::tree(), &sample::grants()).unwrap();
        let limits =
            plan.steps.into_iter().filter(|step| matches!(step.action, Action::SetResourceLimits { .. }));
        limits.map(|step| step.side).collect::<Vec<_>>()
    };
    assert_eq!(sides(CapabilitySet::ALL), [Side::Host]);
    let without = CapabilitySet::ALL.difference(CapabilitySet::of(&["CAP_SYS_RESOURCE"]));
    assert_eq!(sides(without), [Side::Child]);
}

/// The side that acts before the clone is the host's, and after the last step there is only the payload.
#[test]
fn the_child_acts_only_after_the_clone_and_executes_last() {
    for plan in sample::plans() {
        let clone = plan.steps.iter().position(|step| matches!(step.action, Action::Clone { .. })).unwrap();
        assert!(plan.steps[..=clone].iter().all(|step| step.side == Side::Host));
        assert!(matches!(plan.steps.last().unwrap().action, Action::Execute(_)));
    }
}

/// NO1, NO2, NO8: whatever else changes, these capabilities are kept and those are not given.
#[test]
fn no_plan_drops_mknod_or_sys_admin_or_gives_audit_capabilities() {
    for plan in sample::plans() {
        let kept = plan.steps.iter().find_map(|step| match &step.action {
            Action::DropBoundingCapabilities { kept } => Some(*kept),
            _ => None,
        });
        let kept = kept.unwrap();
        assert!(kept.contains(CapabilitySet::of(&["CAP_MKNOD", "CAP_SYS_ADMIN"])));
        let audit = CapabilitySet::of(&["CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE"]);
        assert!(kept.intersection(audit).is_empty());
    }
}

#[test]
fn every_clause_has_a_step_or_a_reason() {
    let plans = sample::plans();
    for clause in Clause::ALL {
        let served = plans.iter().flat_map(|plan| &plan.steps).any(|step| step.serves.contains(clause));
        assert_eq!(served, clause.without_step().is_none(), "{clause}");
    }
}

/// R40: what a SIGKILL would leave behind is in the list that the journal is made of.
#[test]
fn everything_that_outlives_the_processes_is_undone() {
    for plan in sample::plans() {
        let machines: Vec<_> = plan
            .steps
            .iter()
            .filter(|step| match &step.action {
                Action::CreateHostDirectory { .. } | Action::CreateVeth(_) => true,
                // The payload's cgroup goes with the machine's, which it is in; a unit is not redd's to remove.
                Action::CreateCgroup { path } => !path.0.ends_with("payload") || plan.unit.is_some(),
                _ => false,
            })
            .collect();
        assert!(!machines.is_empty());
        assert!(machines.iter().all(|step| step.undo.is_some()), "{}", render::to_text(&plan));
    }
}

/// EE2: a user namespace cannot mount selinuxfs, so the host's own is shown, read-only.
#[test]
fn selinuxfs_is_staged_where_the_host_has_it() {
    let host = redd_plan::facts::HostFacts { selinux: true.into(), ..sample::unified_host() };
    let plan = redd_plan::plan(&sample::boot(), &host, &sample::tree(), &sample::grants()).unwrap();
    let text = render::to_text(&plan);
    assert!(
        text.contains("stage selinux (ro,") && text.contains("attach staged selinux to /sys/fs/selinux"),
        "{text}"
    );
}

/// A host with version 1 alone gets the devices controller, and a word about it.
#[test]
fn without_a_unified_hierarchy_the_devices_controller_filters() {
    let hybrid = sample::hybrid_host();
    let cgroups = redd_plan::facts::CgroupFacts { unified: None, ..hybrid.cgroups.clone() };
    let host = redd_plan::facts::HostFacts { cgroups, ..hybrid };
    let plan = redd_plan::plan(&sample::boot(), &host, &sample::tree(), &sample::grants()).unwrap();
    assert!(plan.steps.iter().any(|step| matches!(step.action, Action::SetDeviceRules { .. })));
    assert!(
        plan.steps
            .iter()
            .any(|step| matches!(&step.action, Action::JoinLegacyCgroups { paths } if paths.len() > 1))
    );
    assert!(!plan.warnings.is_empty());
}

#[test]
fn a_host_without_any_cgroup_is_refused_with_the_way_out() {
    let cgroups = redd_plan::facts::CgroupFacts::default();
    let host = redd_plan::facts::HostFacts { cgroups, ..sample::unified_host() };
    let error = redd_plan::plan(&sample::boot(), &host, &sample::tree(), &sample::grants()).unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("cgroup2")));
}

/// Where no filter can be attached, there is nothing to filter: no nodes can be made, and those of file systems are dead.
#[test]
fn in_a_container_the_nodes_that_are_bound_are_the_only_ones() {
    use redd_plan::action::{MountFlags, OverlayMarks};
    let overlay = Root { persistence: Persistence::Ephemeral, ..sample::boot().root };
    let spec = Spec { root: overlay, ..sample::boot() };
    let plan = redd_plan::plan(&spec, &sample::inner_host(), &sample::tree(), &sample::grants()).unwrap();
    let actions: Vec<&Action> = plan.steps.iter().map(|step| &step.action).collect();
    assert!(!actions.iter().any(|action| matches!(action, Action::AttachDeviceProgram { .. })));
    let verified = actions.iter().position(|action| matches!(action, Action::VerifyNodesRefused)).unwrap();
    let bound = actions.iter().position(|action| matches!(action, Action::StageNode { .. })).unwrap();
    assert!(verified < bound);
    for action in actions {
        match action {
            Action::Stage { flags, .. } => assert!(flags.contains(MountFlags::NO_DEVICES), "{action}"),
            Action::StageOverlay { flags, marks, .. } => {
                assert!(flags.contains(MountFlags::NO_DEVICES) && *marks == OverlayMarks::User);
            }
            _ => {}
        }
    }
}

/// R22: no payload without something between it and devices.
#[test]
fn every_plan_filters_devices_or_makes_sure_that_there_are_none() {
    for plan in sample::plans() {
        let guards = plan.steps.iter().filter(|step| {
            matches!(
                step.action,
                Action::AttachDeviceProgram { .. }
                    | Action::SetDeviceRules { .. }
                    | Action::VerifyNodesRefused
            )
        });
        assert_eq!(guards.count(), 1, "{}", render::to_text(&plan));
    }
}

#[test]
fn for_containers_inside_a_whole_procfs_and_sysfs_are_mounted_below_run_host() {
    let text = |spec: Spec| {
        let plan = redd_plan::plan(&spec, &sample::unified_host(), &sample::tree(), &sample::grants());
        render::to_text(&plan.unwrap())
    };
    let nested = text(Spec { nesting: Nesting::On, ..sample::command() });
    let place = |line: &str| nested.find(line).unwrap_or_else(|| panic!("{line}: {nested}"));
    let covered = place("attach staged host to /run/host ");
    assert!(place("on /run/host/proc") < covered && place("on /run/host/sys") < covered);
    assert!(!text(sample::command()).contains("/run/host/proc"));
}

/// What is covered in `/proc` is covered for the host's root, and only somebody else may see it uncovered.
#[test]
fn containers_inside_need_ids_that_are_not_the_hosts_roots() {
    use redd_plan::PlanError;
    use redd_plan::facts::Grants;
    use redd_spec::ids::{HostId, IdRange, RANGE_SIZE};
    let spec = Spec { nesting: Nesting::On, ..sample::boot() };
    let plan = |ids| {
        let grants = Grants { ids, ..sample::grants() };
        redd_plan::plan(&spec, &sample::unified_host(), &sample::tree(), &grants)
    };
    let range = |start, count| Some(IdRange { start: HostId(start), count });
    for ids in [None, range(0, RANGE_SIZE), range(0, 16 * RANGE_SIZE)] {
        assert_eq!(plan(ids).unwrap_err(), PlanError::NestingWithoutIds);
    }
    let warns = |ids| plan(ids).unwrap().warnings.iter().any(|warning| warning.0.contains("--nesting"));
    assert!(warns(range(RANGE_SIZE, RANGE_SIZE)));
    assert!(!warns(range(RANGE_SIZE, 16 * RANGE_SIZE)));
}
