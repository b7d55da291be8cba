//! `redd config`

use std::path::{Path, PathBuf};

use redd_nspawn::Settings;
use redd_nspawn::effective::Effective;
use redd_nspawn::file::{Contents, Trust};
use redd_spec::text::escape;
use serde_json::json;

use crate::command_line::{Format, Origins};
use crate::exit_status::{self, ExitStatus};
use crate::{report, surroundings};

/// The longest value that is printed.
const VALUE_MAX: usize = 400;

pub(super) fn show(settings: &[Effective], origins: Origins, format: Format) -> ExitStatus {
    match format {
        Format::Text => settings.iter().for_each(|setting| report::print_result(&line(setting, origins))),
        Format::Json => {
            let all: Vec<_> = settings
                .iter()
                .map(|Effective { option, value, origin }| json!({"option": option, "value": value, "origin": origin}))
                .collect();
            report::print_result(&format!("{:#}\n", json!(all)));
        }
    }
    exit_status::SUCCESS
}

fn line(setting: &Effective, origins: Origins) -> String {
    let value = escape(setting.value.as_bytes(), VALUE_MAX);
    match origins {
        Origins::Shown => {
            format!("{:<26} {value:<32} {}\n", setting.option, escape(setting.origin.as_bytes(), VALUE_MAX))
        }
        Origins::Hidden => format!("{:<26} {value}\n", setting.option),
    }
}

/// Says of each file what a start would pass over, and what would prevent it.
pub(super) fn check(files: &[PathBuf]) -> ExitStatus {
    let sound = files.iter().filter(|file| is_sound(file)).count();
    if sound == files.len() { exit_status::SUCCESS } else { exit_status::MISSED }
}

fn is_sound(path: &Path) -> bool {
    let file = match surroundings::settings_file(path) {
        Ok(file) => file,
        Err(refusal) => {
            report::failure("cannot check it", &refusal, None);
            return false;
        }
    };
    let mut contents = Contents::default();
    file.read_into(&mut contents);
    let mut settings = Settings::default();
    let refused = contents.assignments.iter().filter_map(|assignment| assignment.apply(&mut settings).err());
    contents.invalid.extend(refused.map(|refusal| refusal.to_string()));
    let trust = match file.trust {
        Trust::Trusted => "trusted: it is the administrator's",
        Trust::Untrusted => "not trusted, as a file beside a tree: it cannot grant anything",
    };
    let mut text = format!("{}: {trust}\n", path.display());
    contents.ignored.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    contents.invalid.iter().for_each(|line| text.push_str(&format!("  refused: {line}\n")));
    let is_sound = contents.ignored.is_empty() && contents.invalid.is_empty();
    if is_sound {
        text.push_str("  every line is used\n");
    }
    report::print_result(&text.lines().map(|line| escape(line.as_bytes(), 2000) + "\n").collect::<String>());
    is_sound
}
