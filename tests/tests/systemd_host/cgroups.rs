//! What redd writes to cgroups during whole lives: nothing outside its one unit. Seen by strace(1).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use redd_lab::Run;
use redd_tests::{Need, needs};

use crate::life::{NAME, Place, TINY};

/// System calls that change a file system by a path; those that open say in their flags whether they do.
const CALLS: &str = "open,openat,openat2,creat,mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,\
    chown,fchownat,chmod,fchmodat,setxattr,removexattr,truncate,mount,move_mount,clone3";
const HIERARCHY: &str = "/sys/fs/cgroup";
const TRACES: &str = "/var/tmp/traces";

/// A verb of redd's, traced with whatever it starts.
fn traced(name: &str, words: &str) -> String {
    format!(
        "strace --follow-forks --decode-fds=path --string-limit=4096 --trace={CALLS} --output={TRACES}/{name} redd {words}"
    )
}

/// A whole life with every verb that has to do with cgroups, and what was written below the hierarchy.
fn written_in_a_life(place: &Place, unit: &[&str], boot: &str) -> BTreeSet<PathBuf> {
    let boot = traced("boot", &format!("boot -M {NAME} {boot} --read-only --console=read-only -D {TINY}"));
    let verbs = [
        traced("exec", &format!("exec {NAME} -- /usr/bin/true")),
        traced("pause", &format!("pause {NAME}")),
        traced("resume", &format!("resume {NAME}")),
        traced("device", &format!("device add {NAME} /dev/fuse")),
        traced("restart", &format!("restart {NAME}")),
        traced("status", &format!("status {NAME}")),
    ];
    // Limits are refused where the machine has no controllers for them; that is tried all the same.
    let script = format!(
        "mkdir -p {TRACES}; {boot} > /dev/null & \
        timeout 40 sh -c 'until redd wait {NAME} --for ready 2> /dev/null; do sleep 0.1; done'; \
        {} || echo failed; {} 2> /dev/null; {}; redd terminate {NAME} 2> /dev/null; wait %1; echo ended $?",
        verbs.join(" && "),
        traced("set", &format!("set {NAME} pids=100")),
        traced("stop", &format!("stop {NAME}")),
    );
    let run = place.host.run_with(unit, &["bash", "-c", &script]);
    assert!(run.stdout.ends_with("ended 0") && !run.stdout.contains("failed"), "{run:?}");
    let Run { stdout, .. } = place.host.enter(&["bash", "-c", &format!("cat {TRACES}/*")]);
    stdout.lines().filter_map(changed).collect()
}

/// The path below the hierarchy that a traced call changes, whether it succeeds or not.
fn changed(line: &str) -> Option<PathBuf> {
    let (call, arguments) = line.split_once('(')?;
    let call = call.rsplit(' ').next()?;
    let opens = matches!(call, "open" | "openat" | "openat2");
    if opens && !["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag)) {
        return None;
    }
    let directory = arguments.split_once('<').map(|(_, rest)| rest).and_then(|rest| rest.split_once('>'));
    let name = arguments.split('"').nth(1)?;
    let path = match directory {
        Some((directory, _)) if !arguments.starts_with('"') => Path::new(directory).join(name),
        _ => PathBuf::from(name),
    };
    let is_cgroup_file = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cgroup."));
    (path.starts_with(HIERARCHY) || is_cgroup_file).then_some(path)
}

#[test]
fn redd_writes_to_no_cgroup_outside_the_scope_it_asked_for() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    let written = written_in_a_life(&place, &["--property=Delegate=yes"], "");
    assert_within(
        &written,
        &Path::new(HIERARCHY).join("machine.slice/machine-web.scope"),
        &["supervisor", "payload"],
    );
    place.assert_nothing_left();
}

/// redd is not alone there, as strace is with it; so systemd puts both into the subgroup where redd would go.
#[test]
fn redd_writes_to_no_cgroup_outside_the_unit_that_it_keeps() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    let unit = ["--unit=mine", "--property=Delegate=yes", "--property=DelegateSubgroup=supervisor"];
    let written = written_in_a_life(&place, &unit, "--keep-unit");
    assert_within(&written, &Path::new(HIERARCHY).join("system.slice/mine.service"), &["payload"]);
    place.assert_nothing_left();
}

/// What is made there has been seen: the trace has seen what there is to see.
fn assert_within(written: &BTreeSet<PathBuf>, unit: &Path, made: &[&str]) {
    for expected in made {
        assert!(written.contains(&unit.join(expected)), "{expected}: {written:#?}");
    }
    let outside: Vec<_> = written.iter().filter(|path| !path.starts_with(unit)).collect();
    assert!(outside.is_empty(), "{outside:#?}");
}
