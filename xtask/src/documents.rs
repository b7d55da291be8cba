//! Documents that are made from the program itself.

use std::fs;
use std::path::Path;

use redd::documents::{self, Shell};
use redd_nspawn::file::{Grant, KEYS, Key};
use redd_nspawn::persona::STARTS;
use redd_spec::variables::{self, Direction, Variable};

use crate::{Failure, root};

/// Whether documents are written, or compared with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

impl From<bool> for Mode {
    fn from(check: bool) -> Self {
        if check { Self::Check } else { Self::Write }
    }
}

/// The man pages and the completions of shells.
pub(crate) fn generate(mode: Mode) -> Result<(), Failure> {
    for (name, page) in documents::man_pages() {
        write_or_check(&root().join("docs/man").join(name), &page, mode)?;
    }
    write_or_check(&root().join("docs/settings-files.md"), &settings_files(), mode)?;
    write_or_check(&root().join("docs/defaults.md"), &defaults(), mode)?;
    for (shell, name) in [(Shell::Bash, "redd.bash"), (Shell::Zsh, "_redd"), (Shell::Fish, "redd.fish")] {
        write_or_check(&root().join("docs/completions").join(name), &documents::completions(shell), mode)?;
    }
    write_or_check(&root().join("docs/environment.md"), &environment(), mode)
}

/// What redd reads and sets.
fn environment() -> String {
    let row = |variable: &Variable| {
        let direction = match variable.direction {
            Direction::Read => "read",
            Direction::Set => "set",
            Direction::Both => "read and set",
        };
        format!("| `{}` | {direction} | {} |\n", variable.name, variable.meaning)
    };
    let rows: String = variables::ALL.iter().map(row).collect();
    format!(
        "<!-- Made by `cargo xtask docs` from crates/redd-spec/src/variables.rs. -->\n# Environment variables\n\n\
         What redd reads from its caller, and what it sets for a payload; `--setenv` has the last word on the latter. The caller's \
         other variables do not reach the payload. Those that start with `SYSTEMD_` are read when redd is called as `systemd-nspawn`; the \
         command line and files win over them.\n\n| variable | redd | meaning |\n|---|---|---|\n{rows}"
    )
}

/// What each kind of start has where nobody says anything.
fn defaults() -> String {
    let mut page =
        "# Defaults\n\nWhat a start has where neither the command line nor a `.nspawn` file says anything. \
        `redd config show --origin NAME` prints what holds for one machine, and who said so.\n\n| option |"
            .to_owned();
    let columns: Vec<Vec<_>> =
        STARTS.iter().map(|(_, persona, mode)| persona.defaults(*mode).rows()).collect();
    STARTS.iter().for_each(|(name, ..)| page.push_str(&format!(" {name} |")));
    page.push_str(&format!("\n|---|{}\n", "---|".repeat(STARTS.len())));
    for (index, (option, _)) in columns[0].iter().enumerate() {
        page.push_str(&format!("| `--{option}` |"));
        columns.iter().for_each(|column| page.push_str(&format!(" {} |", column[index].1)));
        page.push('\n');
    }
    page
}

/// The keys of `.nspawn` files.
fn settings_files() -> String {
    let mut page = include_str!("settings-files.md").to_owned();
    for key in &KEYS {
        let definition = redd_nspawn::option::named(key.option);
        let support =
            if definition.is_some_and(|option| option.is_supported()) { "" } else { ", not supported yet" };
        let beside = match key.grants {
            Grant::Never => "used",
            Grant::Always => "ignored",
            Grant::WhereItAllows => "used where it only refuses (`~`)",
            Grant::WhereItNames(_) => "used where it names no AF_VSOCK",
        };
        let Key { section, name, option, .. } = key;
        page.push_str(&format!("| `[{section}]` | `{name}=` | `--{option}`{support} | {beside} |\n"));
    }
    page
}

/// Writes a document, or says that it is out of date.
pub(crate) fn write_or_check(path: &Path, text: &str, mode: Mode) -> Result<(), Failure> {
    let shown = path.strip_prefix(root()).unwrap_or(path).display();
    match mode {
        Mode::Check if fs::read_to_string(path).is_ok_and(|there| there == text) => Ok(()),
        Mode::Check => {
            Err(format!("{shown} is out of date: run `cargo xtask clauses` and `cargo xtask docs`").into())
        }
        Mode::Write => {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            fs::write(path, text)?;
            println!("wrote {shown}");
            Ok(())
        }
    }
}
