//! Other managers in redd.

use redd_tests::{Need, needs};

use crate::outer::{boot, run_in_one, serve};

/// A bundle with one static program; what OCI runtimes give a container by default, but for a capability that redd never gives.
const BUNDLE: &str = "mkdir -p /tmp/bundle/rootfs/bin; cp /bin/busybox /tmp/bundle/rootfs/bin; cd /tmp/bundle; crun spec; \
    sed -i 's/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"busybox\",\"hostname\"/; /CAP_AUDIT_WRITE/d' config.json;";

#[test]
fn crun_runs_a_container_in_a_machine() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&["--nesting"]);
    assert_eq!(serve(&machine, &format!("{BUNDLE} crun run container")), "crun");
    assert_eq!(serve(&machine, "crun list --quiet"), "");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn podman_runs_a_container_in_a_machine() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&["--nesting"]);
    // Where the host has hierarchies of version 1 no controller can carry a limit, and Podman has one by default.
    let podman = |options: &str, command: &str| {
        let podman = "podman run --rm --network=none --pids-limit=0";
        serve(&machine, &format!("{BUNDLE} {podman} {options} --rootfs /tmp/bundle/rootfs busybox {command}"))
    };
    assert_eq!(podman("", "id -u"), "0");
    assert_eq!(podman("--privileged", "id -u"), "0");
    let map = podman("--uidmap 0:65536:65536 --gidmap 0:65536:65536", "cat /proc/self/uid_map");
    assert_eq!(map.split_whitespace().collect::<Vec<_>>(), ["0", "65536", "65536"]);
    assert_eq!(serve(&machine, "podman ps --all --quiet"), "");
    assert_eq!(machine.stop(), 0);
}

/// An overlay of its own cannot hold the layers of images where the machine's tree is one already; FUSE can.
#[test]
fn podman_builds_an_image_and_runs_it_in_a_machine_with_fuse() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting, Need::Fuse);
    let machine = boot(&["--nesting", "--device=/dev/fuse"]);
    let recipe = "printf 'FROM scratch\\nCOPY busybox /bin/busybox\\nRUN [\"/bin/busybox\", \"touch\", \"/made\"]\\n' > /tmp/Containerfile; \
        cp /bin/busybox /tmp;";
    let build = "podman build --quiet --network=none --tag=made --file=/tmp/Containerfile /tmp > /dev/null";
    let run = "podman run --rm --network=none --pids-limit=0 localhost/made busybox ls /made";
    assert_eq!(serve(&machine, &format!("{recipe} {build} && {run}")), "/made");
    assert_eq!(machine.stop(), 0);
}

/// systemd's own manager lets go of the mounts around it before it mounts a procfs, which the kernel allows only where a
/// whole one is left: one is bound into the tree. It makes nodes of its own where ids are shifted, which nobody may inside.
#[test]
fn systemds_own_manager_runs_and_boots_a_tree_in_a_machine() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&["--nesting"]);
    let nspawn = "mkdir -p /run/whole/proc /run/whole/sys; mount -t proc proc /run/whole/proc; mount -t sysfs sysfs /run/whole/sys; \
        nspawn() { systemd-nspawn --quiet --register=no --keep-unit --bind=/run/whole:/mnt -D /var/lib/machines/debian \"$@\"; };";
    assert_eq!(serve(&machine, &format!("{nspawn} nspawn hostname")), "debian");
    assert_eq!(serve(&machine, &format!("{nspawn} nspawn --private-users=identity hostname")), "debian");
    let console = serve(
        &machine,
        &format!("{nspawn} timeout 60 sh -c 'true'; nspawn --boot systemd.unit=poweroff.target < /dev/null"),
    );
    assert!(console.contains("Power"), "{console}");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn without_nesting_crun_is_refused_a_keyring() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let refused = run_in_one(&[], &format!("{BUNDLE} crun run container"));
    assert!(refused.status != 0 && refused.errors.contains("keyring"), "{refused:?}");
}
