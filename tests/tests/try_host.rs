//! `redd try`, where a tree is the host.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::{Need, Run, finish, needs, own_tree, redd, unique_name};

const SECRET: &str = "nobody-else-knows-this";
const DATA: &str = "of-a-service-that-runs";
const HOME: &str = "what-alice-wrote";

/// Makes a tree the root of everything for a shell script, in which `redd` is redd.
fn as_host(tree: &Path, script: &str) -> Run {
    let change = r#"
        set -e
        mount --bind "$1" "$1"
        cd "$1"
        mount --rbind /proc proc; mount --rbind /sys sys; mount --rbind /dev dev
        mount -t tmpfs tmpfs run
        mkdir -p run/lock run/bin
        cp "$2" run/bin/redd
        pivot_root . mnt
        exec chroot . /bin/sh -c "umount -l /mnt; export PATH=/run/bin:$PATH; cd /; $3"
    "#;
    let mut command = Command::new("timeout");
    command.args(["120", "unshare", "--mount", "--propagation", "private", "sh", "-c", change, "sh"]);
    command.arg(tree).arg(redd().get_program()).arg(script).stdin(Stdio::null());
    command.env_remove("NOTIFY_SOCKET").env_remove("CREDENTIALS_DIRECTORY");
    finish(command)
}

/// A host with secrets, with data, and with a service that may not run twice.
fn host() -> tempfile::TempDir {
    let host = own_tree();
    let write = |path: &str, mode: u32, contents: &str| {
        let path = host.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    };
    write("etc/shadow", 0o640, &format!("root:{SECRET}:19000:0:99999:7:::\n"));
    write("etc/shadow-", 0o600, &format!("root:{SECRET}:19000:0:99999:7:::\n"));
    write("etc/ssh/ssh_host_ed25519_key", 0o600, SECRET);
    write("etc/ssl/private/host.key", 0o644, SECRET);
    write("etc/wireguard/wg0.conf", 0o644, SECRET);
    write("etc/some/program/token", 0o640, SECRET);
    write("etc/NetworkManager/system-connections/wifi", 0o600, SECRET);
    write("srv/keys/far", 0o600, SECRET);
    symlink("../srv/keys/far", host.path().join("etc/near")).unwrap();
    write("var/lib/postgresql/17/main/PG_VERSION", 0o644, DATA);
    write("var/lib/unknown/service/file", 0o644, DATA);
    fs::set_permissions(host.path().join("var/lib/unknown/service"), PermissionsExt::from_mode(0o700))
        .unwrap();
    write("var/log/journal/x", 0o644, DATA);
    write("root/.ssh/id_ed25519", 0o644, HOME);
    write("home/alice/letter", 0o644, HOME);
    chown(host.path().join("home/alice"), Some(1000), Some(1000)).unwrap();
    let unit = "[Service]\nType=oneshot\nExecStart=/bin/touch /usr/started\nRemainAfterExit=yes\n";
    write("etc/systemd/system/once.service", 0o644, unit);
    let wants = host.path().join("etc/systemd/system/multi-user.target.wants");
    fs::create_dir_all(&wants).unwrap();
    symlink("../once.service", wants.join("once.service")).unwrap();
    write("etc/fstab", 0o644, "/dev/no-such-disk /data ext4 defaults 0 2\n");
    write("etc/machine-id", 0o444, "0123456789abcdef0123456789abcdef\n");
    host
}

/// Everything of a tree, but what redd keeps for itself.
fn picture(tree: &Path) -> String {
    let script =
        "cd \"$1\" && find . -path ./var/lib/redd -prune -o -printf '%p %y %m %U %G %s %T@ %C@ %l\\n' | sort";
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(tree).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const USERS: [&str; 2] = ["--private-users=pick", "--private-users=no"];

#[test]
fn a_copy_has_no_secrets_and_whoever_is_root_in_it_finds_none() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let all = format!("{SECRET}|{DATA}|{HOME}");
    for users in USERS {
        let search = format!(
            "umount -a 2>/dev/null; umount /etc/* /home /root /var/log 2>/dev/null; \
             grep -rIlE -D skip '{all}' /etc /home /root /srv /var /usr/lib/systemd; echo searched"
        );
        let run = as_host(host.path(), &format!("redd try {users} -- sh -c \"{search}\""));
        assert_eq!(run.output, "searched", "{users}: {run:?}");
        let look =
            "cat /etc/machine-id /etc/hostname; wc -c < /etc/fstab; head -1 /etc/shadow; ls -ld /home /root";
        let run = as_host(host.path(), &format!("redd try --hostname=other {users} -- sh -c \"{look}\""));
        let lines: Vec<&str> = run.output.lines().collect();
        let [machine_id, hostname, fstab, shadow, home, root] = lines[..] else { panic!("{run:?}") };
        assert!(machine_id.len() == 32 && !machine_id.starts_with("0123"), "{run:?}");
        assert_eq!([hostname, fstab, shadow], ["other", "0", "root:*:::::::"], "{run:?}");
        assert!(home.starts_with("drwxr-xr-x") && root.starts_with("drwx------"), "{run:?}");
        assert!(run.errors.contains("nothing that is done in it survives"), "{run:?}");
    }
}

#[test]
fn homes_are_there_where_somebody_wants_them() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let run = as_host(host.path(), "redd try --with-home -- cat /home/alice/letter /root/.ssh/id_ed25519");
    assert_eq!((run.status, run.output.as_str()), (0, format!("{HOME}{HOME}").as_str()), "{run:?}");
}

#[test]
fn nothing_of_the_host_is_changed() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    // What redd itself has on any host.
    fs::create_dir_all(host.path().join("var/lib/redd")).unwrap();
    let before = picture(host.path());
    for users in USERS {
        let script = "rm -rf /etc /home /root /srv /var/lib/dpkg; echo mine > /usr/bin/mine; echo $?";
        let run = as_host(host.path(), &format!("redd try {users} -- sh -c \"{script}\""));
        assert_eq!((run.status, run.output.as_str()), (0, "0"), "{users}: {run:?}");
        let left = as_host(host.path(), "ls -A /var/lib/redd/ephemeral");
        assert_eq!(left.output, "", "{users}");
    }
    assert_eq!(picture(host.path()), before);
}

/// Boots a copy at a terminal, and runs a script in it when it has started.
fn boot(host: &Path, options: &str, inside: &str) -> Run {
    let name = unique_name();
    let script = format!(
        "script -qefc 'redd try -M {name} {options}' /run/log >/dev/null 2>&1 </dev/null & \
         state=/run/redd/machines/{name}/state.json; \
         until test -e $state; do kill -0 $! || exit 9; sleep 0.1; done; \
         leader=$(sed -n 's/.*leader[^0-9]*\\([0-9]*\\).*/\\1/p' $state); \
         inside() {{ nsenter --all -t $leader \"$@\"; }}; \
         until inside test -e /run/dbus/system_bus_socket; do kill -0 $! || exit 9; sleep 0.1; done; \
         inside systemctl is-system-running --wait; inside sh -c '{inside}'; \
         until grep -q 'root@{name}' /run/log; do kill -0 $! || exit 9; sleep 0.1; done; \
         redd stop {name}; wait; tr -d '\\r' < /run/log | grep -a 'survives' | sort -u | wc -l"
    );
    as_host(host, &script)
}

#[test]
fn a_copy_boots_without_the_hosts_services_and_root_is_logged_in() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let inside =
        "systemctl --failed --no-legend --plain; test -e /usr/started && echo started; ip -o link | wc -l";
    for users in USERS {
        let run = boot(host.path(), users, inside);
        // What redd says before it starts, and what is read by who logs in.
        assert_eq!(run.output, "running\n1\n2", "{users}: {run:?}");
    }
    assert!(!host.path().join("usr/started").exists());
}

#[test]
fn the_hosts_services_start_where_somebody_wants_them() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let run = boot(host.path(), "--with-services", "test -e /usr/started && echo started");
    assert!(run.output.contains("\nstarted\n"), "{run:?}");
    assert!(!host.path().join("usr/started").exists());
}

#[test]
fn a_usr_of_its_own_is_in_the_copy_and_other_file_systems_are_told() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let mounts = "mount --bind /usr /usr; mount -t tmpfs tmpfs /opt";
    let command = "redd try -- sh -c 'touch /usr/bin/new && ls /usr/bin/env'";
    let run = as_host(host.path(), &format!("{mounts}; {command}; ls /usr/bin/new"));
    assert_eq!(run.output, "/usr/bin/env", "{run:?}");
    assert!(run.errors.contains("/opt is another file system"), "{run:?}");
}

#[test]
fn a_host_that_cannot_be_tried_is_told_why() {
    needs!(Need::Root, Need::Debian13);
    let host = host();
    let without = "rm /sbin/init /usr/lib/systemd/systemd";
    let run = as_host(
        host.path(),
        &format!("redd try /bin/true; redd try -D /tmp -- true; {without}; redd try; redd try -- echo ok"),
    );
    assert_eq!(run.output, "ok", "{run:?}");
    for text in ["a command stands behind --", "about this host alone", "/ has no init", "redd run"] {
        assert!(run.errors.contains(text), "{text}: {run:?}");
    }
    let run = as_host(host.path(), "ln -s /bin/true /sbin/init; redd try; redd try -- echo ok");
    assert_eq!(run.output, "ok", "{run:?}");
    assert!(run.errors.contains("only systemd's services can be held back"), "{run:?}");
}
