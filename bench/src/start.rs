//! `true`, from nothing to its exit status.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Paths;
use crate::measure::{Case, compare};

const ROUNDS: usize = 40;

pub(crate) fn bench(paths: &Paths) {
    let tree = small_tree(&paths.scratch);
    let bundles = ["crun", "runc"].map(|runtime| bundle(runtime, &tree, &paths.scratch));
    println!("## Start: `true` in a small tree\n");
    println!(
        "The floor makes the same namespaces and mounts, and nothing else. redd has its device filter, its system call \
         filter, its guard and its own cgroup; crun and runc have the bundle that they write themselves, without a system \
         call filter and without a device filter.\n"
    );
    let [crun, runc] = &bundles;
    compare(
        &[
            case("floor", |_| words(&paths.floor, &[tree.as_os_str(), "/bin/true".as_ref()])),
            case("floor, users and veth", |_| {
                words(&paths.floor, &["--users-and-veth".as_ref(), tree.as_os_str(), "/bin/true".as_ref()])
            }),
            case("redd, no users", |round| {
                redd(
                    paths,
                    &tree,
                    round,
                    &["--private-users=no", "--private-network=yes", "--network-veth=no"],
                )
            }),
            case("redd", |round| redd(paths, &tree, round, &[])),
            case("crun", |round| oci("crun", crun, round)),
            case("runc", |round| oci("runc", runc, round)),
            case("bwrap", |_| {
                let mut command = Command::new("bwrap");
                command.arg("--unshare-all").arg("--bind").arg(&tree).arg("/");
                command.args(["--proc", "/proc", "--dev", "/dev", "/bin/true"]);
                command
            }),
            case("nspawn", |_| {
                let mut command = Command::new("systemd-nspawn");
                command.args(["-q", "--register=no", "--keep-unit", "--private-network", "-D"]).arg(&tree);
                command.arg("/bin/true");
                command
            }),
        ],
        ROUNDS,
    );
    println!("## Small commands\n");
    compare(
        &[
            case("floor", |_| words(&paths.floor, &[tree.as_os_str(), "/bin/true".as_ref()])),
            case("redd --version", |_| words(&paths.redd, &["--version".as_ref()])),
            case("redd gc", |_| words(&paths.redd, &["gc".as_ref()])),
        ],
        ROUNDS,
    );
}

fn case<'a>(name: &'static str, command: impl Fn(usize) -> Command + 'a) -> Case<'a> {
    Case { name, command: Box::new(command) }
}

fn words(program: &Path, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Another name each round, as a fleet has.
fn redd(paths: &Paths, tree: &Path, round: usize, options: &[&str]) -> Command {
    let mut command = Command::new(&paths.redd);
    command.args(["run", "-M", &format!("bench{}-{round}", options.len())]).args(options).arg(tree);
    command.args(["--", "/bin/true"]);
    command
}

fn oci(runtime: &str, bundle: &Path, round: usize) -> Command {
    let mut command = Command::new(runtime);
    command.args(["run", "--bundle"]).arg(bundle).arg(format!("bench-{round}"));
    command
}

/// One static program; nothing else is needed to run it.
fn small_tree(scratch: &Path) -> std::path::PathBuf {
    let tree = scratch.join("small");
    for directory in ["dev", "proc", "sys", "run", "tmp", "etc", "root", "var", "usr/bin"] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    fs::copy("/bin/busybox", tree.join("usr/bin/true")).unwrap();
    drop(std::os::unix::fs::symlink("usr/bin", tree.join("bin")));
    tree
}

/// The bundle that the runtime writes itself, for `true` without a terminal.
fn bundle(runtime: &str, tree: &Path, scratch: &Path) -> std::path::PathBuf {
    let bundle = scratch.join(runtime);
    drop(fs::remove_dir_all(&bundle));
    fs::create_dir_all(&bundle).unwrap();
    let made = Command::new(runtime).arg("spec").current_dir(&bundle).status().unwrap();
    assert!(made.success());
    let path = bundle.join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["root"]["path"] = tree.to_str().into();
    config["process"]["terminal"] = false.into();
    config["process"]["args"] = serde_json::json!(["/bin/true"]);
    // Old versions raise a limit for it, which needs a capability that not every root has.
    config["linux"].as_object_mut().unwrap().remove("resources");
    fs::write(path, config.to_string()).unwrap();
    bundle
}
