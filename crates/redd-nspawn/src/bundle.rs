//! What a bundle of the Open Container Initiative says, as settings that options could have made.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use redd_oci::{BundleError, Setting};

use crate::assignment::{Assignment, Origin};
use crate::option;
use crate::refusal::Refusal;

/// A bundle that was read.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its `config.json`.
    pub path: PathBuf,
    /// What it says.
    pub contents: redd_oci::Bundle,
}

impl Bundle {
    /// Reads a configuration.
    ///
    /// # Errors
    /// It is none, or asks for what redd does not have.
    pub fn parse(directory: &Path, text: &[u8]) -> Result<Self, Refusal> {
        let path = directory.join(redd_oci::CONFIG);
        match redd_oci::parse(text, directory) {
            Ok(contents) => Ok(Self { path, contents }),
            Err(error) => Err(refusal(&path, &error)),
        }
    }

    /// In the order of the file.
    pub(crate) fn assignments(&self) -> Result<Vec<Assignment>, Refusal> {
        self.contents.settings.iter().map(|setting| self.assignment(setting)).collect()
    }

    fn assignment(&self, setting: &Setting) -> Result<Assignment, Refusal> {
        let definition = option::named(setting.option).ok_or_else(|| Refusal::Bundle {
            path: self.path.clone(),
            reason: format!("{} is not supported yet", setting.property),
        })?;
        let origin = Origin::Bundle { path: self.path.clone(), property: setting.property };
        let shown = Some(format!("--{}", setting.option));
        Ok(Assignment { definition, value: setting.value.clone().map(OsString::from), origin, shown })
    }
}

fn refusal(path: &Path, error: &BundleError) -> Refusal {
    Refusal::Bundle { path: path.to_owned(), reason: error.to_string() }
}
