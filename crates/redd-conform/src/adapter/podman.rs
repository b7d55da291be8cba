//! Podman, with the container's tree as its root file system.

use std::path::Path;
use std::process::Command;

use super::ask::{ask, version_line};
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::report::Manager;

const PROGRAM: &str = "podman";

/// Which of its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `--systemd=always` and nothing else.
    Default,
    /// The capabilities that systemd needs, a host name, the caller's cgroup.
    Capabilities,
    /// `--privileged`
    Privileged,
}

/// Podman in one configuration; its storage is the container's own.
#[derive(Debug)]
pub struct Podman {
    mode: Mode,
}

impl Podman {
    /// That configuration.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode }
    }

    fn command(container: &Container) -> Command {
        let directory = &container.directory;
        let mut command = Command::new(PROGRAM);
        command.arg("--root").arg(directory.join("storage"));
        command.arg("--runroot").arg(directory.join("run"));
        command.args(["--storage-driver=vfs", "--events-backend=file"]);
        if !Path::new("/run/systemd/system").exists() {
            command.arg("--cgroup-manager=cgroupfs");
        }
        command
    }
}

fn has_pids_controller() -> bool {
    let controllers = std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
    controllers.split_whitespace().any(|controller| controller == "pids")
}

fn no_option(wish: &str) -> AdapterError {
    AdapterError::NoOption { manager: PROGRAM.to_owned(), wish: wish.to_owned() }
}

impl Adapter for Podman {
    fn manager(&self) -> Manager {
        let mode = match self.mode {
            Mode::Default => "default",
            Mode::Capabilities => "capabilities",
            Mode::Privileged => "privileged",
        };
        let version = version_line(PROGRAM).and_then(|line| line.rsplit(' ').next().map(str::to_owned));
        Manager { name: PROGRAM.to_owned(), version, mode: mode.to_owned() }
    }

    fn create(&self, _container: &Container) -> Result<(), AdapterError> {
        ask(Command::new(PROGRAM).arg("--version")).map(drop)
    }

    // As its documented units do: run, with --rm and --replace.
    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        let mut command = Self::command(container);
        command.args(["run", "--rm", "--replace", "--name", &container.name]);
        command.args(["--systemd=always", "--tty", "--network=none"]);
        if !has_pids_controller() {
            // Its default limit ends the start where nothing can keep it.
            command.arg("--pids-limit=0");
        }
        match self.mode {
            Mode::Default => {}
            Mode::Capabilities => {
                command.args(["--hostname", &container.name, "--cgroups=split"]);
                // What is dropped below cannot be added as well.
                let few = wishes.contains(&Wish::FewCapabilities);
                command.arg(if few { "--cap-add=NET_ADMIN" } else { "--cap-add=SYS_ADMIN,MKNOD,NET_ADMIN" });
            }
            Mode::Privileged => {
                command.arg("--privileged");
            }
        }
        for wish in wishes {
            match wish {
                Wish::FewCapabilities => command.arg("--cap-drop=SYS_ADMIN,MKNOD"),
                Wish::Credential { .. } => return Err(no_option("a credential of PID 1")),
                Wish::BoundUser(_) => return Err(no_option("a user of the host with the home directory")),
                Wish::OrdinaryUser { .. } => {
                    let why =
                        "podman needs ranges of that user in /etc/subuid, which are not set up for a check";
                    return Err(AdapterError::Failed(why.to_owned()));
                }
            };
        }
        command.arg("--rootfs").arg(&container.tree).arg("/sbin/init");
        Ok(command)
    }

    fn stop(&self, container: &Container, _supervisor: u32) -> Result<Command, AdapterError> {
        let mut command = Self::command(container);
        command.args(["stop", &container.name]);
        Ok(command)
    }

    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        let mut command = Self::command(container);
        command.args(["exec", &container.name]).args(words);
        Ok(command)
    }

    fn pid(&self, container: &Container, _supervisor: u32) -> Result<Option<u32>, AdapterError> {
        // It fails before the container is known.
        let inspect = ["inspect", "--type=container", "--format={{.State.Pid}}", &container.name];
        let answer = ask(Self::command(container).args(inspect));
        Ok(answer.ok().and_then(|answer| answer.trim().parse().ok()).filter(|pid| *pid > 0))
    }

    fn remove(&self, container: &Container) -> Result<(), AdapterError> {
        let forget = ["rm", "--force", "--ignore", "--time=0", &container.name];
        ask(Self::command(container).args(forget)).map(drop)
    }

    fn network(&self) -> Network {
        Network::Private
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{container, words};
    use super::*;

    const ROOT: &str = "podman --root /files/c1/storage --runroot /files/c1/run --storage-driver=vfs \
                        --events-backend=file";

    fn start(mode: Mode, wishes: &[Wish]) -> String {
        words(&Podman::new(mode).start(&container(), wishes).unwrap())
            .replace(" --cgroup-manager=cgroupfs", "")
            .replace(" --pids-limit=0", "")
    }

    #[test]
    fn the_command_lines_are_those_of_a_user() {
        let run = format!("{ROOT} run --rm --replace --name c1 --systemd=always --tty --network=none");
        let end = "--rootfs /trees/c1 /sbin/init";
        assert_eq!(start(Mode::Default, &[]), format!("{run} {end}"));
        assert_eq!(
            start(Mode::Capabilities, &[]),
            format!("{run} --hostname c1 --cgroups=split --cap-add=SYS_ADMIN,MKNOD,NET_ADMIN {end}")
        );
        assert!(
            start(Mode::Capabilities, &[Wish::FewCapabilities]).contains("--cap-add=NET_ADMIN --cap-drop")
        );
        assert_eq!(
            start(Mode::Privileged, &[Wish::FewCapabilities]),
            format!("{run} --privileged --cap-drop=SYS_ADMIN,MKNOD {end}")
        );
        let exec = Podman::new(Mode::Default).exec(&container(), &["ls", "-l"]).unwrap();
        assert!(words(&exec).ends_with("exec c1 ls -l"));
    }

    #[test]
    fn what_it_cannot_grant_is_said() {
        let wish = Wish::Credential { name: "n".to_owned(), value: "v".to_owned() };
        let error = Podman::new(Mode::Default).start(&container(), &[wish]).unwrap_err();
        assert_eq!(error.to_string(), "podman has no option for a credential of PID 1");
    }
}
