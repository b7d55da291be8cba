//! Why a start failed.

use std::path::PathBuf;

use redd_plan::PlanError;
use redd_spec::name::MachineName;
use redd_sys::Errno;

/// Why a start failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The tree is not there, or no tree.
    #[error("{} {reason}", path.display())]
    Tree {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// What a tree lies over is no longer what it was.
    #[error("{} lies over the template {}, which has changed since", tree.display(), template.display())]
    TemplateChanged {
        /// The tree.
        tree: PathBuf,
        /// The template.
        template: PathBuf,
        /// What tells what it looked like.
        seen: PathBuf,
    },
    /// A machine of that name runs.
    #[error("a machine named {name:?} is running", name = name.as_str())]
    NameTaken {
        /// The name.
        name: MachineName,
    },
    /// The tree is in use.
    #[error("{} is in use by another machine", path.display())]
    TreeBusy {
        /// The tree.
        path: PathBuf,
    },
    /// The kernel's limit for something that all machines share is too low.
    #[error("the host has no room for that: {sysctl} is {limit}, {used} are taken, and {needed} would be")]
    NoRoom {
        /// The kernel parameter.
        sysctl: &'static str,
        /// What it is.
        limit: u64,
        /// What is taken of it.
        used: u64,
        /// What would be.
        needed: u64,
    },
    /// No range of ids is free.
    #[error("no free range of user ids was found")]
    NoFreeIds,
    /// redd runs in a container that has no ids for another one.
    #[error("this container has no ids to give to a machine")]
    NoIdsInside,
    /// What the user named cannot be read.
    #[error("{option}: {}: {reason}", path.display())]
    Input {
        /// The option that named it.
        option: &'static str,
        /// What it named.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The host lacks something, or refuses it.
    #[error("{what}: {cause}")]
    Host {
        /// What redd was about.
        what: String,
        /// The reason.
        cause: Errno,
    },
    /// A step failed.
    #[error("step {index} of {total} ({action}): {cause}")]
    Step {
        /// Its place in the plan.
        index: usize,
        /// How many there are.
        total: usize,
        /// What it does.
        action: String,
        /// Why it failed.
        cause: StepError,
    },
    /// The command cannot be executed.
    #[error("{program}: {cause}")]
    Execute {
        /// The command.
        program: String,
        /// Why not.
        cause: Errno,
    },
    /// redd panicked; the message was printed.
    #[error("a bug in redd ended it; everything was cleaned up")]
    Bug,
    /// What another redd has handed over cannot be taken over.
    #[error("taking over the machine: {0}")]
    Handover(#[from] crate::handover::Refusal),
    /// The child ended, and did not say why.
    #[error("the child ended during step {index} without a word")]
    ChildVanished {
        /// The step.
        index: usize,
    },
}

impl Error {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Plan(error) => error.hint()?,
            Self::Tree { hint, .. } => hint,
            Self::TemplateChanged { seen, .. } => {
                return Some(format!(
                    "put the template back as it was, or take it as it is now with: rm {}",
                    seen.display()
                ));
            }
            Self::NameTaken { .. } => "choose another name with -M",
            Self::TreeBusy { .. } => "stop that machine, or work on a copy with --ephemeral",
            Self::NoIdsInside => {
                "start the outer machine with --nesting, or this one with --private-users=identity or no"
            }
            Self::NoRoom { sysctl, needed, .. } => return Some(format!("sysctl {sysctl}={}", needed * 2)),
            Self::NoFreeIds => "name a range with --private-users=START:N",
            Self::Host { cause: Errno::PERM | Errno::ACCESS, .. } => "redd needs to be root for this",
            Self::Step { cause, .. } => return cause.hint.clone(),
            Self::Bug => "please report the message above",
            Self::Execute { .. }
            | Self::Input { .. }
            | Self::Host { .. }
            | Self::Handover(_)
            | Self::ChildVanished { .. } => {
                return None;
            }
        };
        Some(text.to_owned())
    }

    /// Something of the host failed while redd was about something.
    pub(crate) fn host(what: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        let what = what.into();
        move |cause| Self::Host { what, cause }
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The error's number.
    pub errno: Errno,
    /// What else is known; may be empty.
    pub detail: String,
    /// What the user can do.
    pub hint: Option<String>,
}

impl StepError {
    /// An error with more about it.
    pub(crate) fn about(detail: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        let detail = detail.into();
        move |errno| Self { errno, detail, hint: None }
    }

    /// The same error with what to do about it.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for StepError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reason = std::io::Error::from(self.errno).kind();
        let text = match self.errno {
            Errno::INVAL | Errno::PERM | Errno::ACCESS => std::io::Error::from(self.errno).to_string(),
            _ if matches!(reason, std::io::ErrorKind::Other) => self.errno.to_string(),
            _ => std::io::Error::from(self.errno).to_string(),
        };
        if self.detail.is_empty() {
            formatter.write_str(&text)
        } else {
            write!(formatter, "{}: {text}", self.detail)
        }
    }
}

impl From<Errno> for StepError {
    fn from(errno: Errno) -> Self {
        Self { errno, detail: String::new(), hint: None }
    }
}

impl From<redd_sys::mount::FileSystemError> for StepError {
    fn from(error: redd_sys::mount::FileSystemError) -> Self {
        Self { errno: error.errno, detail: error.message, hint: None }
    }
}

impl From<std::io::Error> for StepError {
    fn from(error: std::io::Error) -> Self {
        Errno::from_io_error(&error).unwrap_or(Errno::IO).into()
    }
}

/// Marks a result that changes nothing: whether it worked or not, there is nobody to tell and nothing else to do.
pub(crate) fn best_effort<T, E>(_result: Result<T, E>) {}

/// An error with its causes, as one line. Some errors repeat their cause.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
