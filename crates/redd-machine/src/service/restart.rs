//! Who starts a machine again that has ended: its redd, or the unit, and not both of them.

use redd_spec::lifecycle::{Restart, RestartPolicy};

use super::manager::{Kind, Manager, shown};

/// Leaves it to the unit that this process runs in, where that has a policy of its own (`Restart=`); what the user should know
/// then. A systemd that does not answer is no reason not to start.
#[must_use]
pub fn leave_to_unit(restart: &mut Restart) -> Option<String> {
    if restart.policy == RestartPolicy::No {
        return None;
    }
    let mut manager = Manager::connect().ok()?;
    let object = manager.unit_by_process(std::process::id())?;
    let policy = manager.property(&object, Kind::Service, "Restart")?;
    let policy = policy.as_text().filter(|policy| *policy != "no").map(shown)?;
    restart.policy = RestartPolicy::No;
    Some(format!("Restart={policy} of the unit holds, and --restart= has no effect"))
}
