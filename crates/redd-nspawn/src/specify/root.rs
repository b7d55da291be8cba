//! Which tree, under which name.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use redd_spec::name::MachineName;
use redd_spec::root::{Access, OsReleaseCheck, Persistence, Root, Volatile};

use super::{TreeChoice, absolute};
use crate::caller::Caller;
use crate::persona::Persona;
use crate::refusal::Refusal;
use crate::settings::TreeSettings;

/// The tree: -D, or natively the first word, or what -M names, or for `systemd-nspawn` the working directory.
pub(super) fn take_tree(
    persona: Persona,
    settings: &TreeSettings,
    words: &mut Vec<OsString>,
    caller: &Caller,
) -> Result<TreeChoice, Refusal> {
    if let Some(directory) = &settings.directory {
        return Ok(TreeChoice::Path(absolute(caller, directory)));
    }
    let takes_word = persona != Persona::Nspawn && !words.is_empty();
    let word = takes_word.then(|| words.remove(0));
    match (word, &settings.machine) {
        (Some(word), _) if is_path(&word) => Ok(TreeChoice::Path(absolute(caller, Path::new(&word)))),
        (Some(word), _) if !word.is_empty() => Ok(TreeChoice::Named(word)),
        (None, Some(machine)) => Ok(TreeChoice::Named(machine.as_str().into())),
        (None, None) if persona == Persona::Nspawn => Ok(TreeChoice::Path(caller.current_directory.clone())),
        (Some(_) | None, _) => Err(Refusal::NoTree),
    }
}

/// What the tree is made from.
pub(super) fn template(settings: &TreeSettings, caller: &Caller) -> Option<TreeChoice> {
    let word = settings.template.as_ref().filter(|word| !word.is_empty())?;
    Some(match is_path(word) {
        true => TreeChoice::Path(absolute(caller, Path::new(word))),
        false => TreeChoice::Named(word.clone()),
    })
}

/// The bundle that takes the place of a tree.
pub(super) fn bundle(settings: &TreeSettings, caller: &Caller) -> Result<Option<PathBuf>, Refusal> {
    let Some(bundle) = &settings.oci_bundle else { return Ok(None) };
    let others = [
        ("--directory", settings.directory.is_some()),
        ("--template", settings.template.as_ref().is_some_and(|template| !template.is_empty())),
    ];
    match others.into_iter().find(|(_, is_given)| *is_given) {
        Some((other, _)) => {
            let reason = ": both say where the tree comes from";
            Err(Refusal::Conflict { one: "--oci-bundle", other, reason })
        }
        None => Ok(Some(absolute(caller, bundle))),
    }
}

/// A word with a slash is a path, as `.` and `..` are; anything else is a name.
fn is_path(word: &OsString) -> bool {
    word.as_bytes().contains(&b'/') || word == "." || word == ".."
}

pub(super) fn name(settings: &TreeSettings, tree: &TreeChoice) -> Result<MachineName, Refusal> {
    if let Some(name) = &settings.machine {
        return Ok(name.clone());
    }
    let (file_name, path) = match tree {
        TreeChoice::Named(name) => (name.to_string_lossy(), PathBuf::from(name)),
        TreeChoice::Path(path) => {
            let name = path.file_name().map_or_else(|| "host".into(), |name| name.to_string_lossy());
            (name, path.clone())
        }
    };
    MachineName::from_file_name(&file_name).ok_or(Refusal::NoName { path })
}

/// The name of a machine that runs on a copy: others may run on copies of the same tree.
pub(super) fn suffixed(name: &MachineName, caller: &Caller) -> Result<MachineName, Refusal> {
    let mut suffixed = format!("{name}-");
    for byte in caller.random {
        // Writing to a String cannot fail.
        write!(suffixed, "{byte:02x}").unwrap_or_default();
    }
    suffixed.parse().map_err(|_too_long| Refusal::LongName { name: name.to_string() })
}

pub(super) fn root(
    settings: &TreeSettings,
    path: PathBuf,
    template: Option<PathBuf>,
) -> Result<Root, Refusal> {
    let volatile = settings.volatile.unwrap_or(Volatile::No);
    let is_ephemeral = settings.ephemeral.unwrap_or(false);
    let is_read_only = settings.read_only.unwrap_or(false);
    let conflict = |one, other, reason| Err(Refusal::Conflict { one, other, reason });
    if is_ephemeral && volatile != Volatile::No {
        return conflict("--ephemeral", "--volatile", ": both decide where changes go");
    }
    if is_ephemeral && is_read_only {
        return conflict("--ephemeral", "--read-only", ": a copy that is removed needs no protection");
    }
    if is_ephemeral && template.is_some() {
        return conflict("--template", "--ephemeral", ": one makes a tree that stays");
    }
    if is_read_only && matches!(volatile, Volatile::Yes | Volatile::Overlay) {
        return conflict("--read-only", "--volatile", ": changes go to memory already");
    }
    let is_protected = is_ephemeral || matches!(volatile, Volatile::Yes | Volatile::State);
    if path == Path::new("/") && !is_protected {
        return Err(Refusal::HostRoot);
    }
    Ok(Root {
        path,
        access: if is_read_only { Access::ReadOnly } else { Access::ReadWrite },
        volatile,
        persistence: if is_ephemeral { Persistence::Ephemeral } else { Persistence::Kept },
        template,
        pivot: settings.pivot.clone(),
        os_release: OsReleaseCheck::Required,
        substitutes: Vec::new(),
    })
}
