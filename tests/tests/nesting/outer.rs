//! The machine around.

use std::process::{Command, Stdio};

use redd_tests::{Machine, Need, redd, run};

/// How redd in it is found, and the tree of the machines in it: the one that is there is not the container's own to map.
pub(crate) const PREPARE: &str = "export PATH=/usr/sbin:/usr/bin HOME=/root; mkdir -p /var/lib/machines; \
    mount -t tmpfs -o mode=0755 none /var/lib/machines; \
    mkdir /var/lib/machines/debian; \
    tar -c -C /srv/debian --one-file-system --exclude=./dev/* . | tar -x -C /var/lib/machines/debian;";

/// The options of a machine in which others run.
pub(crate) fn options() -> Vec<String> {
    let program = redd().get_program().to_str().unwrap().to_owned();
    vec![
        format!("--bind-ro={program}:/usr/bin/redd"),
        format!("--bind-ro={}:/srv/debian:idmap", Need::Debian13.tree().display()),
    ]
}

/// Boots one.
pub(crate) fn boot(more: &[&str]) -> Machine {
    let own = options();
    let options: Vec<&str> = own.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Machine::boot(&Need::Debian13Nesting.tree(), &options)
}

/// Runs a script in a copy of the tree, below redd's small init; its exit status, what it printed and complained about.
pub(crate) fn run_in_one(more: &[&str], script: &str) -> redd_tests::Run {
    let own = options();
    let words = ["run", "--pipe", "--ephemeral"].into_iter().chain(own.iter().map(String::as_str));
    let tree = Need::Debian13Nesting.tree().display().to_string();
    run(words.chain(more.iter().copied()).chain([tree.as_str(), "sh", "-c", script]))
}

/// A service of the machine's systemd: unlike what nsenter(1) starts, it has the payload's confinement. Arguments are added.
fn service(machine: &Machine, options: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--all", "--target", &machine.leader(), "systemd-run", "--quiet", "--wait", "--pipe"]);
    command.args(["--property=Delegate=yes", "--property=KillMode=process"]).args(options);
    command.args(["sh", "-c"]).stdin(Stdio::null());
    command
}

/// Runs a script as a service; what it printed. It has to succeed.
pub(crate) fn serve(machine: &Machine, script: &str) -> String {
    let output = service(machine, &[]).arg(format!("{PREPARE} {script}")).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(output.status.success(), "{script}:\n{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Starts a service and waits until it says that it is ready, which a redd does when its machine is.
pub(crate) fn start(machine: &Machine, name: &str, script: &str) -> std::process::Child {
    let unit = format!("--unit={name}");
    let mut command = service(machine, &[&unit, "--service-type=notify", "--property=NotifyAccess=all"]);
    let child = command.arg(format!("{PREPARE} exec {script}")).stdout(Stdio::piped()).spawn().unwrap();
    let waits = format!("timeout 90 sh -c 'until systemctl is-active --quiet {name}; do sleep 0.1; done'");
    if !machine.succeeds(&waits) {
        panic!(
            "{name} does not get ready:\n{}",
            machine.shell(&format!("journalctl --no-pager --unit={name}"))
        );
    }
    child
}
