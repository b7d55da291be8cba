//! Privileges and namespaces that a payload cannot have.

use redd_spec::api::ApiAccess;
use redd_spec::capability::Privileges;
use redd_spec::namespaces::SharedNamespaces;
use redd_spec::payload::{CommandInit, Payload};

use super::PlanError;
use crate::planner::context::Context;

pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    refuse_privileges(context)?;
    refuse_sharing(context)
}

fn refuse_privileges(context: &Context<'_>) -> Result<(), PlanError> {
    let Privileges { ambient, selinux, .. } = &context.spec.privileges;
    if matches!(context.spec.payload, Payload::Boot { .. }) && !ambient.is_empty() {
        return Err(PlanError::AmbientForInit);
    }
    let options =
        [("--selinux-context=", &selinux.process), ("--selinux-apifs-context=", &selinux.api_file_systems)];
    match options.into_iter().find(|(_, context)| context.is_some()) {
        Some((option, _)) if !context.host.selinux.is_present() => Err(PlanError::NoSelinux { option }),
        _ => Ok(()),
    }
}

fn refuse_sharing(context: &Context<'_>) -> Result<(), PlanError> {
    let spec = context.spec;
    let SharedNamespaces { pid, uts, .. } = spec.namespaces;
    let is_first = matches!(&spec.payload, Payload::Command(command) if command.init == CommandInit::Command);
    let shared =
        [(pid, "processes"), (uts, "host name")].into_iter().find(|(sharing, _)| sharing.is_shared());
    match (shared, context.ids) {
        (Some((_, namespace)), _) if !is_first => Err(PlanError::InitInSharedNamespace { namespace }),
        (_, Some(_)) if pid.is_shared() => Err(PlanError::SharedProcessesWithUserNamespace),
        (_, Some(_)) if spec.api.access == ApiAccess::Writable => {
            Err(PlanError::WritableApiWithUserNamespace)
        }
        _ => Ok(()),
    }
}
