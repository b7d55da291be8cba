//! What the words alone say, before anything is read for a start.

use std::ffi::OsString;
use std::path::PathBuf;

use redd_spec::name::MachineName;

use super::root;
use crate::assignment::Assignment;
use crate::caller::Caller;
use crate::file::FileMode;
use crate::persona::Persona;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::words::CommandLine;

/// Where trees have their places.
pub const MACHINES: &str = "/var/lib/machines";

/// Which tree is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeChoice {
    /// The one there: absolute.
    Path(PathBuf),
    /// The one of that name, wherever trees are kept.
    Named(OsString),
}

/// What the words alone say: which tree, and whose files are to be read.
#[derive(Debug)]
pub struct Selection {
    /// The tree.
    pub tree: TreeChoice,
    /// What the tree is made from, if it does not exist.
    pub template: Option<TreeChoice>,
    /// The machine's name, before anything is put behind it; files are named after it.
    pub name: MachineName,
    /// Whether it is only to be cleaned up after.
    pub cleanup: bool,
    /// The bundle that has it: absolute.
    pub bundle: Option<PathBuf>,
    /// Which files are read.
    pub files: FileMode,
    pub(super) persona: Persona,
    pub(super) line: CommandLine,
    pub(super) settings: Settings,
}

impl Selection {
    /// Applies the command line to nothing: each value is looked at before anything else is.
    ///
    /// # Errors
    /// Values that cannot be used, and no tree.
    pub fn of(persona: Persona, mut line: CommandLine, caller: &Caller) -> Result<Self, Refusal> {
        let mut settings = Settings::default();
        for assignment in &line.assignments {
            assignment.apply(&mut settings)?;
        }
        refuse_two_modes(persona, &line.assignments)?;
        let bundle = root::bundle(&settings.tree, caller)?;
        let tree = match &bundle {
            Some(bundle) => TreeChoice::Path(bundle.clone()),
            None => root::take_tree(persona, &settings.tree, &mut line.words, caller)?,
        };
        let name = root::name(&settings.tree, &tree)?;
        let files = settings.tree.settings.unwrap_or(FileMode::Yes);
        let template = root::template(&settings.tree, caller);
        let cleanup = settings.tree.cleanup;
        if cleanup && settings.tree.ephemeral == Some(true) {
            let reason = ": nobody knows the name that a copy had";
            return Err(Refusal::Conflict { one: "--cleanup", other: "--ephemeral", reason });
        }
        Ok(Self { tree, template, cleanup, name, bundle, files, persona, line, settings })
    }

    /// What it runs, for messages.
    #[must_use]
    pub const fn persona(&self) -> Persona {
        self.persona
    }
}

/// The last word counts, of all options but these.
fn refuse_two_modes(persona: Persona, assignments: &[Assignment]) -> Result<(), Refusal> {
    let is_there = |name: &str| assignments.iter().any(|assignment| assignment.definition.name == name);
    if persona == Persona::Nspawn && is_there("boot") && is_there("as-pid2") {
        return Err(Refusal::Conflict { one: "--boot", other: "--as-pid2", reason: "" });
    }
    Ok(())
}
