//! The table of options: what each is called, what it takes, who offers it, and what it sets.

mod bundle;
mod command;
mod integration;
mod isolation;
mod life;
mod mounts;
mod resources;
mod surroundings;
mod tree;
mod unit;

use std::ffi::OsStr;
use std::fmt;

use redd_spec::parse::ParseError;

use crate::persona::Persona;
use crate::settings::Settings;

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A value, behind `=` or as the next word.
    Required {
        /// What help calls it.
        name: &'static str,
    },
    /// A value behind `=`, or nothing.
    Optional {
        /// What help calls it.
        name: &'static str,
        /// What is meant without one.
        implied: &'static str,
    },
}

/// What an option does with its value.
#[derive(Clone, Copy)]
pub enum Set {
    /// It has none.
    Flag(fn(&mut Settings)),
    /// Text.
    Text(fn(&mut Settings, &str) -> Result<(), ParseError>),
    /// Any bytes.
    Raw(fn(&mut Settings, &OsStr)),
    /// It is refused by name.
    NotYet,
}

impl fmt::Debug for Set {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Set")
    }
}

/// Under which heading help has an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// Which tree, and what becomes of changes.
    Tree,
    /// What the machine is called.
    Identity,
    /// Namespaces and privileges.
    Isolation,
    /// Mounts and credentials.
    Mounts,
    /// Limits.
    Resources,
    /// What is taken over from the host.
    Integration,
    /// Start, readiness, stop.
    Life,
    /// What a command is run as.
    Command,
    /// The host's service manager.
    Unit,
}

impl Heading {
    /// As help prints it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Identity => "Identity",
            Self::Isolation => "Isolation",
            Self::Mounts => "Mounts and credentials",
            Self::Resources => "Resources",
            Self::Integration => "Integration",
            Self::Life => "Life",
            Self::Command => "Command",
            Self::Unit => "Unit",
        }
    }
}

/// Settings that a command line overrules together where a `.nspawn` file has them too, see systemd.nspawn(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the settings")]
pub enum Mask {
    /// Not a matter of files.
    Own,
    StartMode,
    Environment,
    User,
    Capability,
    KillSignal,
    Personality,
    MachineId,
    Network,
    Port,
    ReadOnly,
    Volatile,
    CustomMounts,
    WorkingDirectory,
    PrivateUsers,
    NotifyReady,
    PivotRoot,
    SystemCallFilter,
    Hostname,
    NoNewPrivileges,
    /// Each resource for itself.
    Rlimit,
    OomScoreAdjust,
    CpuAffinity,
    ResolvConf,
    LinkJournal,
    Timezone,
    Ephemeral,
    BindUser,
    SuppressSync,
    AddressFamilies,
}

/// Who offers an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    Everybody,
    /// `redd run` and systemd-nspawn.
    ForCommands,
    Native,
    /// `redd run`.
    NativeCommand,
    Nspawn,
    /// `redd start`.
    Background,
    /// Nobody but files and variables.
    Files,
}

/// One option.
#[derive(Debug)]
pub struct Definition {
    /// Behind `--`; one with a short name alone has that here, as `-U`.
    pub name: &'static str,
    /// Another name, from former times.
    pub alias: Option<&'static str>,
    /// Behind `-`.
    pub short: Option<char>,
    /// One line for help.
    pub help: &'static str,
    /// Where help has it.
    pub heading: Heading,
    /// What it overrules.
    pub mask: Mask,
    /// What it sets.
    pub set: Set,
    /// What it may be, where `help` as a value says so.
    pub values: Option<fn() -> Vec<String>>,
    /// Whether it may be said more than once.
    pub is_list: bool,
    /// Whether its value is nobody's business.
    pub is_secret: bool,
    argument: Argument,
    nspawn_argument: Argument,
    offer: Offer,
}

impl Definition {
    /// As it is written on a command line.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.has_long_name() { format!("--{}", self.name) } else { self.name.to_owned() }
    }

    /// Whether it has more than a short name.
    #[must_use]
    pub fn has_long_name(&self) -> bool {
        !self.name.starts_with('-')
    }

    /// What it takes.
    #[must_use]
    pub const fn argument(&self, persona: Persona) -> Argument {
        match persona {
            Persona::Nspawn => self.nspawn_argument,
            Persona::Boot | Persona::Run | Persona::Start => self.argument,
        }
    }

    /// What it means without a value, be it that a persona takes none.
    #[must_use]
    pub const fn implied(&self) -> Option<&'static str> {
        match self.argument {
            Argument::Optional { implied, .. } => Some(implied),
            Argument::None | Argument::Required { .. } => None,
        }
    }

    /// Whether it does anything.
    #[must_use]
    pub const fn is_supported(&self) -> bool {
        !matches!(self.set, Set::NotYet)
    }

    /// Whether a persona has it.
    #[must_use]
    pub const fn is_offered(&self, persona: Persona) -> bool {
        match self.offer {
            Offer::Everybody => true,
            Offer::ForCommands => matches!(persona, Persona::Run | Persona::Nspawn),
            Offer::Native => matches!(persona, Persona::Boot | Persona::Run | Persona::Start),
            Offer::NativeCommand => matches!(persona, Persona::Run),
            Offer::Nspawn => matches!(persona, Persona::Nspawn),
            Offer::Background => matches!(persona, Persona::Start),
            Offer::Files => false,
        }
    }

    const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    const fn alias(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    const fn mask(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }

    const fn values(self, values: fn() -> Vec<String>) -> Self {
        Self { values: Some(values), ..self }
    }

    const fn list(self) -> Self {
        Self { is_list: true, ..self }
    }

    const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// In systemd-nspawn it takes no value.
    const fn nspawn_flag(self) -> Self {
        Self { nspawn_argument: Argument::None, ..self }
    }

    const fn for_commands(self) -> Self {
        Self { offer: Offer::ForCommands, ..self }
    }

    const fn native(self) -> Self {
        Self { offer: Offer::Native, ..self }
    }

    const fn native_command(self) -> Self {
        Self { offer: Offer::NativeCommand, ..self }
    }

    const fn nspawn(self) -> Self {
        Self { offer: Offer::Nspawn, ..self }
    }

    const fn background(self) -> Self {
        Self { offer: Offer::Background, ..self }
    }

    const fn files(self) -> Self {
        Self { offer: Offer::Files, ..self }
    }
}

const fn define(
    name: &'static str,
    argument: Argument,
    heading: Heading,
    help: &'static str,
    set: Set,
) -> Definition {
    Definition {
        name,
        alias: None,
        short: None,
        help,
        heading,
        mask: Mask::Own,
        set,
        values: None,
        is_list: false,
        is_secret: false,
        argument,
        nspawn_argument: argument,
        offer: Offer::Everybody,
    }
}

/// An option without a value.
const fn flag(
    name: &'static str,
    heading: Heading,
    help: &'static str,
    set: fn(&mut Settings),
) -> Definition {
    define(name, Argument::None, heading, help, Set::Flag(set))
}

type SetText = fn(&mut Settings, &str) -> Result<(), ParseError>;

/// An option with a value.
const fn value(
    name: &'static str,
    value_name: &'static str,
    heading: Heading,
    help: &'static str,
    set: SetText,
) -> Definition {
    define(name, Argument::Required { name: value_name }, heading, help, Set::Text(set))
}

/// An option with a value that is implied where it is missing.
const fn optional(
    name: &'static str,
    (value_name, implied): (&'static str, &'static str),
    heading: Heading,
    help: &'static str,
    set: SetText,
) -> Definition {
    define(name, Argument::Optional { name: value_name, implied }, heading, help, Set::Text(set))
}

/// An option whose value may be any bytes.
const fn raw(
    name: &'static str,
    value_name: &'static str,
    heading: Heading,
    help: &'static str,
    set: fn(&mut Settings, &OsStr),
) -> Definition {
    define(name, Argument::Required { name: value_name }, heading, help, Set::Raw(set))
}

/// An option of systemd-nspawn that redd does not have yet.
const fn not_yet(name: &'static str, argument: Argument, heading: Heading) -> Definition {
    define(name, argument, heading, "Not supported yet", Set::NotYet)
}

/// A value with a name that says enough.
const VALUE: Argument = Argument::Required { name: "VALUE" };

/// All options, in the order of help.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    let tables = [
        &tree::OPTIONS[..],
        &isolation::OPTIONS,
        &isolation::NETWORK,
        &mounts::OPTIONS,
        &resources::OPTIONS,
        &integration::OPTIONS,
        &life::OPTIONS,
        &life::BACKGROUND,
        &command::OPTIONS,
        &surroundings::OPTIONS,
        &unit::OPTIONS,
        &bundle::OPTIONS,
    ];
    tables.into_iter().flatten()
}

/// The options of a persona.
pub fn offered(persona: Persona) -> impl Iterator<Item = &'static Definition> {
    all().filter(move |definition| definition.is_offered(persona))
}

/// An option by its name, whoever offers it.
#[must_use]
pub fn named(name: &str) -> Option<&'static Definition> {
    all().find(|definition| definition.name == name)
}
