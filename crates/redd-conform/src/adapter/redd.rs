//! redd, by its command line, as any user has it.

use std::path::PathBuf;
use std::process::Command;

use super::ask::enter;
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::probe::read;
use crate::report::Manager;

const NAME: &str = "redd";
const MACHINES: &str = "/run/redd/machines";

/// Which of its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Without options.
    Default,
    /// Without a user namespace.
    HostUsers,
    /// With its journal among the host's, as a service has it.
    LinkedJournal,
}

/// redd in one configuration.
#[derive(Debug)]
pub struct Redd {
    mode: Mode,
    program: PathBuf,
}

impl Redd {
    /// That configuration of this very program.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { mode, program: std::env::current_exe().unwrap_or_else(|_unknown| PathBuf::from(NAME)) }
    }
}

fn no_option(wish: &str) -> AdapterError {
    AdapterError::NoOption { manager: NAME.to_owned(), wish: wish.to_owned() }
}

fn state(container: &Container) -> Option<serde_json::Value> {
    let path = PathBuf::from(MACHINES).join(&container.name).join("state.json");
    serde_json::from_slice(&read::bytes(path).ok()?).ok()
}

impl Adapter for Redd {
    fn manager(&self) -> Manager {
        let mode = match self.mode {
            Mode::Default => "default",
            Mode::HostUsers => "no-user-namespace",
            Mode::LinkedJournal => "linked-journal",
        };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Manager { name: NAME.to_owned(), version: Some(version), mode: mode.to_owned() }
    }

    fn create(&self, _container: &Container) -> Result<(), AdapterError> {
        Ok(())
    }

    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        let mut command = Command::new(&self.program);
        command.args(["boot", "--console=read-only", "--machine", &container.name]);
        command.args(match self.mode {
            Mode::Default => None,
            Mode::HostUsers => Some("--private-users=no"),
            Mode::LinkedJournal => Some("--link-journal=try-guest"),
        });
        for wish in wishes {
            match wish {
                Wish::Credential { name, value } => command.arg(format!("--set-credential={name}:{value}")),
                Wish::FewCapabilities => command.arg("--drop-capability=CAP_SYS_ADMIN,CAP_MKNOD"),
                Wish::BoundUser(user) => command.arg(format!("--bind-user={user}")),
                Wish::OrdinaryUser { .. } => return Err(no_option("a start by an ordinary user")),
            };
        }
        command.arg("--directory").arg(&container.tree);
        Ok(command)
    }

    fn stop(&self, _container: &Container, supervisor: u32) -> Result<Command, AdapterError> {
        let mut command = Command::new("kill");
        command.args(["-s", "TERM", &supervisor.to_string()]);
        Ok(command)
    }

    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        let pid = self.pid(container, 0)?;
        pid.map(|pid| enter(pid, words)).ok_or_else(|| AdapterError::Failed("it does not run".to_owned()))
    }

    fn pid(&self, container: &Container, _supervisor: u32) -> Result<Option<u32>, AdapterError> {
        let leader = state(container).and_then(|state| state.get("leader")?.as_u64());
        Ok(leader.and_then(|pid| pid.try_into().ok()))
    }

    fn unix_export(&self, container: &Container) -> Option<PathBuf> {
        Some(PathBuf::from(MACHINES).join(&container.name).join("unix-export"))
    }

    fn network(&self) -> Network {
        Network::Veth
    }
}
