//! systemd-nspawn.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ask::{ask, enter, init_below, process_with, version_line};
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::report::Manager;

const PROGRAM: &str = "systemd-nspawn";
/// What it ends with after a reboot inside, under `--keep-unit`: systemd-nspawn@.service has it in
/// RestartForceExitStatus=.
const RESTART_STATUS: i32 = 133;
/// The first that an ordinary user can start, with the help of nsresourced.
const FIRST_FOR_USERS: u32 = 256;

/// Which of its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Without options.
    Default,
    /// As systemd-nspawn@.service has it: user namespace, veth, journal linked.
    Unit,
}

/// systemd-nspawn in one configuration. Without a service manager on the host it registers nowhere.
#[derive(Debug)]
pub struct Nspawn {
    mode: Mode,
}

impl Nspawn {
    /// That configuration.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode }
    }

    fn wish(&self, command: &mut Command, wish: &Wish) -> Result<(), AdapterError> {
        match wish {
            Wish::Credential { name, value } => command.arg(format!("--set-credential={name}:{value}")),
            Wish::FewCapabilities => command.arg("--drop-capability=CAP_SYS_ADMIN,CAP_MKNOD"),
            Wish::BoundUser(user) if self.mode == Mode::Unit => command.arg(format!("--bind-user={user}")),
            Wish::OrdinaryUser { uid } if major_version() >= Some(FIRST_FOR_USERS) => command.uid(*uid),
            Wish::BoundUser(_) => return Err(no_option("a user of the host without a user namespace")),
            Wish::OrdinaryUser { .. } => {
                return Err(no_option("a start by an ordinary user before version 256"));
            }
        };
        Ok(())
    }
}

fn no_option(wish: &str) -> AdapterError {
    AdapterError::NoOption { manager: PROGRAM.to_owned(), wish: wish.to_owned() }
}

fn major_version() -> Option<u32> {
    let line = version_line(PROGRAM)?;
    line.split_whitespace().nth(1)?.split('.').next()?.parse().ok()
}

/// `systemd 252 (252.39-1~deb12u2)` is version 252.39.
fn version(line: &str) -> Option<String> {
    let exact = line.split_once('(').and_then(|(_, rest)| rest.split([')', '-']).next());
    exact.or_else(|| line.split_whitespace().nth(1)).map(str::to_owned)
}

impl Adapter for Nspawn {
    fn manager(&self) -> Manager {
        let mode = match self.mode {
            Mode::Default => "default",
            Mode::Unit => "user-namespace-and-veth",
        };
        Manager {
            name: PROGRAM.to_owned(),
            version: version_line(PROGRAM).and_then(|line| version(&line)),
            mode: mode.to_owned(),
        }
    }

    fn create(&self, _container: &Container) -> Result<(), AdapterError> {
        ask(Command::new(PROGRAM).arg("--version")).map(drop)
    }

    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        let mut command = Command::new(PROGRAM);
        command.args(["--quiet", "--register=no", "--keep-unit", "--boot"]);
        command.arg(format!("--machine={}", container.name));
        command.arg("--directory").arg(&container.tree);
        if self.mode == Mode::Unit {
            command.args(["--private-users=pick", "--private-users-ownership=auto"]);
            command.args(["--network-veth", "--link-journal=try-guest"]);
        }
        wishes.iter().try_for_each(|wish| self.wish(&mut command, wish))?;
        Ok(command)
    }

    // "when systemd-nspawn itself receives SIGTERM, in order to trigger an orderly shutdown": its man page.
    fn stop(&self, _container: &Container, supervisor: u32) -> Result<Command, AdapterError> {
        let mut command = Command::new("kill");
        command.args(["-TERM", &supervisor.to_string()]);
        Ok(command)
    }

    // machinectl shell needs a registered machine.
    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        let supervisor = process_with(PROGRAM, &format!("--machine={}", container.name));
        let init = supervisor.and_then(init_below);
        let init = init.ok_or_else(|| AdapterError::Failed(format!("{} does not run", container.name)))?;
        Ok(enter(init, words))
    }

    fn pid(&self, _container: &Container, supervisor: u32) -> Result<Option<u32>, AdapterError> {
        Ok(init_below(supervisor))
    }

    fn bind(&self, _container: &Container, _source: &Path, _target: &Path) -> Result<Command, AdapterError> {
        Err(AdapterError::Failed(
            "machinectl bind needs systemd-machined, and nothing is registered here".to_owned(),
        ))
    }

    fn restart_status(&self) -> Option<i32> {
        Some(RESTART_STATUS)
    }

    fn unix_export(&self, container: &Container) -> Option<PathBuf> {
        Some(PathBuf::from("/run/systemd/nspawn/unix-export").join(&container.name))
    }

    fn network(&self) -> Network {
        match self.mode {
            Mode::Default => Network::Host,
            Mode::Unit => Network::Veth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{container, words};
    use super::*;

    #[test]
    fn the_command_lines_are_those_of_a_user() {
        let wishes =
            [Wish::Credential { name: "probe.x".to_owned(), value: "v".to_owned() }, Wish::FewCapabilities];
        assert_eq!(
            words(&Nspawn::new(Mode::Default).start(&container(), &wishes).unwrap()),
            "systemd-nspawn --quiet --register=no --keep-unit --boot --machine=c1 --directory /trees/c1 \
             --set-credential=probe.x:v --drop-capability=CAP_SYS_ADMIN,CAP_MKNOD"
        );
        let unit = Nspawn::new(Mode::Unit);
        assert_eq!(
            words(&unit.start(&container(), &[Wish::BoundUser("u".to_owned())]).unwrap()),
            "systemd-nspawn --quiet --register=no --keep-unit --boot --machine=c1 --directory /trees/c1 \
             --private-users=pick --private-users-ownership=auto --network-veth --link-journal=try-guest \
             --bind-user=u"
        );
        assert_eq!(words(&unit.stop(&container(), 7).unwrap()), "kill -TERM 7");
    }

    #[test]
    fn what_it_cannot_grant_is_said() {
        let wish = Wish::BoundUser("u".to_owned());
        let error = Nspawn::new(Mode::Default).start(&container(), &[wish]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "systemd-nspawn has no option for a user of the host without a user namespace"
        );
    }

    #[test]
    fn the_exact_version_is_in_brackets() {
        assert_eq!(version("systemd 252 (252.39-1~deb12u2)").as_deref(), Some("252.39"));
        assert_eq!(version("systemd 257 (257~rc1)").as_deref(), Some("257~rc1"));
        assert_eq!(version("systemd 258").as_deref(), Some("258"));
    }
}
