//! What breaks each check: `cargo xtask clauses` counts these lines.

use super::good::{mount, private};
use crate::observation::{
    Ended, Lives, Node, Observations, OutsideSight, Reboot, Surroundings, SystemdSight,
};
use crate::probe::CREDENTIAL;

type Breakage = fn(&mut Observations);

/// The id of a check, and what to do to a container that keeps everything so that it fails.
pub(super) const BROKEN: &[(&str, Breakage)] = &[
    ("EE1.1", |seen| before(seen).host_name = "localhost".to_owned()),
    ("EE1.2", |seen| after(seen).host_name = "localhost".to_owned()),
    ("EE1.3", |seen| super::good::shared(seen, "uts")),
    ("EE1.4", |seen| lives(seen).from_file = Some(("box".to_owned(), "host".to_owned()))),
    ("EE2.1", |seen| unmount(before(seen), "/proc")),
    ("EE2.2", |seen| mount(before(seen), "/sys").kind = "ext4".to_owned()),
    ("EE2.3", |seen| mount(before(seen), "/sys").flags = "rw".to_owned()),
    ("EE2.4", |seen| attempt(seen, "open-write:/sys/kernel/uevent_seqnum", "ok")),
    ("EE2.5", |seen| attempt(seen, "open-write:/proc/sys/kernel/panic", "ok")),
    ("EE2.6", |seen| {
        attempt(seen, "open-write:/proc/sys/net/ipv4/ip_forward", "ok");
        super::good::shared(seen, "net");
    }),
    ("EE2.7", |seen| attempt(seen, "open-write:/proc/sysrq-trigger", "ok")),
    ("EE2.8", |seen| mount(before(seen), "/sys/fs/selinux").flags = "rw".to_owned()),
    ("EE3.1", |seen| mount(before(seen), "/dev").device = "0:5".to_owned()),
    ("EE3.2", |seen| node(after(seen), "/dev/null").mode = 0o600),
    ("EE3.3", |seen| node(after(seen), "/dev/zero").stands_for = "1:3".to_owned()),
    ("EE3.4", |seen| remove(after(seen), "/dev/full")),
    ("EE3.5", |seen| node(after(seen), "/dev/random").kind = "file".to_owned()),
    ("EE3.6", |seen| node(after(seen), "/dev/urandom").mode = 0o644),
    ("EE3.7", |seen| node(after(seen), "/dev/tty").mode = 0o620),
    ("EE3.8", |seen| node(after(seen), "/dev/ptmx").mode = 0),
    ("EE3.9", |seen| attempt(seen, "as-nobody:open-write:/dev/null", "EACCES")),
    ("EE3.10", |seen| remove(before(seen), "/dev/console")),
    ("EE3.11", |seen| attempt(seen, "console:/dev/console", "EIO")),
    ("EE3.12", |seen| mount(before(seen), "/dev/pts").device = "0:5".to_owned()),
    ("EE3.13", |seen| attempt(seen, "pty", "EACCES")),
    ("EE3.14", |seen| attempt(seen, "device:c:1:3:w", "mknod ok, open EPERM")),
    ("EE3.15", |seen| attempt(seen, "device:c:1:1", "mknod ok, open EPERM")),
    ("EE3.16", |seen| attempt(seen, "device:c:1:1", "mknod ok, open ENXIO")),
    ("EE3.17", |seen| attempt(seen, "device:b:8:1", "mknod ok, open ok")),
    ("EE3.18", |seen| attempt(seen, "device:c:1:11", "mknod ok, open ok")),
    ("EE3.19", |seen| attempt(seen, "device:c:10:229", "mknod ok, open ok")),
    ("EE3.20", |seen| outside(seen).device_programs = Some(Ok(0))),
    ("EE4.1", |seen| state(seen, "systemd-udevd.service", "loaded active running condition=yes")),
    ("EE4.2", |seen| in_unit(seen, "ConditionPathIsReadWrite", "user", "ok 0")),
    ("EE5.1", |seen| state(seen, "getty@tty1.service", "loaded active running")),
    ("EE5.2", |seen| outside(seen).console = Some("Freezing execution.".to_owned())),
    ("EE6.1", |seen| mount(after(seen), "/sys/fs/cgroup").kind = "tmpfs".to_owned()),
    ("EE6.2", |seen| mount(before(seen), "/sys/fs/cgroup").root = "/payload".to_owned()),
    ("EE6.3", |seen| text(after(seen), "cgroup.procs of PID 1", "")),
    ("EE6.4", |seen| super::good::shared(seen, "cgroup")),
    ("EE6.5", |seen| text(after(seen), "/proc/1/cgroup", "0::/\n")),
    ("EE6.6", |seen| attempt(seen, "open-write:/sys/fs/cgroup/memory.max", "ok")),
    ("EE6.7", |seen| text(after(seen), "/sys/fs/cgroup/cgroup.controllers", "cpu\n")),
    ("EE6.8", |seen| in_unit(seen, "Limits", "cgroup:memory.max", "ok max")),
    ("EE6.9", |seen| text(after(seen), "/sys/fs/cgroup/cgroup.procs", "0\n17\n")),
    ("EE6.10", |seen| outside(seen).left_cgroups = Some(vec!["/sys/fs/cgroup/box".to_owned()])),
    ("EE7.1", |seen| outside(seen).cgroup = "0::/lxc.payload.box/init.scope\n".to_owned()),
    ("EE7.2", |seen| outside(seen).delegation.clear()),
    ("EE7.3", |seen| lives(seen).stacked = failed()),
    ("EV1.1", |seen| unset(seen, "container")),
    ("EV1.2", |seen| set(seen, "container", "My Manager 1.0")),
    ("EV1.3", |seen| {
        seen.units.as_mut().unwrap().get_mut("detect-virt").unwrap().output = "none\n".to_owned()
    }),
    ("EV1.4", |seen| silence(seen, "ConditionVirtualization")),
    ("EV1.5", |seen| text(after(seen), "/run/systemd/container", "docker\n")),
    ("EV2.1", |seen| set(seen, "container_uuid", "00000000-0000-0000-0000-000000000000")),
    ("EV2.2", |seen| text(after(seen), "/etc/machine-id", "ffffffffffffffffffffffffffffffff\n")),
    ("EV2.3", |seen| {
        let second = lives(seen).second.as_mut().unwrap();
        second.environment.insert("container_uuid".to_owned(), "fedcba9876543210fedcba9876543210".to_owned());
    }),
    ("EV2.4", |seen| lives(seen).other_uuid = Some("0123456789abcdef0123456789abcdef".to_owned())),
    ("EV3.1", |seen| set(seen, "container_ttys", "tty1")),
    ("EV3.2", |seen| state(seen, "container-getty@1.service", "loaded failed failed")),
    ("EV4.1", |seen| unset(seen, "container_host_id")),
    ("EV4.2", |seen| set(seen, "container_host_version_id", "12")),
    ("EV4.3", |seen| unset(seen, "container_host_variant_id")),
    ("EV5.1", |seen| seen.given.credential = Some(Err("lxc has no option for credentials".to_owned()))),
    ("EV5.2", |seen| mount(before(seen), "/run/host/credentials").flags = "rw".to_owned()),
    ("EV5.3", |seen| mount(before(seen), "/run/host/credentials").kind = "ext4".to_owned()),
    ("EV5.4", |seen| node(before(seen), &format!("/run/host/credentials/{CREDENTIAL}")).mode = 0o444),
    ("EV5.5", |seen| in_unit(seen, "ImportCredential", &format!("credential:{CREDENTIAL}"), "ENOENT")),
    ("AI1.1", |seen| {
        let link = "/usr/share/zoneinfo/Etc/UTC".to_owned();
        before(seen).links.insert("/etc/localtime".to_owned(), link);
    }),
    ("AI2.1", |seen| outside(seen).journal = None),
    ("AI3.1", |seen| lives(seen).stop.as_mut().unwrap().is_orderly = false),
    ("AI3.2", |seen| lives(seen).stop.as_mut().unwrap().seconds = 15.0),
    ("AI3.3", |seen| lives(seen).power_off = Some(Ended::Exited(130))),
    ("AI3.4", |seen| lives(seen).reboot = Some(Reboot::Ended(Ended::Exited(129), None))),
    ("AI3.5", |seen| lives(seen).exit = Some(Ended::Exited(0))),
    ("AI4.1", |seen| set(seen, "LISTEN_PID", "4711")),
    ("AI4.2", |seen| descriptor(seen, 3, "socket:[78]")),
    ("AI4.3", |seen| descriptor(seen, 9, "/etc/shadow")),
    ("AI5.1", |seen| outside(seen).new_cgroups = Some(vec!["/sys/fs/cgroup/lxc.pivot".to_owned()])),
    ("AI6.1", |seen| unset(seen, "NOTIFY_SOCKET")),
    ("AI6.2", |seen| lives(seen).notified = Some(vec!["STATUS=Starting".to_owned()])),
    ("NET1.1", |seen| {
        let link = before(seen).network.remove("host0").unwrap();
        before(seen).network.insert("eth0".to_owned(), link);
    }),
    ("NET1.2", |seen| lives(seen).lease = Some(Err("no lease".to_owned()))),
    ("NET2.1", |seen| outside(seen).peers = vec!["vethXY12".to_owned()]),
    ("NET3.1", |seen| {
        let second = lives(seen).second.as_mut().unwrap();
        second.network.get_mut("host0").unwrap().address = "02:00:00:00:00:02".to_owned();
    }),
    ("NET4.1", |seen| after(seen).network.get_mut("lo").unwrap().flags = 0x8),
    ("RH0.1", |seen| remove(before(seen), "/run/host")),
    ("RH0.2", |seen| attempt(seen, "create:/run/host", "ok")),
    ("RH1.1", |seen| {
        unmount(after(seen), "/run/host/incoming");
        remove(after(seen), "/run/host/incoming");
    }),
    ("RH1.2", |seen| lives(seen).live_bind = failed()),
    ("RH2.1", |seen| remove(before(seen), "/run/host/inaccessible/reg")),
    ("RH2.2", |seen| node(before(seen), "/run/host/inaccessible/dir").mode = 0o755),
    ("RH2.3", |seen| node(before(seen), "/run/host/inaccessible/fifo").kind = "file".to_owned()),
    ("RH2.4", |seen| node(before(seen), "/run/host/inaccessible/sock").mode = 0o600),
    ("RH2.5", |seen| node(before(seen), "/run/host/inaccessible/chr").stands_for = "1:3".to_owned()),
    ("RH2.6", |seen| remove(before(seen), "/run/host/inaccessible/blk")),
    ("RH2.7", |seen| in_unit(seen, "InaccessibleDevice", "read:/dev/zero", "ok")),
    ("RH3.1", |seen| set(seen, "NOTIFY_SOCKET", "/run/systemd/notify")),
    ("RH4.1", |seen| text(before(seen), "/run/host/os-release", "ID=other\n")),
    ("RH5.1", |seen| text(before(seen), "/run/host/container-manager", "redd")),
    ("RH5.2", |seen| attempt(seen, "as-nobody:read:/run/host/container-manager", "EACCES")),
    ("RH6.1", |seen| text(before(seen), "/run/host/container-uuid", "0\n")),
    ("RH7.1", |seen| set(seen, "CREDENTIALS_DIRECTORY", "/run/credentials/@system")),
    ("RH8.1", |seen| attempt(seen, "socket:/run/host/unix-export", "EROFS")),
    ("RH8.2", |seen| outside(seen).unix_export.as_mut().unwrap().write = "ok".to_owned()),
    ("RH9.1", |seen| remove(after(seen), "/run/host/unix-export/ssh")),
    ("RH10.1", |seen| lives(seen).bound_user = Some(Err("no such option".to_owned()))),
    ("RH11.1", |seen| lives(seen).bound_home = Some(Err("not there".to_owned()))),
    ("NO1.1", |seen| before(seen).process.bounding &= !(1 << 27)),
    ("NO1.2", |seen| in_unit(seen, "PrivateDevices", "file-system:/dev", "ok /dev tmpfs 0:44 rw rw")),
    ("NO2.1", |seen| before(seen).process.bounding &= !(1 << 21)),
    ("NO2.2", |seen| in_unit(seen, "PrivateTmp", "stat:/tmp/.redd-check-mark", "ok")),
    ("NO2.3", |seen| in_unit(seen, "ProtectHome", "stat:/root/.redd-check-mark", "ok")),
    ("NO2.4", |seen| in_unit(seen, "ProtectSystem", "create:/usr", "ok")),
    ("NO2.5", |seen| in_unit(seen, "ReadOnlyPaths", "create:/var", "ok")),
    ("NO2.6", |seen| in_unit(seen, "ReadWritePaths", "create:/var", "EROFS")),
    ("NO2.7", |seen| in_unit(seen, "InaccessiblePaths", "read:/run/redd-check-9/hidden-file", "ok hidden")),
    ("NO2.8", |seen| in_unit(seen, "PrivateMounts", "mount-tmpfs", "EPERM")),
    ("NO2.9", |seen| in_unit(seen, "PrivateNetwork", "namespace:net", "ok net:[2]")),
    ("NO2.10", |seen| in_unit(seen, "PrivateUsers", "namespace:user", "ok user:[2]")),
    ("NO2.11", |seen| {
        in_unit(seen, "Protect", "open-write:/sys/fs/cgroup/init.scope/cgroup.procs", "ok");
    }),
    ("NO2.12", |seen| in_unit(seen, "ProtectProc", "stat:/proc/meminfo", "ok")),
    ("NO2.13", |seen| in_unit(seen, "DynamicUser", "user", "ok 0")),
    ("NO2.14", |seen| in_unit(seen, "SetCredential", "credential:secret", "no credentials")),
    ("NO2.15", |seen| in_unit(seen, "Bind", "stat:/mnt/passwd", "ENOENT")),
    ("NO2.16", |seen| systemd(seen).user_manager = Some(Err("user@0.service: loaded failed".to_owned()))),
    ("NO3.1", |seen| add(after(seen), "/dev/kmsg", "character", "136:0")),
    ("NO4.1", |seen| add_device(after(seen), "/dev/tty1", "character")),
    ("NO4.2", |seen| add_device(after(seen), "/dev/vcs", "character")),
    ("NO5.1", |seen| add_device(before(seen), "/dev/vda", "block")),
    ("NO5.2", |seen| add_device(before(seen), "/dev/net/tun", "character")),
    ("NO7.1", |seen| in_unit(seen, "ConditionPathIsReadWrite", "user", "ok 0")),
    ("NO8.1", |seen| before(seen).process.bounding |= 1 << 30),
    ("NO8.2", |seen| before(seen).process.bounding |= 1 << 37),
    ("NO8.3", |seen| before(seen).process.bounding |= 1 << 29),
    ("UP.1", |seen| map_ids(seen, "0 0 4294967295\n")),
    ("UP.2", |seen| map_ids(seen, "0 100000 1000\n")),
    ("UP.3", |seen| lives(seen).ordinary_user = failed()),
    ("UP.4", |seen| lives(seen).few_capabilities = failed()),
    ("BT.1", |seen| systemd(seen).state = "degraded".to_owned()),
    ("BT.2", |seen| systemd(seen).failed = vec!["audit-rules.service".to_owned()]),
    ("BT.3", |seen| {
        systemd(seen).journal =
            Some(vec!["[ 1.0] box systemd-tmpfiles: fchmod: Operation not permitted".to_owned()]);
    }),
    ("BT.4", |seen| systemd(seen).reexecuted = Some(Ok(("running".to_owned(), "kvm".to_owned())))),
    ("BT.5", |seen| attempt(seen, "mount-overlay", "EPERM")),
    ("BT.6", |seen| attempt(seen, "user-namespace", "EPERM")),
    ("BT.7", |seen| attempt(seen, "nest", "EPERM")),
    ("BT.8", |seen| before(seen).process.ignored = 1),
    ("BT.9", |seen| before(seen).process.umask = 0o077),
    ("BT.10", |seen| attempt(seen, "clock", "ok")),
    ("BT.11", |seen| attempt(seen, "set-user-id", "failed in the child")),
    ("BT.12", |seen| text(after(seen), "/proc/sys/kernel/random/boot_id", "host-boot\n")),
    ("BT.13", |seen| mount(before(seen), "/run").propagation.clear()),
];

fn before(seen: &mut Observations) -> &mut Surroundings {
    seen.before.as_mut().unwrap()
}

fn after(seen: &mut Observations) -> &mut Surroundings {
    seen.after.as_mut().unwrap()
}

fn outside(seen: &mut Observations) -> &mut OutsideSight {
    seen.outside.as_mut().unwrap()
}

fn lives(seen: &mut Observations) -> &mut Lives {
    seen.lives.as_mut().unwrap()
}

fn systemd(seen: &mut Observations) -> &mut SystemdSight {
    seen.systemd.as_mut().unwrap().as_mut().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as an observation has it")]
fn failed() -> Option<Result<(), String>> {
    Some(Err("it does not get up".to_owned()))
}

fn attempt(seen: &mut Observations, attempt: &str, result: &str) {
    seen.first_attempts.as_mut().unwrap().insert(attempt.to_owned(), result.to_owned());
}

fn in_unit(seen: &mut Observations, case: &str, attempt: &str, result: &str) {
    let run = seen.units.as_mut().unwrap().get_mut(case).unwrap();
    run.attempts.get_or_insert_default().insert(attempt.to_owned(), result.to_owned());
}

fn silence(seen: &mut Observations, case: &str) {
    seen.units.as_mut().unwrap().get_mut(case).unwrap().attempts = None;
}

fn state(seen: &mut Observations, unit: &str, state: &str) {
    systemd(seen).units.insert(unit.to_owned(), state.to_owned());
}

fn set(seen: &mut Observations, name: &str, value: &str) {
    before(seen).environment.insert(name.to_owned(), value.to_owned());
}

fn unset(seen: &mut Observations, name: &str) {
    before(seen).environment.remove(name);
}

fn descriptor(seen: &mut Observations, number: u32, target: &str) {
    before(seen).process.descriptors.as_mut().unwrap().insert(number, target.to_owned());
}

fn unmount(surroundings: &mut Surroundings, place: &str) {
    surroundings.mounts.retain(|mount| mount.place != place);
}

fn text(surroundings: &mut Surroundings, path: &str, text: &str) {
    surroundings.texts.insert(path.to_owned(), text.to_owned());
}

fn node<'a>(surroundings: &'a mut Surroundings, path: &str) -> &'a mut Node {
    surroundings.nodes.get_mut(path).unwrap()
}

fn remove(surroundings: &mut Surroundings, path: &str) {
    surroundings.nodes.remove(path);
}

fn add(surroundings: &mut Surroundings, path: &str, kind: &str, stands_for: &str) {
    let (path, kind, stands_for) = (path.to_owned(), kind.to_owned(), stands_for.to_owned());
    surroundings.nodes.insert(path.clone(), Node { path, kind, stands_for, ..Node::default() });
}

fn add_device(surroundings: &mut Surroundings, path: &str, kind: &str) {
    surroundings.device_nodes.push(Node { path: path.to_owned(), kind: kind.to_owned(), ..Node::default() });
}

fn map_ids(seen: &mut Observations, map: &str) {
    private(seen, "user");
    outside(seen).uid_map = map.to_owned();
}
