//! Every supported system boots clean, in every layout this machine can show.

use redd_tests::{CgroupView, Machine, Need, covers, needs};

fn boots_clean(view: CgroupView, tree: Need, options: &[&str]) {
    let machine = Machine::boot_in(view, &tree.tree(), &[&["--ephemeral"], options].concat());
    machine.assert_runs_clean();
    assert_eq!(machine.stop(), 0);
}

#[test]
fn debian_12_boots_with_a_user_namespace() {
    needs!(Need::Root, Need::Debian12);
    covers!(UP2, FW2);
    boots_clean(CgroupView::Native, Need::Debian12, &[]);
}

#[test]
fn debian_12_boots_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian12);
    boots_clean(CgroupView::Native, Need::Debian12, &["--private-users=no"]);
}

#[test]
fn debian_12_boots_on_version_2_alone() {
    needs!(Need::Root, Need::Debian12);
    boots_clean(CgroupView::PureV2, Need::Debian12, &[]);
}

#[test]
fn debian_12_boots_on_version_2_alone_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian12);
    boots_clean(CgroupView::PureV2, Need::Debian12, &["--private-users=no"]);
}

#[test]
fn debian_13_boots_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian13);
    boots_clean(CgroupView::Native, Need::Debian13, &["--private-users=no"]);
}

#[test]
fn debian_13_boots_on_version_2_alone() {
    needs!(Need::Root, Need::Debian13);
    boots_clean(CgroupView::PureV2, Need::Debian13, &[]);
}

#[test]
fn debian_13_boots_on_version_2_alone_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian13);
    boots_clean(CgroupView::PureV2, Need::Debian13, &["--private-users=no"]);
}

#[test]
fn debian_13_boots_on_the_hosts_network() {
    needs!(Need::Root, Need::Debian13);
    boots_clean(CgroupView::Native, Need::Debian13, &["--private-network=no"]);
}

#[test]
fn debian_13_boots_from_its_usr_alone() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot_in(CgroupView::Native, &Need::Debian13.tree(), &["--volatile=state"]);
    machine.assert_runs_clean();
    assert!(machine.succeeds("touch /var/x && ! touch /x"));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn the_development_suite_boots() {
    needs!(Need::Root, Need::DebianSid);
    boots_clean(CgroupView::Native, Need::DebianSid, &[]);
}

#[test]
fn the_development_suite_boots_on_version_2_alone() {
    needs!(Need::Root, Need::DebianSid);
    boots_clean(CgroupView::PureV2, Need::DebianSid, &[]);
}

/// UP1: degraded is allowed, coming up is not optional.
#[test]
fn a_payload_without_mknod_and_sys_admin_boots_when_asked_for() {
    needs!(Need::Root, Need::Debian13);
    covers!(UP1);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--drop-capability=CAP_SYS_ADMIN,CAP_MKNOD"]);
    let bounding = machine.shell("grep CapBnd /proc/1/status | cut -f2");
    assert_eq!(u64::from_str_radix(&bounding, 16).unwrap() & (1 << 21 | 1 << 27), 0);
    assert_eq!(machine.stop(), 0);
}
