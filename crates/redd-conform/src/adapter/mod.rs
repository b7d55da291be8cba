//! What the checker has to know of a container manager: five verbs, as commands that a user would type.
//!
//! The checker starts the commands itself: it hands over the listening socket and the notify socket, keeps the
//! output, watches the time, and ends what does not end.

mod ask;
pub mod file;
pub mod lxc;
pub mod nspawn;
pub mod oci;
pub mod peers;
pub mod podman;
pub mod redd;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::Manager;

/// A container as the checker wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name: letters, digits and `-`, no longer than a host name.
    pub name: String,
    /// The tree of its operating system. It is a copy for this container alone, which the manager may use, shift and
    /// change in place; the checker removes it.
    pub tree: PathBuf,
    /// A directory for files of the adapter's own, empty when the container is created; the checker removes it.
    pub directory: PathBuf,
}

/// What a start is asked for beside the container itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A credential for PID 1.
    Credential {
        /// Its name.
        name: String,
        /// Its value, printable.
        value: String,
    },
    /// Without `CAP_SYS_ADMIN` and `CAP_MKNOD`.
    FewCapabilities,
    /// A user of the host, known inside and with the home directory.
    BoundUser(String),
    /// Started by an ordinary user of the host.
    OrdinaryUser {
        /// The user's id.
        uid: u32,
    },
}

/// Why a verb has no command, or a command no result: a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// The manager has no option for this.
    #[error("{manager} has no option for {wish}")]
    NoOption {
        /// The manager's name.
        manager: String,
        /// What was wanted.
        wish: String,
    },
    /// It is not installed, or does not work.
    #[error("{0}")]
    Failed(String),
}

/// A container manager in one configuration.
pub trait Adapter {
    /// Who this is; the version is what the manager itself says.
    fn manager(&self) -> Manager;

    /// Makes the container known to the manager, as far as that needs something: writes its configuration, shifts the
    /// owners of its tree. It is not started. Afterwards it can be started again and again.
    ///
    /// # Errors
    /// It cannot be made.
    fn create(&self, container: &Container) -> Result<(), AdapterError>;

    /// The command that runs the container in the foreground and ends when it ends, with its exit status. Its standard
    /// input is empty, its output goes to a file; the console of the payload should be shown there. It starts with a
    /// listening socket at descriptor 3 ($LISTEN_FDS, $LISTEN_PID) and with a $NOTIFY_SOCKET.
    ///
    /// # Errors
    /// [`AdapterError::NoOption`] for a wish the manager cannot grant.
    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError>;

    /// The manager's own orderly stop; `supervisor` is the running start command.
    ///
    /// # Errors
    /// There is none.
    fn stop(&self, container: &Container, supervisor: u32) -> Result<Command, AdapterError>;

    /// The command that runs a program in the running container.
    ///
    /// # Errors
    /// There is none.
    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError>;

    /// The init as the host sees it, as soon as there is one; `supervisor` is the running start command.
    ///
    /// # Errors
    /// It cannot be found out.
    fn pid(&self, container: &Container, supervisor: u32) -> Result<Option<u32>, AdapterError>;

    /// Makes the manager forget the container. Called once, also after failures; the tree is the checker's to remove.
    ///
    /// # Errors
    /// It is still there.
    fn remove(&self, _container: &Container) -> Result<(), AdapterError> {
        Ok(())
    }

    /// The exit status that the manager documents for a payload that rebooted, where it does not boot again itself.
    fn restart_status(&self) -> Option<i32> {
        None
    }

    /// The command that adds a bind mount to the running container.
    ///
    /// # Errors
    /// [`AdapterError::NoOption`] where the manager has none, [`AdapterError::Failed`] where it cannot work here.
    fn bind(&self, _container: &Container, _source: &Path, _target: &Path) -> Result<Command, AdapterError> {
        let wish = "mounts while it runs".to_owned();
        Err(AdapterError::NoOption { manager: self.manager().name, wish })
    }

    /// Where the host sees the payload's /run/host/unix-export.
    fn unix_export(&self, _container: &Container) -> Option<PathBuf> {
        None
    }

    /// Whether the container has a network of its own in this configuration, with a link to the host.
    fn network(&self) -> Network;
}

/// What of a network a configuration asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The host's.
    Host,
    /// Its own, with nothing in it but lo.
    Private,
    /// Its own, with a veth pair to the host.
    Veth,
}

/// A manager's configurations by its name, its default first. None for a name that is not known.
#[must_use]
pub fn named(name: &str) -> Vec<Box<dyn Adapter>> {
    match name {
        "redd" => vec![
            Box::new(redd::Redd::new(redd::Mode::Default)),
            Box::new(redd::Redd::new(redd::Mode::HostUsers)),
            Box::new(redd::Redd::new(redd::Mode::LinkedJournal)),
        ],
        _ => peers::named(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn container() -> Container {
        Container {
            name: "c1".to_owned(),
            tree: PathBuf::from("/trees/c1"),
            directory: PathBuf::from("/files/c1"),
        }
    }

    /// A command as one line.
    pub(super) fn words(command: &Command) -> String {
        let mut words = vec![command.get_program().to_string_lossy()];
        words.extend(command.get_args().map(|word| word.to_string_lossy()));
        words.join(" ")
    }
}
