//! Another redd supervises a machine from now on, and the machine notices nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use redd_control::client::{Client, ClientError};
use redd_control::event::Phase;
use redd_control::machine::{Upgrade, Upgraded, error, method};
use redd_control::message;
use redd_spec::name::MachineName;
use redd_sys::Errno;

use crate::MachineError;
use crate::registry::{self, Presence};

/// How long it may take: the other redd is asked first, and given ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The redd that runs this; where it was replaced since, the one that is there now.
///
/// # Errors
/// It cannot be told.
pub fn this_program() -> Result<PathBuf, MachineError> {
    const DELETED: &str = " (deleted)";
    let failed = |error| host("looking for this redd", &error);
    let path = std::env::current_exe().map_err(failed)?;
    Ok(match path.to_str().and_then(|text| text.strip_suffix(DELETED)) {
        Some(now) if !path.exists() => PathBuf::from(now),
        _ => path,
    })
}

/// What the user named, as a supervisor finds it, which may be anywhere.
///
/// # Errors
/// It is not there.
pub fn named_program(path: &Path) -> Result<PathBuf, MachineError> {
    std::fs::canonicalize(path).map_err(|error| host(&format!("{}", path.display()), &error))
}

fn host(what: &str, error: &std::io::Error) -> MachineError {
    MachineError::Host { what: what.to_owned(), cause: Errno::from_io_error(error).unwrap_or(Errno::IO) }
}

/// Has a program go on in place of a machine's supervisor; its version.
///
/// # Errors
/// The machine does not run, or that is refused: it goes on as it was.
pub fn upgrade(name: &MachineName, program: &Path) -> Result<String, MachineError> {
    let request = Upgrade { program: program.to_owned() };
    let answer = Client::connect(name)
        .and_then(|client| client.with_patience(PATIENCE).call::<Upgraded>(method::UPGRADE, &request));
    answer.map(|Upgraded { redd }| redd).map_err(|cause| refusal(name, cause))
}

/// In words of the verb.
fn refusal(name: &MachineName, cause: ClientError) -> MachineError {
    let (what, hint) = match &cause {
        ClientError::Refused { name: refused, parameters } if refused == error::NOT_UPGRADED => {
            (told(parameters.as_deref(), "what"), format!("{name} goes on with the redd it has"))
        }
        ClientError::Refused { name: refused, .. } if refused == message::error::METHOD_NOT_FOUND => (
            "its redd is older than this verb".to_owned(),
            format!("redd restart {name} starts it with this one"),
        ),
        ClientError::Refused { name: refused, .. } if refused == error::BAD_STATE => (
            format!("it is {}", Phase::Waiting.text()),
            format!("try again when it runs: redd wait {name} --for=running"),
        ),
        _ => return MachineError::of_client(name, cause),
    };
    MachineError::Refused { what, hint: Some(hint) }
}

fn told(parameters: Option<&str>, key: &str) -> String {
    let value = parameters.and_then(|text| serde_json::from_str::<serde_json::Value>(text.trim()).ok());
    let text = value.as_ref().and_then(|value| value.get(key)?.as_str().map(ToOwned::to_owned));
    text.unwrap_or_else(|| parameters.unwrap_or_default().to_owned())
}

/// Every machine that runs.
///
/// # Errors
/// They cannot be looked at.
pub fn running() -> Result<Vec<MachineName>, MachineError> {
    let registered = registry::registered()?;
    let live = registered.into_iter().filter(|machine| machine.presence == Presence::Live);
    Ok(live.map(|machine| machine.name).collect())
}
