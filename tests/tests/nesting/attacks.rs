//! What `--nesting` gives a hostile payload: nothing of the host.

use std::process::Command;

use redd_tests::{Need, needs};

use crate::outer::run_in_one;

/// What the host's root can do harm with, in a procfs and a sysfs that are whole.
const DANGEROUS: [&str; 8] = [
    "proc/sysrq-trigger",
    "proc/sys/kernel/core_pattern",
    "proc/sys/kernel/modprobe",
    "proc/sys/kernel/panic",
    "proc/sys/vm/drop_caches",
    "proc/irq/default_smp_affinity",
    "sys/kernel/uevent_helper",
    "sys/power/state",
];

/// Prints what of it can be opened for writing below a directory; nothing is written.
fn writable_below(directory: &str) -> String {
    let files = DANGEROUS.join(" ");
    format!("for file in {files}; do (: >> {directory}/$file) 2> /dev/null && echo $file; done; true")
}

/// By root of the machine, and by root of a container in it, whose procfs and sysfs have nothing over them.
#[test]
fn a_whole_procfs_and_sysfs_are_as_closed_to_containers_inside_as_to_nobody() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let mount = "mkdir -p /tmp/whole/proc /tmp/whole/sys && mount -t proc none /tmp/whole/proc && \
        mount -t sysfs none /tmp/whole/sys && echo mounted &&";
    let (attempt, kcore) = (writable_below("/tmp/whole"), "! cat /tmp/whole/proc/kcore > /dev/null 2>&1");
    let script = format!("{mount} {kcore} && {attempt}");
    let own = run_in_one(&["--nesting"], &script);
    assert_eq!((own.status, own.output.as_str()), (0, "mounted"), "{}", own.errors);
    let deeper = "unshare --user --map-root-user --mount --net --pid --fork sh -c \"$1\"";
    let deeper = run_in_one(&["--nesting"], &format!("set -- '{script}'; {deeper}"));
    assert_eq!((deeper.status, deeper.output.as_str()), (0, "mounted"), "{}", deeper.errors);
    // The host's root may open them, so that they are the right files.
    let host = Command::new("sh").args(["-c", &writable_below("")]).output().unwrap();
    assert!(host.stdout.split(|&byte| byte == b'\n').count() > 5);
}

/// Session keyrings are allowed; what keys are for is not.
#[test]
fn keyrings_inside_reach_no_key_of_the_host_and_make_none() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    const USER_KEYRING: &str = "-4";
    let key = keys(&format!(
        "($user, $name, $value) = (\"user\", \"redd-test\", \"secret\"); print syscall(248, $user, $name, $value, 6, {USER_KEYRING})"
    ));
    assert!(key.parse::<u32>().is_ok_and(|key| key > 0), "{key}");
    let script = format!(
        "perl -e '($user, $name, $value) = (\"user\", \"redd-test\", \" \" x 16); \
         print syscall(250, 1, 0, 0, 0, 0) > 0 ? \"joined \" : \"\"; \
         print syscall(250, 11, {key}, $value, 16, 0), \" $! \"; print syscall(250, 8, {key}, -3, 0, 0), \" $! \"; \
         print syscall(248, $user, $name, $value, 1, -3), \" $! \"; print syscall(249, $user, $name, $value, -3), \" $!\"'"
    );
    let inside = run_in_one(&["--nesting"], &script);
    keys(&format!("syscall(250, 3, {key})"));
    let (denied, refused) = ("-1 Permission denied", "-1 Operation not permitted");
    assert_eq!(inside.output, format!("joined {denied} {denied} {refused} {refused}"), "{}", inside.errors);
}

/// What a line of Perl prints, on the host.
fn keys(line: &str) -> String {
    let output = Command::new("perl").args(["-e", line]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The ids of a machine are the only ones that containers in it can have.
#[test]
fn containers_inside_get_no_id_beyond_the_machines() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let map = |range: &str| {
        let script = format!(
            "mkfifo /tmp/ready /tmp/end; unshare --user sh -c 'echo > /tmp/ready; read word < /tmp/end' & \
             read word < /tmp/ready; echo '0 {range}' > /proc/$!/uid_map"
        );
        run_in_one(&["--nesting"], &script).status == 0
    };
    let last = 16 * 65536;
    assert!(!map(&format!("{last} 1")) && !map(&format!("{} 2", last - 1)));
    assert!(map(&format!("{} 1", last - 1)));
}
