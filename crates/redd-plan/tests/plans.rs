//! What plans look like, and what holds for every plan.

use redd_plan::action::Action;
use redd_plan::{Clause, Side, render, sample};
use redd_spec::capability::CapabilitySet;

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

#[test]
fn everything_that_outlives_the_processes_is_undone() {
    for plan in sample::plans() {
        for step in &plan.steps {
            let outlives = matches!(step.action, Action::CreateHostDirectory { .. } | Action::CreateVeth(_));
            assert_eq!(step.undo.is_some(), outlives || step.undo.is_some(), "{}", step.action);
        }
    }
}
