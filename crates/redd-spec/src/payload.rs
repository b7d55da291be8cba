//! What runs inside, and what it is told.

use serde::{Deserialize, Serialize};

use crate::init::InitChoice;
use crate::name::Hostname;
use crate::network::MacAddress;
use crate::path::PathInRoot;
use crate::text::ByteString;
use crate::uuid::Uuid;

/// What runs as the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// The tree's own init, as PID 1.
    Boot {
        /// Arguments for the init.
        arguments: Vec<ByteString>,
        /// Which init that is (`--init=`).
        init: InitChoice,
    },
    /// One command.
    Command(Command),
}

/// One command and its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The program, looked up in the payload's `$PATH` unless it has a slash, and its arguments. Empty: a login shell.
    pub arguments: Vec<ByteString>,
    /// Who is PID 1.
    pub init: CommandInit,
    /// User name or number, resolved in the tree's own `/etc/passwd` (`-u`).
    pub user: Option<String>,
    /// Ids in its place, whether the tree knows them or not (`process.user` of an OCI bundle).
    pub ids: Option<UserIds>,
    /// Working directory; the user's home otherwise (`--chdir`).
    pub directory: Option<PathInRoot>,
}

/// Ids of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIds {
    /// The user's.
    pub uid: u32,
    /// The group's.
    pub gid: u32,
    /// Of further groups.
    pub groups: Vec<u32>,
}

/// Who is PID 1 when a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandInit {
    /// A small init that reaps and forwards signals; the command is PID 2.
    Stub,
    /// The command itself (`--as-pid1`).
    Command,
}

/// What the container is called, where the user said so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `--hostname=`; the machine's name otherwise.
    pub hostname: Option<Hostname>,
    /// `--uuid=`; used where the tree has no machine id of its own.
    pub uuid: Option<Uuid>,
    /// Who the payload is told runs it (EV1, RH5; `SYSTEMD_NSPAWN_CONTAINER_SERVICE`).
    pub manager: ManagerName,
    /// Address of `host0` (`SYSTEMD_NSPAWN_NETWORK_MAC`); made of the names of host and machine otherwise.
    pub link_address: Option<MacAddress>,
}

/// The value of `$container`: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagerName(String);

impl ManagerName {
    /// Checks the name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fits =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        ((1..=64).contains(&name.len()) && name.chars().all(fits)).then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ManagerName {
    fn default() -> Self {
        Self("redd".to_owned())
    }
}

/// One variable of the payload's environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentVariable {
    /// Its name: not empty, without `=`.
    pub name: ByteString,
    /// Its value.
    pub value: ByteString,
}
