//! What verbs that change a running machine ask of it.

use redd_control::client::Client;
use redd_control::machine::{Change, method};
use redd_control::record::Record;
use redd_runtime::enter::{EnterError, Leader};
use redd_spec::ids::{HostId, IdRange};
use redd_spec::name::MachineName;

use crate::MachineError;

/// Tells the supervisor of a change, for later boots of the machine.
pub(crate) fn adopt(name: &MachineName, option: &str, value: Option<&str>) -> Result<(), MachineError> {
    let change = Change { option: option.to_owned(), value: value.map(str::to_owned) };
    let told = Client::connect(name).and_then(|mut client| client.call(method::ADOPT, &change));
    told.map(|_nothing: serde_json::Value| ()).map_err(|cause| MachineError::of_client(name, cause))
}

/// Its PID 1.
pub(crate) fn leader(name: &MachineName) -> Result<Leader, MachineError> {
    Leader::of(name).map_err(|cause| failed(name, cause))
}

/// The ids that are the machine's own.
pub(crate) fn ids(name: &MachineName) -> Option<IdRange> {
    let text = Record::read(name).ok()??.ids?;
    let (start, count) = text.split_once(':')?;
    IdRange::new(HostId(start.parse().ok()?), count.parse().ok()?).ok()
}

/// Why nobody could go in, or do anything there.
pub(crate) fn failed(name: &MachineName, cause: EnterError) -> MachineError {
    match cause {
        EnterError::NotRunning => MachineError::NotRunning { name: name.clone() },
        EnterError::TimedOut(_) => {
            MachineError::TimedOut { name: name.clone(), what: "does not answer from inside".to_owned() }
        }
        cause => MachineError::Refused { what: cause.to_string(), hint: cause.hint().map(str::to_owned) },
    }
}
