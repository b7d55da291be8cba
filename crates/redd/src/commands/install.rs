//! `redd install`

use std::path::Path;

use redd_machine::install::{self, Change, Contents, Fate, Item, Mode, Target};
use redd_machine::{MachineError, service};
use redd_runtime::unit;
use redd_spec::text::escape_path;

use super::machines::status_of;
use crate::command_line::InstallArguments;
use crate::exit_status::{self, ExitStatus};
use crate::{documents, report};

pub(super) fn install(arguments: &InstallArguments) -> ExitStatus {
    let tree = arguments.destdir.clone();
    let target = Target { tree, prefix: arguments.prefix.clone() };
    let mode = if arguments.dry_run { Mode::Tell } else { Mode::Do };
    let changed = if arguments.uninstall {
        install::uninstall(&target, mode)
    } else {
        items(&target, arguments.nspawn).and_then(|items| install::install(&target, &items, mode))
    };
    let changes = match changed {
        Ok(changes) => changes,
        Err(error) => {
            let wanted = if arguments.uninstall { "cannot uninstall redd" } else { "cannot install redd" };
            report::failure(wanted, &error, error.hint().as_deref());
            return status_of(&error);
        }
    };
    report::print_result(&changes.iter().filter_map(|change| line(change, mode)).collect::<String>());
    let has_changed = changes.iter().any(|(_, fate)| matches!(fate, Fate::Written | Fate::Removed));
    if mode == Mode::Do && has_changed && target.tree.is_none() && unit::runs_host() {
        reload();
    }
    exit_status::SUCCESS
}

/// Units that nobody has read yet are no failure: the next boot does.
fn reload() {
    if let Err(error) = service::reload() {
        report::warning(&format!(
            "systemd did not read its units anew, systemctl daemon-reload does: {error}"
        ));
    }
}

fn items(target: &Target, nspawn: bool) -> Result<Vec<Item>, MachineError> {
    let mut items = install::units(target)?;
    items.push(install::own_program(target)?);
    if nspawn {
        let path = target.prefix.join("bin/systemd-nspawn");
        items.push(Item { path, contents: Contents::Link("redd".to_owned()) });
    }
    let file = |path: &Path, text: String| Item {
        path: target.prefix.join(path),
        contents: Contents::File(text.into_bytes()),
    };
    for (name, page) in documents::man_pages() {
        items.push(file(&Path::new("share/man/man1").join(name), page));
    }
    for shell in documents::SHELLS {
        items.push(file(Path::new(documents::completions_place(shell)), documents::completions(shell)));
    }
    Ok(items)
}

fn line((path, fate): &Change, mode: Mode) -> Option<String> {
    let path = escape_path(path);
    match (fate, mode) {
        (Fate::Unchanged, _) => None,
        (Fate::Written, Mode::Do) => Some(format!("wrote {path}\n")),
        (Fate::Written, Mode::Tell) => Some(format!("would write {path}\n")),
        (Fate::Removed, Mode::Do) => Some(format!("removed {path}\n")),
        (Fate::Removed, Mode::Tell) => Some(format!("would remove {path}\n")),
        (Fate::Kept, _) => Some(format!("left {path}, which was changed since\n")),
    }
}
