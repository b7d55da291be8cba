//! SELinux contexts of what the payload has in memory (`--selinux-apifs-context=`).

use redd_spec::mounts::TmpfsOption;

use super::context::{Context, Steps};
use crate::action::{Action, FileSystem};

/// Labels every file system of a kind that takes one, whoever planned it.
pub(super) fn label(context: &Context<'_>, steps: &mut Steps) {
    let Some(label) = &context.spec.privileges.selinux.api_file_systems else { return };
    for step in &mut steps.steps {
        if let Some(file_system) = made_by(&mut step.action)
            && matches!(file_system.kind, "tmpfs" | "devpts")
        {
            let value = Some(label.as_str().to_owned());
            file_system.options.push(TmpfsOption { name: "context".to_owned(), value });
        }
    }
}

const fn made_by(action: &mut Action) -> Option<&mut FileSystem> {
    match action {
        Action::StageFileSystem { file_system, .. }
        | Action::AttachEmptyRoot { file_system, .. }
        | Action::Mount { file_system, .. } => Some(file_system),
        _ => None,
    }
}
