//! crun and runc, with a bundle: what the runtime's own `spec` writes, edited as far as an operating system needs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::ask::{ask, version_line};
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::report::Manager;

/// Those of a container of an operating system: systemd-nspawn's without the ones for auditing.
const CAPABILITIES: [&str; 24] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_IPC_OWNER",
    "CAP_KILL",
    "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE",
    "CAP_MKNOD",
    "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_CHROOT",
    "CAP_SYS_NICE",
    "CAP_SYS_PTRACE",
    "CAP_SYS_TTY_CONFIG",
];
/// SIGRTMIN+3 as a number, which every runtime understands.
const HALT_SIGNAL: &str = "37";

/// Which runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// crun
    Crun,
    /// runc
    Runc,
}

/// A runtime with an edited bundle; its state is the container's own.
#[derive(Debug)]
pub struct Runtime {
    program: Program,
}

impl Runtime {
    /// That runtime.
    #[must_use]
    pub const fn new(program: Program) -> Self {
        Self { program }
    }

    const fn name(&self) -> &'static str {
        match self.program {
            Program::Crun => "crun",
            Program::Runc => "runc",
        }
    }

    fn command(&self, container: &Container) -> Command {
        let mut command = Command::new(self.name());
        command.arg("--root").arg(container.directory.join("state"));
        command
    }

    /// Writes a bundle; a start without capabilities has another than the usual one.
    fn bundle(&self, container: &Container, wishes: &[Wish]) -> Result<PathBuf, AdapterError> {
        let directory = container.directory.join(if wishes.is_empty() { "bundle" } else { "bundle-few" });
        let failed =
            |error: std::io::Error| AdapterError::Failed(format!("{}: {error}", directory.display()));
        let file = directory.join("config.json");
        if file.exists() {
            return Ok(directory);
        }
        std::fs::create_dir_all(&directory).map_err(failed)?;
        ask(Command::new(self.name()).args(["spec", "--bundle"]).arg(&directory))?;
        let stock = std::fs::read(&file).map_err(failed)?;
        let stock: Value = serde_json::from_slice(&stock).map_err(std::io::Error::from).map_err(failed)?;
        // runc takes no path that leads through a link.
        let tree = container.tree.canonicalize().map_err(failed)?;
        let container = &Container { tree, ..container.clone() };
        let mut edited = edit(stock, container, self.name(), own_cgroup().as_deref());
        if wishes.contains(&Wish::FewCapabilities) {
            grant(&mut edited, |name| !["CAP_SYS_ADMIN", "CAP_MKNOD"].contains(&name));
        }
        std::fs::write(&file, edited.to_string()).map_err(failed)?;
        Ok(directory)
    }
}

/// Where the caller is, on a host with version 2 of cgroups alone.
fn own_cgroup() -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

/// The stock bundle as an operating system needs it.
fn edit(mut bundle: Value, container: &Container, program: &str, cgroup: Option<&str>) -> Value {
    bundle["root"] = json!({ "path": container.tree, "readonly": false });
    bundle["hostname"] = json!(container.name);
    let process = &mut bundle["process"];
    process["terminal"] = json!(false);
    process["args"] = json!(["/sbin/init"]);
    process["env"] = json!([
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        format!("container={program}")
    ]);
    process["noNewPrivileges"] = json!(false);
    if let Some(process) = process.as_object_mut() {
        process.remove("rlimits");
    }
    grant(&mut bundle, |_| true);
    edit_mounts(&mut bundle);
    if let Some(namespaces) = bundle["linux"]["namespaces"].as_array_mut() {
        namespaces.retain(|namespace| namespace["type"] != "cgroup");
        namespaces.push(json!({ "type": "cgroup" }));
    }
    if let Some(cgroup) = cgroup {
        let parent = cgroup.trim_end_matches('/');
        bundle["linux"]["cgroupsPath"] = json!(format!("{parent}/{}", container.name));
    }
    bundle
}

fn grant(bundle: &mut Value, wanted: impl Fn(&str) -> bool) {
    let names: Vec<&str> = CAPABILITIES.into_iter().filter(|name| wanted(name)).collect();
    bundle["process"]["capabilities"] = json!({ "bounding": names, "effective": names, "permitted": names, "inheritable": [], "ambient": [] });
}

fn edit_mounts(bundle: &mut Value) {
    let Some(mounts) = bundle["mounts"].as_array_mut() else { return };
    let options = ["nosuid", "nodev", "strictatime", "mode=755"];
    mounts.push(json!({ "destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": options }));
    for mount in mounts.iter_mut().filter(|mount| mount["destination"] == "/sys/fs/cgroup") {
        if let Some(options) = mount["options"].as_array_mut() {
            options.retain(|option| option != "ro");
            options.push(json!("rw"));
        }
    }
}

impl Adapter for Runtime {
    fn manager(&self) -> Manager {
        let version = version_line(self.name()).and_then(|line| line.rsplit(' ').next().map(str::to_owned));
        Manager { name: self.name().to_owned(), version, mode: "edited-bundle".to_owned() }
    }

    fn create(&self, container: &Container) -> Result<(), AdapterError> {
        self.bundle(container, &[]).map(drop)
    }

    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        for wish in wishes {
            let wish = match wish {
                Wish::FewCapabilities => continue,
                Wish::Credential { .. } => "a credential",
                Wish::BoundUser(_) => "a user of the host",
                Wish::OrdinaryUser { .. } => {
                    let why = "a bundle for an ordinary user is another one, which is not made for a check";
                    return Err(AdapterError::Failed(format!("{}: {why}", self.name())));
                }
            };
            return Err(AdapterError::NoOption { manager: self.name().to_owned(), wish: wish.to_owned() });
        }
        let bundle = self.bundle(container, wishes)?;
        let mut command = self.command(container);
        command.args(["run", "--bundle"]).arg(bundle).arg(&container.name);
        Ok(command)
    }

    fn stop(&self, container: &Container, _supervisor: u32) -> Result<Command, AdapterError> {
        let mut command = self.command(container);
        command.args(["kill", &container.name, HALT_SIGNAL]);
        Ok(command)
    }

    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        let mut command = self.command(container);
        command.args(["exec", &container.name]).args(words);
        Ok(command)
    }

    fn pid(&self, container: &Container, _supervisor: u32) -> Result<Option<u32>, AdapterError> {
        // It fails before the container is known.
        let Ok(answer) = ask(self.command(container).args(["state", &container.name])) else {
            return Ok(None);
        };
        let state: Value = serde_json::from_str(&answer)
            .map_err(|error| AdapterError::Failed(format!("{} state: {error}", self.name())))?;
        let pid = state["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        // What is created does not run the init yet.
        Ok(pid.filter(|pid| *pid > 0 && state["status"] == "running"))
    }

    fn remove(&self, container: &Container) -> Result<(), AdapterError> {
        // It fails where the runtime has forgotten the container by itself.
        drop(ask(self.command(container).args(["delete", "--force", &container.name])));
        let state = container.directory.join("state").join(&container.name);
        if state.exists() { Err(still_there(&state)) } else { Ok(()) }
    }

    fn network(&self) -> Network {
        Network::Private
    }
}

fn still_there(path: &Path) -> AdapterError {
    AdapterError::Failed(format!("{} is still there", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{container, words};
    use super::*;

    /// The parts of a stock bundle that are edited.
    fn stock() -> Value {
        json!({
            "process": { "terminal": true, "args": ["sh"], "rlimits": [{}], "noNewPrivileges": true },
            "root": { "path": "rootfs", "readonly": true },
            "mounts": [{ "destination": "/sys/fs/cgroup", "type": "cgroup", "options": ["nosuid", "ro"] }],
            "linux": {
                "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
                "namespaces": [{ "type": "pid" }]
            }
        })
    }

    #[test]
    fn the_bundle_is_edited_as_an_operating_system_needs_it() {
        let edited = edit(stock(), &container(), "crun", Some("/unit"));
        insta::assert_snapshot!(serde_json::to_string_pretty(&edited).unwrap());
    }

    #[test]
    fn few_capabilities_are_without_these_two() {
        let mut bundle = edit(stock(), &container(), "runc", None);
        grant(&mut bundle, |name| !["CAP_SYS_ADMIN", "CAP_MKNOD"].contains(&name));
        let granted = bundle["process"]["capabilities"]["bounding"].to_string();
        assert!(!granted.contains("SYS_ADMIN") && !granted.contains("MKNOD") && granted.contains("CHOWN"));
    }

    #[test]
    fn the_command_lines_are_those_of_a_user() {
        let crun = Runtime::new(Program::Crun);
        assert_eq!(words(&crun.stop(&container(), 7).unwrap()), "crun --root /files/c1/state kill c1 37");
        assert_eq!(
            words(&crun.exec(&container(), &["ls", "-l"]).unwrap()),
            "crun --root /files/c1/state exec c1 ls -l"
        );
    }

    #[test]
    fn what_it_cannot_grant_is_said() {
        let wish = Wish::Credential { name: "n".to_owned(), value: "v".to_owned() };
        let error = Runtime::new(Program::Runc).start(&container(), &[wish]).unwrap_err();
        assert_eq!(error.to_string(), "runc has no option for a credential");
    }
}
