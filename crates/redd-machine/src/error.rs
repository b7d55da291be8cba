//! Why something cannot be done to a machine.

use std::io;

use redd_control::client::ClientError;
use redd_runtime::background::StartFailure;
use redd_runtime::enter::EnterError;
use redd_spec::name::MachineName;
use redd_sys::Errno;

/// Why something cannot be done to a machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// There is nothing of that name.
    #[error("there is no machine {name}, and no tree of that name")]
    Unknown {
        /// The name.
        name: MachineName,
    },
    /// Something is in the way.
    #[error("{what}")]
    Exists {
        /// What, and where.
        what: String,
        /// What somebody can do.
        hint: Option<String>,
    },
    /// It does not run.
    #[error("{name} does not run")]
    NotRunning {
        /// The machine.
        name: MachineName,
    },
    /// Its supervisor does not do what it is asked for.
    #[error("{name}")]
    Supervisor {
        /// The machine.
        name: MachineName,
        /// Why.
        #[source]
        cause: ClientError,
    },
    /// The time that somebody wanted to wait is over.
    #[error("{name} {what}")]
    TimedOut {
        /// The machine.
        name: MachineName,
        /// What it did not do.
        what: String,
    },
    /// The kernel refuses.
    #[error("{what}")]
    Host {
        /// What was tried.
        what: String,
        /// Why.
        #[source]
        cause: Errno,
    },
    /// It could not be started, or ended before it was ready.
    #[error("{}", failure.text)]
    NotStarted {
        /// Why.
        failure: StartFailure,
    },
    /// Another verb changes it.
    #[error("{name} is being changed: {who}")]
    Busy {
        /// The machine.
        name: MachineName,
        /// By whom.
        who: String,
    },
    /// Somebody else has it.
    #[error("{what}")]
    Taken {
        /// Who has what.
        what: String,
        /// What somebody can do.
        hint: String,
    },
    /// A command cannot be executed inside.
    #[error("{program}: {cause}")]
    Execute {
        /// The command.
        program: String,
        /// Why not.
        cause: Errno,
    },
    /// It cannot be done to this machine, or with these words.
    #[error("{what}")]
    Refused {
        /// What, and why.
        what: String,
        /// What somebody can do.
        hint: Option<String>,
    },
}

impl MachineError {
    /// A supervisor that is not there belongs to a machine that does not run.
    #[must_use]
    pub fn of_client(name: &MachineName, cause: ClientError) -> Self {
        match cause {
            ClientError::NotRunning => Self::NotRunning { name: name.clone() },
            ClientError::Unreachable(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Self::not_permitted(name)
            }
            cause => Self::Supervisor { name: name.clone(), cause },
        }
    }

    /// Why nobody got in.
    #[must_use]
    pub fn of_entrance(name: &MachineName, cause: EnterError) -> Self {
        let hint = cause.hint().map(str::to_owned);
        let refused = |hint: String| Self::Refused { what: cause.to_string(), hint: Some(hint) };
        match &cause {
            EnterError::NotRunning => Self::NotRunning { name: name.clone() },
            EnterError::NoProgram { program, cause } => {
                Self::Execute { program: program.clone(), cause: *cause }
            }
            EnterError::TimedOut(_) => Self::TimedOut { name: name.clone(), what: cause.to_string() },
            EnterError::Frozen => refused(format!("redd resume {name} lets it go on")),
            EnterError::TooManyProcesses => refused(format!("redd set {name} pids=… lets it have more")),
            EnterError::Killed => refused(format!("redd set {name} memory=… gives it more")),
            EnterError::Failed { .. } => Self::Refused { what: cause.to_string(), hint },
        }
    }

    /// Whoever may not know of a machine is not told that there is none.
    #[must_use]
    pub fn not_permitted(name: &MachineName) -> Self {
        Self::Host { what: format!("{name} is root's, as all machines are"), cause: Errno::ACCESS }
    }

    /// What somebody can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRunning { name } => {
                Some(format!("redd start {name} starts it; redd list shows which run"))
            }
            Self::Supervisor { name, cause: ClientError::TimedOut(_) | ClientError::Closed } => {
                Some(format!("redd terminate {name} ends it in any case"))
            }
            Self::Taken { hint, .. } => Some(hint.clone()),
            Self::NotStarted { failure } => failure.hint.clone(),
            Self::Busy { .. } => Some("try again when that is done".to_owned()),
            Self::Refused { hint, .. } | Self::Exists { hint, .. } => hint.clone(),
            Self::Unknown { .. } => Some("redd list shows what there is".to_owned()),
            Self::Supervisor { .. } | Self::TimedOut { .. } | Self::Host { .. } | Self::Execute { .. } => {
                None
            }
        }
    }
}
