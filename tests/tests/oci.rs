//! Bundles of the Open Container Initiative on a real tree.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use redd_tests::{Leftovers, Need, Run, needs, run, unique_name};
use serde_json::{Value, json};

/// A bundle whose tree is Debian's.
struct Bundle {
    directory: tempfile::TempDir,
}

impl Bundle {
    fn of(config: &Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        symlink(Need::Debian13.tree(), directory.path().join("rootfs")).unwrap();
        fs::write(directory.path().join("config.json"), config.to_string()).unwrap();
        Self { directory }
    }

    /// What another runtime proposes, with a command that is not asked for anything.
    fn by(runtime: &str) -> (Value, Self) {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new(runtime).arg("spec").current_dir(&directory).status().unwrap();
        assert!(made.success());
        let text = fs::read(directory.path().join("config.json")).unwrap();
        let mut config: Value = serde_json::from_slice(&text).unwrap();
        config["process"]["terminal"] = json!(false);
        let bundle = Self::of(&config);
        (config, bundle)
    }

    fn option(&self) -> String {
        format!("--oci-bundle={}", self.directory.path().display())
    }

    /// Runs it to its end, in a throw-away copy of the tree.
    fn run(&self, options: &[&str], words: &[&str]) -> Run {
        let option = self.option();
        run([&["run", "-x", &option][..], options, words].concat())
    }
}

/// A configuration that isolates as redd does, and runs a script.
fn config(script: &str) -> Value {
    json!({
        "ociVersion": "1.1.0",
        "process": { "cwd": "/", "args": ["sh", "-c", script], "env": ["PATH=/usr/bin:/usr/sbin"] },
        "root": { "path": "rootfs" },
        "linux": { "namespaces": [{ "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" },
                                  { "type": "mount" }] }
    })
}

#[test]
fn what_other_runtimes_propose_runs() {
    needs!(Need::Root, Need::Debian13, Need::Runc);
    for runtime in ["crun", "runc"] {
        let (mut config, _) = Bundle::by(runtime);
        let script = "hostname; id -u; sed -n 's/^CapBnd:\\t//p; s/^NoNewPrivs:\\t//p' /proc/self/status; ulimit -n; \
                      ls /sys/class/net; echo $TERM; touch /x 2>/dev/null || echo read-only";
        config["process"]["args"] = json!(["sh", "-c", script]);
        let bundle = Bundle::of(&config);
        let run = run(["run", &bundle.option()]);
        let host = config["hostname"].as_str().unwrap();
        // CAP_KILL and CAP_NET_BIND_SERVICE; CAP_AUDIT_WRITE is given to nobody.
        let expected = format!("{host}\n0\n0000000000000420\n1\n1024\nlo\nxterm\nread-only");
        assert_eq!((run.status, run.output), (0, expected), "{}", run.errors);
        assert!(run.errors.contains("CAP_AUDIT_WRITE"), "{}", run.errors);
    }
}

#[test]
fn ids_that_the_tree_does_not_know_are_taken() {
    needs!(Need::Root, Need::Debian13);
    let mut config =
        config("id -u; id -g; id -G; pwd; cat /proc/1/comm; sed -n 's/^CapEff:\\t//p' /proc/self/status");
    config["process"]["user"] = json!({ "uid": 4242, "gid": 43, "additionalGids": [44, 45] });
    config["process"]["cwd"] = json!("/usr");
    let run = Bundle::of(&config).run(&[], &[]);
    // The command is process 1.
    assert_eq!(run.output, "4242\n43\n43 44 45\n/usr\nsh\n0000000000000000", "{}", run.errors);
}

#[test]
fn mounts_paths_and_parameters_are_as_the_bundle_says() {
    needs!(Need::Root, Need::Debian13);
    let mut config = config(
        "cat /data:1/file; touch /data:1/new 2>/dev/null || echo read-only; stat -f -c %T /memory; \
         test -s /etc/shadow || echo masked; touch /usr/x 2>/dev/null || echo protected; \
         cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni /proc/sys/kernel/domainname; test -e /proc/no || echo fine",
    );
    config["mounts"] = json!([
        { "destination": "/data:1", "type": "bind", "source": "data", "options": ["rbind", "ro"] },
        { "destination": "/memory", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "size=1m"] },
        { "destination": "/proc", "type": "proc", "source": "proc" }
    ]);
    config["domainname"] = json!("example");
    config["linux"]["maskedPaths"] = json!(["/etc/shadow", "/proc/no-such-file"]);
    config["linux"]["readonlyPaths"] = json!(["/usr", "/proc/no-such-directory"]);
    config["linux"]["sysctl"] = json!({ "net.core.somaxconn": "77", "kernel.shmmni": "78" });
    let bundle = Bundle::of(&config);
    let data = bundle.directory.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("file"), "from outside\n").unwrap();
    let of_host = fs::read_to_string("/proc/sys/kernel/shmmni").unwrap();
    let run = bundle.run(&[], &[]);
    let expected = "from outside\nread-only\ntmpfs\nmasked\nprotected\n77\n78\nexample\nfine";
    assert_eq!(run.output, expected, "{}", run.errors);
    assert_eq!(fs::read_to_string("/proc/sys/kernel/shmmni").unwrap(), of_host);
}

#[test]
fn a_profile_of_system_calls_is_kept() {
    needs!(Need::Root, Need::Debian13);
    let mut config = config("mkdir /var/tmp/x && echo made; rmdir /var/tmp/x 2>&1");
    config["linux"]["seccomp"] = json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{ "names": ["rmdir", "unlinkat"], "action": "SCMP_ACT_ERRNO" }]
    });
    let run = Bundle::of(&config).run(&[], &[]);
    assert!(run.output.starts_with("made\n") && run.output.contains("not permitted"), "{run:?}");
}

#[test]
fn the_command_line_wins_group_by_group() {
    needs!(Need::Root, Need::Debian13);
    let mut config = config("echo from the bundle");
    config["hostname"] = json!("inner");
    config["process"]["env"] = json!(["A=1", "PATH=/usr/bin"]);
    let bundle = Bundle::of(&config);
    assert_eq!(bundle.run(&[], &[]).output, "from the bundle");
    let script = "hostname; echo $A $B; cat /proc/1/comm";
    let run = bundle.run(&["--hostname=outer", "-E", "B=2", "-a"], &["sh", "-c", script]);
    assert_eq!(run.output, "outer\n2\nredd-init", "{}", run.errors);
}

#[test]
fn what_is_not_supported_is_refused_by_name_before_anything_is_touched() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    let mut of_host = config("true");
    of_host["linux"]["namespaces"] = json!([{ "type": "pid" }]);
    of_host["linux"]["sysctl"] = json!({ "net.core.somaxconn": "77" });
    let mut joined = config("true");
    joined["linux"]["namespaces"] = json!([{ "type": "network", "path": "/proc/1/ns/net" }]);
    let mut device = config("true");
    device["linux"]["devices"] = json!([{ "type": "c", "path": "/dev/null2", "major": 1, "minor": 3 }]);
    let cases = [
        (of_host, "net.core.somaxconn"),
        (joined, "linux.namespaces.path"),
        (device, "/dev/null2"),
        (json!({ "ociVersion": "1.0.0" }), "root"),
        (json!([]), "config.json"),
    ];
    for (config, named) in cases {
        let bundle = Bundle::of(&config);
        let run = run(["run", "-x", "-M", &name, &bundle.option()]);
        assert_ne!(run.status, 0);
        assert!(run.errors.contains(named), "{named}: {}", run.errors);
    }
    let bundle = Bundle::of(&config("true"));
    fs::write(bundle.directory.path().join("config.json"), vec![b' '; 2 << 20]).unwrap();
    assert!(bundle.run(&[], &[]).errors.contains("mebibyte"));
    leftovers.assert_none();
}
