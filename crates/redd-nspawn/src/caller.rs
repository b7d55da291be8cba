//! Who calls, and from where, as data.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use redd_spec::Spec;
use redd_spec::console::ConsoleMode;
use redd_spec::sockets::{InvalidCount, PassedSockets, STORE_MAX};
use redd_spec::variables;

/// Whether a standard stream is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// It is.
    Yes,
    /// It is a file, a pipe, nothing.
    No,
}

/// Who calls redd, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What relative paths are relative to.
    pub current_directory: PathBuf,
    /// The caller's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Standard input.
    pub input: Terminal,
    /// Standard output.
    pub output: Terminal,
    /// For the names of ephemeral machines.
    pub random: [u8; 8],
    /// Its number, by which sockets are addressed to it.
    pub process: u32,
}

impl Caller {
    /// Whether somebody sits there, reading and typing.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.input == Terminal::Yes && self.output == Terminal::Yes
    }

    /// A variable of its environment.
    #[must_use]
    pub fn variable(&self, wanted: &str) -> Option<&OsStr> {
        self.environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_os_str())
    }

    /// The sockets that were opened for this process.
    ///
    /// # Errors
    /// Their number is none.
    pub fn sockets(&self) -> Result<PassedSockets, InvalidCount> {
        let variable = |wanted: &str| self.variable(wanted).and_then(OsStr::to_str);
        let (process, count) = (variable(variables::LISTEN_PID), variable(variables::LISTEN_FDS));
        PassedSockets::parse(self.process, process, count, variable(variables::LISTEN_FDNAMES))
    }

    /// How many descriptors its supervisor keeps for it.
    #[must_use]
    pub fn store(&self) -> u32 {
        let store =
            self.variable(variables::FDSTORE).and_then(OsStr::to_str).and_then(|text| text.parse().ok());
        store.unwrap_or(0).min(STORE_MAX)
    }

    /// `$TERM`, where the payload's console ends at a terminal.
    #[must_use]
    pub fn terminal_type(&self, spec: &Spec) -> Option<String> {
        let connected = match spec.console {
            ConsoleMode::Interactive | ConsoleMode::ReadOnly | ConsoleMode::Pipe => {
                self.output == Terminal::Yes
            }
            ConsoleMode::Passive | ConsoleMode::Kept => false,
        };
        let of_caller = self.variable(variables::TERM).and_then(OsStr::to_str);
        let is_plain = |text: &&str| text.chars().all(|character| character.is_ascii_graphic());
        of_caller.filter(is_plain).filter(|_| connected).map(str::to_owned)
    }
}
