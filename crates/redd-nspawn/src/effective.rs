//! What holds for a machine, setting by setting, and who said so.

use crate::assignment::Assignment;
use crate::option::{Definition, offered};
use crate::persona::{Persona, StartMode};

/// One setting that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The option, without its dashes.
    pub option: &'static str,
    /// Its value; `yes` for a flag.
    pub value: String,
    /// Who said so: a place, or `default`.
    pub origin: String,
}

/// Everything that was set, and the defaults of what was not, in the order of help.
#[must_use]
pub fn effective(persona: Persona, mode: StartMode, assignments: &[Assignment]) -> Vec<Effective> {
    let defaults = persona.defaults(mode).rows();
    let mut all = Vec::new();
    for definition in offered(persona).filter(|definition| definition.is_supported()) {
        let set: Vec<&Assignment> =
            assignments.iter().filter(|known| known.definition.name == definition.name).collect();
        if set.is_empty() {
            let default = defaults.iter().find(|(option, _)| *option == definition.name);
            all.extend(default.map(|(option, value)| Effective {
                option,
                value: value.clone(),
                origin: "default".to_owned(),
            }));
        }
        // Of a setting with one value, the last one holds.
        let first = if definition.is_list { 0 } else { set.len().saturating_sub(1) };
        all.extend(set[first..].iter().map(|assignment| of(definition, assignment)));
    }
    all
}

fn of(definition: &'static Definition, assignment: &Assignment) -> Effective {
    let value = match &assignment.value {
        // Its name is no secret, its value is.
        Some(value) if definition.is_secret => {
            let value = value.to_string_lossy();
            format!("{}:…", value.split(':').next().unwrap_or_default())
        }
        Some(value) => value.to_string_lossy().into_owned(),
        None => "yes".to_owned(),
    };
    Effective { option: definition.name, value, origin: assignment.origin.to_string() }
}
