//! The machine's entry in systemd-machined, so that the host's own tools know it.

use std::path::Path;

use redd_spec::unit::Registration;

use super::check::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, MachineEntry, Missing};
use crate::clause::Clause::RH9;
use crate::facts::Presence;
use crate::step::Undo;

/// Where the host's ssh looks for a machine's server, by the machine's name.
const UNIX_EXPORTS: &str = "/run/systemd/nspawn/unix-export";

/// Once its links are there, and before it is executed.
pub(super) fn register(context: &Context<'_>, steps: &mut Steps) {
    let Some(missing) = wish(context) else { return };
    match context.host.service_manager.as_ref().map(|manager| manager.machined) {
        Some(Presence::Present) => {
            let name = context.spec.name.clone();
            let undo = Undo::UnregisterMachine { name: name.clone() };
            let entry = MachineEntry {
                name,
                uuid: context.uuid,
                service: context.manager().to_owned(),
                root: context.spec.root.path.clone(),
                links: steps.host_links(),
                missing,
            };
            steps.host_undone(Action::RegisterMachine(entry), &[], undo);
        }
        Some(Presence::Absent) => {
            steps.warn("the host has no systemd-machined: machinectl and the like do not know the machine");
        }
        None => {}
    }
}

/// Programs of the host look for the exported sockets by the machine's name.
pub(super) fn publish(context: &Context<'_>, steps: &mut Steps) {
    if context.host.service_manager.is_some() && wish(context).is_some() {
        let link = Path::new(UNIX_EXPORTS).join(context.spec.name.as_str());
        let undo = Undo::RemoveSymbolicLink { path: link.clone() };
        steps.host_undone(Action::PublishUnixExport { link }, &[RH9], undo);
    }
}

/// Whether it is to be registered, and what it means where it cannot be. A payload among the host's processes is no machine.
fn wish(context: &Context<'_>) -> Option<Missing> {
    match context.spec.unit.registration {
        Registration::No => None,
        Registration::Yes => Some(Missing::Refuse),
        Registration::Auto if context.spec.namespaces.pid.is_shared() => None,
        Registration::Auto => Some(Missing::Skip),
    }
}

pub(super) fn refuse_impossible(context: &Context<'_>) -> Result<(), PlanError> {
    let machined = context.host.service_manager.as_ref().map(|manager| manager.machined);
    if context.spec.unit.registration == Registration::Yes && machined != Some(Presence::Present) {
        return Err(PlanError::NoMachined);
    }
    Ok(())
}
