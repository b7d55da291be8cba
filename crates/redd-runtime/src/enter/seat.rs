//! What a login session needs that somebody else starts: who the user is, what runs, and a terminal of the payload's.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use redd_spec::text::ByteString;
use redd_sys::Errno;
use redd_sys::root_dir::{Links, RootDir};
use rustix::fs::fstatfs;
use rustix::pty::ptsname;
use rustix::termios::{Winsize, tcsetwinsize};
use serde::{Deserialize, Serialize};

use super::environment::{SEARCH_PATH, candidates};
use super::errand::{self, Errand, Rights};
use super::user::{self, UserWords};
use super::{EnterError, Leader};
use crate::StepError;
use crate::child::console::allocate;
use crate::child::execute::find;

/// How long it may take to look at the payload's files.
const PATIENCE: Duration = Duration::from_secs(10);

/// A place for somebody to log in at.
#[derive(Debug)]
pub struct Seat {
    /// The user's name, as the payload knows it.
    pub user: String,
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The terminal's path inside.
    pub terminal: String,
    /// The other end of that.
    pub manager: OwnedFd,
}

#[derive(Debug, Serialize, Deserialize)]
struct Found {
    user: String,
    program: String,
    arguments: Vec<String>,
    terminal: String,
}

/// Why not.
#[derive(Debug, Serialize, Deserialize)]
enum Missing {
    Program { program: String, errno: i32 },
    Other { errno: i32, detail: String, hint: Option<String> },
}

impl From<StepError> for Missing {
    fn from(cause: StepError) -> Self {
        Self::Other { errno: cause.errno.raw_os_error(), detail: cause.detail, hint: cause.hint }
    }
}

impl Seat {
    /// Looks who the user is and where the command is, and makes a terminal. Without a command it is a login shell.
    ///
    /// # Errors
    /// There is no such user, command, or terminal.
    pub fn prepare(
        leader: &Leader,
        user: Option<&UserWords>,
        command: &[ByteString],
        size: Winsize,
    ) -> Result<Self, EnterError> {
        let errand = Errand { rights: Rights::None, kept: &[] };
        let (found, descriptors) =
            errand::run(leader, &errand, PATIENCE, || match look(user, command, size) {
                Ok((found, manager)) => (Ok(found), vec![manager]),
                Err(missing) => (Err(missing), Vec::new()),
            })?;
        let Found { user, program, arguments, terminal } = found.map_err(error)?;
        let manager = descriptors.into_iter().next();
        let manager = manager.ok_or_else(|| EnterError::failed("making a terminal inside")(Errno::PROTO))?;
        Ok(Self { user, program, arguments, terminal, manager })
    }
}

fn error(missing: Missing) -> EnterError {
    match missing {
        Missing::Program { program, errno } => {
            EnterError::NoProgram { program, cause: Errno::from_raw_os_error(errno) }
        }
        Missing::Other { errno, detail, hint } => {
            let cause = StepError { errno: Errno::from_raw_os_error(errno), detail, hint };
            EnterError::Failed { what: "preparing a session".to_owned(), cause }
        }
    }
}

fn look(
    words: Option<&UserWords>,
    command: &[ByteString],
    size: Winsize,
) -> Result<(Found, OwnedFd), Missing> {
    let root = RootDir::open(Path::new("/")).map_err(StepError::from)?;
    let user = user::find(&root, words)?;
    let (program, arguments) = match command.first() {
        None => {
            let base = user.shell.rsplit('/').next().unwrap_or("sh");
            (user.shell.clone(), vec![format!("-{base}")])
        }
        Some(name) => {
            let candidates = candidates(name, SEARCH_PATH.as_bytes());
            let program = find(&candidates).map_err(|cause| Missing::Program {
                program: name.to_string(),
                errno: cause.errno.raw_os_error(),
            })?;
            (text(program)?, command.iter().map(text).collect::<Result<_, _>>()?)
        }
    };
    let manager = open_terminal(&root)?;
    tcsetwinsize(&manager, size).map_err(StepError::from)?;
    let terminal = ptsname(&manager, Vec::new()).map_err(StepError::from)?;
    let terminal = terminal.to_string_lossy().into_owned();
    Ok((Found { user: user.name, program, arguments, terminal }, manager))
}

/// A service manager takes text alone.
fn text(bytes: &ByteString) -> Result<String, StepError> {
    String::from_utf8(bytes.as_bytes().to_vec())
        .map_err(|_bytes| StepError::about(format!("{bytes} is no text"))(Errno::ILSEQ))
}

/// The manager's end of a terminal in the payload's devpts, wherever its own links would lead.
pub(super) fn open_terminal(root: &RootDir) -> Result<OwnedFd, StepError> {
    const DEVPTS_SUPER_MAGIC: u64 = 0x1cd1;
    let missing = StepError::about("making a terminal in /dev/pts");
    let terminals = match root.resolve(Path::new("/dev/pts"), Links::Refused) {
        Ok(terminals) => terminals,
        Err(errno) => return Err(missing(errno)),
    };
    if fstatfs(&terminals)?.f_type.cast_unsigned() != DEVPTS_SUPER_MAGIC {
        return Err(missing(Errno::NODEV));
    }
    allocate(&terminals).map_err(|error| missing(error.errno))
}
